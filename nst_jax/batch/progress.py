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
        batch: the number of images in the current batch; 0 between batches.
        batch_fraction: the part of the current batch that is done, from 0 to 1.
        worked: the number of images worked on: those done and failed, those that wait to be written, and the part of
            the current batch that is done.
    """

    total: int
    done: int
    failed: int
    written: tuple[Job, ...]
    failures: tuple[Failure, ...]
    batch: int
    batch_fraction: float
    worked: float

    @property
    def fraction(self) -> float:
        """The part of all images that is done, from 0 to 1; 1 if there is nothing to stylize."""
        return self.worked / self.total if self.total else 1.0

    def following(self, earlier: "FolderProgress | None", total: int) -> "FolderProgress":
        """Return the progress of a run over several folders of results, of which this is that of one.

        Args:
            earlier: the last progress of the folders before it, counted in the same way; None for the first.
            total: the number of images to stylize for all folders.
        """
        return dataclasses.replace(
            self,
            total=total,
            done=self.done + (earlier.done if earlier else 0),
            failed=self.failed + (earlier.failed if earlier else 0),
            worked=self.worked + (earlier.worked if earlier else 0),
        )


class Tally:
    """A count of written results and failures, from which progress reports are made.

    Args:
        total: the number of images to stylize.

    Attributes:
        batch: the number of images in the current batch, to be set by the runner; 0 between batches.
        batch_fraction: the part of the current batch that is done, from 0 to 1.
        writing: the number of images that are computed and wait to be written.
    """

    def __init__(self, total: int):
        self.total = total
        self.batch, self.batch_fraction, self.writing = 0, 0.0, 0
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
            batch_fraction=self.batch_fraction,
            worked=self._done + self._failed + self.writing + self.batch * self.batch_fraction,
        )
        self._written, self._failures = [], []
        return progress
