"""What the painter reports of its jobs, noted in the records and passed on to the pages.

A job that was cancelled while the painter still worked on it takes no more reports.
"""

import collections
import time
from collections.abc import Callable

from nst_jax.studio.job_states import CANCELLED, DONE, FAILED, PAINTING, SAVING, STARTING, STOPPED
from nst_jax.studio.jobs import Jobs
from nst_jax.studio.painter_messages import Message
from nst_jax.studio.store import Record
from nst_jax.studio.studio import Studio

# The previews of this many jobs are kept in memory, each a JPEG file of at most some hundred kilobytes.
KEPT_PREVIEWS = 8
# A preview follows each progress report, unless it takes longer than this to be made.
MOST_SECONDS = 1.0
# The fields of a job that a progress report changes.
_PROGRESS = ("step", "total_steps", "scale", "scales", "seconds", "loss")


class Reports:
    """The reports of the painter.

    Args:
        studio: the studio.
        jobs: its jobs.
    """

    def __init__(self, studio: Studio, jobs: Jobs):
        self._studio, self._jobs = studio, jobs
        self._previews: collections.OrderedDict[str, bytes] = collections.OrderedDict()
        self._told = 0.0
        self._listeners: list[Callable[[Message], None]] = []

    def listen(self, listener: Callable[[Message], None]) -> None:
        """Have a function called with the last word on each task, after it has been noted."""
        self._listeners.append(listener)

    def preview(self, job: str) -> bytes | None:
        """Return the latest preview of a job as a JPEG file; None before the first, or long after the last."""
        return self._previews.get(job)

    def of_running_job(self, message: Message) -> None:
        """Note a report that is not the last of a job: "progress", "preview" or "saving"."""
        job = self._running(message["job"])
        if job is None:
            return
        kind = message["type"]
        if kind == "saving":
            self._jobs.move(job, SAVING)
            return
        if kind == "progress":
            job |= {name: message[name] for name in _PROGRESS}
            if job["loss"]:
                loss = job["loss"]
                self._studio.store.add_losses(job["id"], [(job["step"], loss["content"], loss["style"], loss["total"])])
        else:
            self._previews[job["id"]] = message["jpeg"]
            self._previews.move_to_end(job["id"])
            while len(self._previews) > KEPT_PREVIEWS:
                self._previews.popitem(last=False)
            job["preview"] += 1
            job |= {"width": message["width"], "height": message["height"]}
        if job["state"] == STARTING:
            self._jobs.move(job, PAINTING)
        else:
            self._studio.store.save("jobs", job)
        self._tell_progress(job, at_once=kind == "preview")

    def _tell_progress(self, job: Record, at_once: bool) -> None:
        """Tell the pages how far a job is: with each preview, and without one once a second."""
        now = time.monotonic()
        if not at_once and now - self._told < MOST_SECONDS:
            return
        self._told = now
        sequence = self._studio.events.next_sequence()
        progress = {name: job[name] for name in (*_PROGRESS, "preview")}
        self._studio.events.publish("progress", {"job": job["id"], "sequence": sequence} | progress, sequence)

    def last_word(self, message: Message) -> None:
        """Note the end of a task: "done", "cancelled", "failed" or "graded"."""
        if message["type"] != "graded":
            self._of_job(message)
        for listener in self._listeners:
            listener(message)

    def _of_job(self, message: Message) -> None:
        job = self._running(message["job"])
        if job is None:
            # What was saved after the job was cancelled, or deleted, is not wanted.
            self._studio.folder.remove_result(message["job"])
        elif message["type"] == "done":
            self._done(job, message)
        elif message["type"] == "failed":
            job["error"] = message["error"]
            self._jobs.move(job, FAILED)
        else:
            self._jobs.move(job, CANCELLED)

    def _done(self, job: Record, message: Message) -> None:
        ending = message["ending"]
        job |= {name: message[name] for name in ("width", "height", "seconds", "step", "total_steps", "notes")}
        job["ending"] = STOPPED if ending is None else ending
        self._studio.store.clear_losses(job["id"])
        self._studio.store.add_losses(job["id"], message["losses"])
        self._studio.folder.checkpoint(job["id"]).unlink(missing_ok=True)
        if job["state"] != SAVING:
            self._jobs.move(job, SAVING)
        self._jobs.move(job, DONE)

    def _running(self, name: str) -> Record | None:
        job = self._studio.store.get("jobs", name)
        return job if job and job["state"] in (STARTING, PAINTING, SAVING) else None
