"""Events as JSON lines on standard output, for programs that run the command line (--json)."""

import json
import math
import sys
from typing import TYPE_CHECKING, Any

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

    def emit(self, event: str, **facts: Any) -> None:
        """Write an event.

        Args:
            event: the kind of event, such as "warning".
            **facts: what JSON can store; numbers that are not finite become null.
        """
        if self._enabled and sys.stdout is not None:
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
            batch=progress.batch,
            fraction=progress.fraction,
        )


def _finite(value: Any) -> Any:
    """Return a copy of plain data in which numbers that JSON cannot store are None."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
