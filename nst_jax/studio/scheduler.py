"""The scheduler: gives the painter one task after another, and notes what becomes of each.

The queue lives in the database, so it depends neither on an open page nor on this process. A painter that ends by
itself is started again, and its job goes on from the last checkpoint.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from nst_jax.studio.child import Child, Target
from nst_jax.studio.job_states import CANCELLED, FAILED, FINISHED, QUEUED, STARTING
from nst_jax.studio.jobs import Jobs
from nst_jax.studio.painter_messages import GradeTask, Message, PainterOptions, PaintTask
from nst_jax.studio.reports import Reports
from nst_jax.studio.store import Record
from nst_jax.studio.studio import Studio
from nst_jax.studio.tasks import paint_task

_log = logging.getLogger(__name__)

# How often a job is begun again after its painter has ended; a picture that is too large would end every painter.
MAX_ATTEMPTS = 3
# How long a painter may take to leave a job that was cancelled, and how long to keep its state when the server ends.
CANCEL_SECONDS, LEAVE_SECONDS = 10.0, 15.0
KILLED = (
    "The painting process ended unexpectedly, {times} times; there may be too little memory, so choose a smaller size."
)


class Scheduler:
    """The painter process and its tasks; all methods run in the event loop.

    Args:
        studio: the studio.
        jobs: its jobs.
        reports: notes what the painter reports.
        target: what the painter process runs.
        options: what it is started with.
        next_grade: returns experiments that are to be graded.
    """

    def __init__(
        self,
        studio: Studio,
        jobs: Jobs,
        reports: Reports,
        target: Target,
        options: PainterOptions,
        next_grade: Callable[[], GradeTask | None],
    ):
        self._studio, self._jobs, self._reports = studio, jobs, reports
        self._target, self._options, self._next_grade = target, options, next_grade
        self._child: Child | None = None
        self._current: PaintTask | GradeTask | None = None
        self._deaths = 0
        self._closing = False
        self.state = "stopped"
        self.error: str | None = None

    @property
    def pid(self) -> int | None:
        """The number of the painter process, if it runs."""
        return self._child.pid if self._child else None

    @property
    def current_job(self) -> str | None:
        """The job that the painter has, which may be cancelled already."""
        return self._current.job if isinstance(self._current, PaintTask) else None

    def start(self) -> None:
        """Start the painter if it does not run."""
        if self._child is not None or self._closing:
            return
        loop = asyncio.get_running_loop()

        def post(message: Any) -> None:
            loop.call_soon_threadsafe(self._received, child, message)

        def ended(code: int | None) -> None:
            loop.call_soon_threadsafe(self._ended, child, code)

        child = Child(self._target, (self._options,), post, ended)
        self._child = child
        self._set_state("starting")

    async def close(self) -> None:
        """Let the painter keep the state of its job, and end it."""
        self._closing = True
        child = self._child
        if child is not None:
            child.send({"type": "leave"})
            job = self._studio.store.get("jobs", self.current_job or "")
            # A painter that still compiles has nothing to keep, and would not listen.
            seconds = 1.0 if job is None or job["state"] == STARTING else LEAVE_SECONDS
            if not await asyncio.to_thread(child.join, seconds):
                child.kill()
                await asyncio.to_thread(child.join, LEAVE_SECONDS)

    def wake(self) -> None:
        """Give the painter its next task if it has none; to be called whenever there may be one."""
        if self._child is None and not self._closing and (self._jobs.next_queued() or self._next_grade()):
            self.start()
        if self._child is None or self.state != "idle" or self._closing:
            return
        grade = self._next_grade()
        if grade is not None:
            self._give("grade", grade)
            return
        while (job := self._jobs.next_queued()) is not None:
            try:
                task = paint_task(self._studio, job)
            except Exception as error:
                _log.exception("The job %s cannot begin", job["id"])
                job["error"] = str(error)
                self._jobs.move(job, FAILED)
                continue
            self._jobs.move(job, STARTING)
            self._give("paint", task)
            return

    def cancel(self, job: Record) -> None:
        """Cancel an unfinished job: for the user at once, for the painter as soon as it looks up.

        Raises:
            RequestError: when it is finished.
        """
        self._jobs.move(job, CANCELLED)
        self._studio.store.clear_losses(job["id"])
        if self.current_job != job["id"]:
            self._studio.folder.remove_result(job["id"])
            return
        child, task = self._child, self._current
        assert child is not None
        child.send({"type": "cancel", "job": job["id"]})

        def kill() -> None:
            if self._child is child and self._current is task:
                _log.warning("The painter did not leave a cancelled job in %s seconds", CANCEL_SECONDS)
                child.kill()

        asyncio.get_running_loop().call_later(CANCEL_SECONDS, kill)

    def stop(self, job: Record) -> None:
        """Let the painter save the picture of a job as it stands."""
        job["private"]["stop"] = True
        self._jobs.save(job)
        if self._child is not None and self.current_job == job["id"]:
            self._child.send({"type": "stop", "job": job["id"]})

    def _give(self, kind: str, task: PaintTask | GradeTask) -> None:
        assert self._child is not None
        self._current = task
        self._set_state("busy")
        self._child.send({"type": kind, "task": task})

    def _received(self, child: Child, message: Message) -> None:
        """Handle a message of the painter; of one that was given up, nothing counts any more."""
        if child is not self._child:
            return
        kind = message["type"]
        if kind == "ready":
            self._deaths, self.error = 0, None
            self._set_state("idle")
        elif kind == "broken":
            self.error = message["error"]
            _log.error("The painter cannot work: %s", self.error)
        elif kind in ("progress", "preview", "saving"):
            self._reports.of_running_job(message)
        else:
            self._reports.last_word(message)
            self._current = None
            self._set_state("idle")
        self.wake()

    def _ended(self, child: Child, code: int | None) -> None:
        if child is not self._child:
            return
        self._child, task, self._current = None, self._current, None
        if self._closing:
            return
        _log.error("The painter ended with code %s", code)
        self._deaths += 1
        if isinstance(task, PaintTask):
            self._begin_again(task.job)
        elif task is not None:
            self._reports.last_word({"type": "graded", "experiment": task.experiment, "error": KILLED.format(times=1)})
        if self.error is not None or self._deaths >= MAX_ATTEMPTS:
            # It will be tried again when somebody orders a picture.
            self._set_state("stopped")
            self._deaths = 0
            return
        self.start()

    def _begin_again(self, name: str) -> None:
        job = self._studio.store.get("jobs", name)
        if job is None or job["state"] in FINISHED:
            self._studio.folder.remove_result(name)
            return
        job["private"]["attempts"] += 1
        if job["private"]["attempts"] < MAX_ATTEMPTS:
            self._jobs.move(job, QUEUED)
        else:
            job["error"] = KILLED.format(times=MAX_ATTEMPTS)
            self._jobs.move(job, FAILED)

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._studio.events.publish("painter", {"painter": state, "error": self.error})
