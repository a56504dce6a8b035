"""Events as JSON lines on standard output, for programs that run the command line (--json)."""

import contextlib
import json
import math
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nst_jax.cli.signals import Stopped, StopRequests
from nst_jax.errors import InputError

if TYPE_CHECKING:
    from nst_jax.batch.progress import FolderProgress
    from nst_jax.engine.result import Progress, Result


class Events:
    """A writer of events, one JSON object per line, each with the key "event".

    Args:
        enabled: whether events are written; if not, all methods do nothing.
    """

    def __init__(self, enabled: bool):
        self._enabled = enabled

    @contextlib.contextmanager
    def closing(self, stop: StopRequests) -> Iterator["Events"]:
        """Write warnings, an error that leaves the context, and the exit code if the program is stopped, as events.

        Args:
            stop: the requests to stop, which know the exit code of a stopped program.

        Yields:
            This object; unless an exception leaves the context, `end` is to be called with the exit code.
        """
        show = warnings.showwarning

        def show_and_emit(message: Warning | str, *arguments: Any, **options: Any) -> None:
            self.emit("warning", message=str(message))
            show(message, *arguments, **options)

        warnings.showwarning = show_and_emit
        try:
            yield self
        except InputError as error:
            self.emit("error", message=str(error))
            self.end(2)
            raise
        except (Stopped, KeyboardInterrupt):
            self.end(stop.exit_code)
            raise
        finally:
            warnings.showwarning = show

    def end(self, exit_code: int) -> None:
        """Write the last event, with the exit code."""
        self.emit("end", exit_code=exit_code)

    def emit(self, event: str, **facts: Any) -> None:
        """Write an event.

        Args:
            event: the kind of event, such as "warning".
            **facts: what JSON can store; numbers that are not finite become null.
        """
        if self._enabled:
            print(json.dumps({"event": event} | _finite(facts), allow_nan=False), flush=True)

    def progress(self, progress: "Progress") -> None:
        """Write the progress of one image."""
        self.emit(
            "progress",
            step=progress.step,
            total_steps=progress.total_steps,
            scale=progress.scale,
            scales=progress.scales,
            fraction=progress.fraction,
            losses=progress.losses,
            seconds=progress.seconds,
        )

    def result(self, result: "Result", path: str) -> None:
        """Write that a result of a run was saved."""
        self.emit("picture", path=path, steps=result.steps, ending=result.ending, seconds=result.seconds)

    def folder(self, progress: "FolderProgress") -> None:
        """Write the progress of a folder, and each image that was written or failed since the last call."""
        for job in progress.written:
            self.emit("picture", path=str(job.target), content=str(job.content))
        for failure in progress.failures:
            self.emit("failed", content=str(failure.path), reason=failure.reason)
        self.emit(
            "progress",
            done=progress.done,
            failed=progress.failed,
            total=progress.total,
            fraction=progress.fraction,
            batch=progress.batch,
            batch_fraction=progress.batch_fraction,
        )


def _finite(value: Any) -> Any:
    """Return a copy of plain data in which numbers that JSON cannot store are None."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
