"""Progress reports of a run over a folder."""

import dataclasses
from pathlib import Path

from nst_jax.batch.jobs import Job


@dataclasses.dataclass(frozen=True)
class Failure:
    """A content that could not be stylized, or whose run diverged, and the reason."""

    path: Path
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class FolderProgress:
    """The progress of a run over a folder.

    Attributes:
        total: the number of images to stylize.
        done: the number of results written so far.
        failed: the number of failures so far.
        written: the jobs whose results were written since the last report.
        failures: the failures since the last report, in order of occurrence.
        batch: the number of images in the current batch.
        fraction: the part of the current batch that is done, from 0 to 1.
    """

    total: int
    done: int
    failed: int
    written: tuple[Job, ...]
    failures: tuple[Failure, ...]
    batch: int
    fraction: float


class Tally:
    """A count of written results and failures, from which progress reports are made.

    Args:
        total: the number of images to stylize.
    """

    def __init__(self, total: int):
        self.total = total
        self.batch, self.fraction = 0, 0.0
        self._done = self._failed = 0
        self._written: list[Job] = []
        self._failures: list[Failure] = []

    def write(self, job: Job) -> None:
        """Count a result that was written."""
        self._done += 1
        self._written.append(job)

    def fail(self, job: Job, reason: str) -> None:
        """Count a failure."""
        self._failed += 1
        self._failures.append(Failure(job.content, reason))

    def report(self) -> FolderProgress:
        """Return the progress, with all that happened since the last call."""
        progress = FolderProgress(
            total=self.total,
            done=self._done,
            failed=self._failed,
            written=tuple(self._written),
            failures=tuple(self._failures),
            batch=self.batch,
            fraction=self.fraction,
        )
        self._written, self._failures = [], []
        return progress
