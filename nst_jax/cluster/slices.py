"""A slice of a shard: the pictures that are handed to folder mode's runner together."""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nst_jax.batch.jobs import Job
from nst_jax.batch.progress import FolderProgress
from nst_jax.batch.runner import stylize_jobs
from nst_jax.cluster.outcomes import Outcomes
from nst_jax.cluster.plan import Row
from nst_jax.cluster.storage_faults import storage_errors
from nst_jax.engine.problem import Problem
from nst_jax.engine.result import Progress, Result
from nst_jax.errors import InputError
from nst_jax.images.picture import Picture
from nst_jax.networks.weights.of_recipe import AnyWeights

# Seconds between two notes of what is done.
NOTE_SECONDS = 10.0


class Slice:
    """Pictures of a shard whose contents are on this machine.

    Args:
        rows: the pictures.
        files: the file of each, or the reason why there is none.
        outcomes: where it is noted what came of each.
    """

    def __init__(self, rows: Sequence[Row], files: Sequence[Path | str], outcomes: Outcomes):
        self._outcomes, self._ledger = outcomes, outcomes.ledger
        # An input that was given twice is in a shard twice.
        self._rows = [(row, file) for row, file in zip(rows, files, strict=True) if isinstance(file, Path)]
        self._flying: dict[str, None] = {}
        self._hashes: dict[str, str] = {}
        self._fatal: InputError | None = None
        self._noted = time.monotonic()
        for row, reason in zip(rows, files, strict=True):
            if isinstance(reason, str):
                outcomes.failed(row, reason)

    def stylize(
        self,
        styles: Sequence[Picture],
        weights: AnyWeights,
        run: Callable[[Problem], Iterator[list[Progress]]],
        reading_threads: int,
    ) -> Iterator[None]:
        """Stylize the pictures, upload the results and note what came of each.

        Args:
            styles: as for `stylize_jobs`.
            weights: as for `stylize_jobs`.
            run: as for `stylize_jobs`.
            reading_threads: as for `stylize_jobs`.

        Yields:
            Nothing, about twice a second.

        Raises:
            InputError: when the output cannot be written to.
        """
        settings = self._outcomes.settings
        # Names that any file system takes; their suffix chooses the format.
        jobs = [Job(file, Path(f"{index}.{settings.format}")) for index, (_, file) in enumerate(self._rows)]
        # The headers of all files are read before the first batch is announced.
        self._announce(jobs)
        self._flying = {}
        size, threads = settings.batch_size, reading_threads
        made = stylize_jobs(jobs, styles, settings.recipe, weights, size, self._save, run, self._announce, threads)
        try:
            with contextlib.closing(made):
                for progress in made:
                    self._note(progress)
                    yield
        finally:
            # When the run is stopped, results are written that no progress has told of.
            for row, _ in self._rows:
                if row.target in self._hashes and self._outcomes.is_open(row):
                    self._outcomes.done(row, self._hashes[row.target])

    def _row(self, target: Path) -> Row:
        return self._rows[int(target.stem)][0]

    def _announce(self, jobs: Sequence[Job]) -> None:
        """Note what may kill this process from here on: the announced pictures, and those still being worked on."""
        self._flying |= {self._row(job.target).target: None for job in jobs}
        self._flying = {target: None for target in self._flying if target not in self._ledger.finished}
        self._ledger.fly(self._flying)

    def _save(self, result: Result, target: Path) -> None:
        settings, row = self._outcomes.settings, self._row(target)
        data = result.encode(target.suffix, bit_depth=settings.bit_depth, dpi=settings.dpi)
        output = self._outcomes.output
        try:
            with storage_errors(output.address):
                output.write(self._outcomes.target(row), data)
        except InputError as error:
            # The next picture would fare no better.
            self._fatal = self._fatal or error
            raise
        self._hashes[row.target] = hashlib.sha256(data).hexdigest()

    def _note(self, progress: FolderProgress) -> None:
        for job in progress.written:
            row = self._row(job.target)
            self._outcomes.done(row, self._hashes[row.target])
        if self._fatal is not None:
            raise self._fatal
        for failure in progress.failures:
            row = next(row for row, file in self._rows if file == failure.path and self._outcomes.is_open(row))
            address = self._outcomes.sources.describe(row)
            self._outcomes.failed(row, failure.reason.replace(os.fspath(failure.path), address))
        if time.monotonic() - self._noted >= NOTE_SECONDS:
            self._noted = time.monotonic()
            self._ledger.flush()
