"""The life of a job: its states, the changes that are possible, and what pages are told about it."""

import time
from typing import Any

from nst_jax.studio.failures import RequestError
from nst_jax.studio.store import Record

QUEUED, STARTING, PAINTING, SAVING = "queued", "starting", "painting", "saving"
DONE, CANCELLED, FAILED = "done", "cancelled", "failed"
RUNNING = (STARTING, PAINTING, SAVING)
UNFINISHED = (QUEUED, *RUNNING)
FINISHED = (DONE, CANCELLED, FAILED)
# To "queued" go jobs whose painter has ended, and failed or cancelled ones that the user tries again.
CHANGES = {
    QUEUED: (STARTING, CANCELLED, FAILED),
    STARTING: (PAINTING, SAVING, QUEUED, CANCELLED, FAILED),
    PAINTING: (SAVING, QUEUED, CANCELLED, FAILED),
    SAVING: (DONE, QUEUED, CANCELLED, FAILED),
    DONE: (),
    CANCELLED: (QUEUED,),
    FAILED: (QUEUED,),
}
STOPPED = "stopped by the user"


def new_job(name: str, number: int, **fields: Any) -> Record:
    """Return the record of a queued job.

    Args:
        name: its identifier.
        number: the sequence number of its first event.
        **fields: what the user has chosen, and what follows from it.
    """
    return {
        "id": name, "sequence": number, "state": QUEUED, "created": time.time(), "started": None, "finished": None,
        "step": 0, "total_steps": 0, "scale": 0, "scales": 0, "seconds": 0.0, "loss": None, "preview": 0, "width": 0,
        "height": 0, "ending": None, "error": None, "starred": False, "position": None, "notes": [],
        "private": {"attempts": 0, "stop": False},
    } | fields  # fmt: skip


def change_state(job: Record, state: str) -> None:
    """Change the state of a job, and note the time.

    Raises:
        RequestError: when the change is impossible, with the status 409.
    """
    if state not in CHANGES[job["state"]]:
        raise RequestError(409, f"This picture is {job['state']} and cannot become {state}.")
    job["state"] = state
    if state == STARTING:
        job["started"] = time.time()
    elif state == QUEUED:
        job |= {"started": None, "finished": None, "error": None}
    elif state in FINISHED:
        job["finished"] = time.time()


def public_job(job: Record, position: int | None = None) -> Record:
    """Return what pages are told about a job.

    Args:
        job: its record.
        position: its place in the queue, from 1; None unless it is queued.
    """
    return {name: value for name, value in job.items() if name != "private"} | {"position": position}
