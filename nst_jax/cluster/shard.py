"""Stylization of a shard: contents are downloaded, stylized in batches, and the results uploaded."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from nst_jax.batch.jobs import folder_settings
from nst_jax.batch.listing import SETTINGS_NAME
from nst_jax.batch.prefetch import WINDOW
from nst_jax.cluster.ledger import DONE, FAILED, MOST_DEATHS, Ledger
from nst_jax.cluster.outcomes import Outcomes
from nst_jax.cluster.plan import Plan, Row, read_shard
from nst_jax.cluster.run_settings import RunSettings, read_json
from nst_jax.cluster.slices import Slice
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.transfers import DOWNLOADERS, Sources, fetch
from nst_jax.engine.problem import Problem
from nst_jax.engine.provenance import describe_difference
from nst_jax.engine.result import Progress
from nst_jax.engine.run import run_problem
from nst_jax.errors import InputError
from nst_jax.images.picture import Picture
from nst_jax.networks.weights.of_recipe import AnyWeights

KILLER = f"{MOST_DEATHS} processes died while they worked on it; look at the file, or give a smaller --size"


@dataclasses.dataclass(frozen=True)
class ShardReport:
    """The progress of a shard.

    Attributes:
        shard: its name.
        total: the number of its pictures.
        done: the number of results, earlier attempts included.
        failed: the number of pictures that failed.
    """

    shard: str
    total: int
    done: int
    failed: int


class ShardRunner:
    """Stylizes shards of one output, one after the other.

    Args:
        output: the output.
        settings: its settings.
        plan: its plan.
        weights: the network.
        reading_threads: as for `stylize_jobs`.

    Attributes:
        weights: the network.
        programs: the shapes of batches that were computed, each of which has compiled programs of its own:
            (height, width, pictures).
    """

    def __init__(
        self, output: Storage, settings: RunSettings, plan: Plan, weights: AnyWeights, reading_threads: int = 1
    ):
        self._output, self._settings, self._plan, self.weights = output, settings, plan, weights
        self._reading_threads = reading_threads
        self._sources = Sources()
        self._styles: dict[int, list[Picture]] = {}
        self.programs: set[tuple[int, int, int]] = set()

    def run(self, ledger: Ledger) -> Generator[ShardReport, None, ShardReport]:
        """Stylize what is missing of a shard.

        Closing the generator early waits for the pictures that are being written; the rest is left to a later attempt.

        Args:
            ledger: the state of the shard.

        Yields:
            The progress, about twice a second.

        Returns:
            The final report.

        Raises:
            InputError: when the output cannot be written to, or belongs to other settings.
        """
        rows = read_shard(self._output, self._plan, ledger.shard)
        outcomes = Outcomes(self._output, self._settings, self._sources, ledger)
        _find_results(rows, outcomes)
        try:
            with contextlib.closing(self._stylize(rows, outcomes)) as steps:
                for _ in steps:
                    yield _report(rows, ledger)
        except GeneratorExit:
            # Stopped in an orderly way: nothing of what was in flight is to blame.
            ledger.flush()
            ledger.fly(())
            raise
        ledger.close([ledger.finished[row.target] for row in rows])
        return _report(rows, ledger)

    def _stylize(self, rows: Sequence[Row], outcomes: Outcomes) -> Generator[None, None, None]:
        deaths = outcomes.ledger.deaths
        for row in filter(outcomes.is_open, rows):
            if deaths[row.target] >= MOST_DEATHS:
                outcomes.failed(row, KILLER)
        left = list(filter(outcomes.is_open, rows))
        # What was in flight when a process died is tried alone, after all others.
        calm = [row for row in left if not deaths[row.target]]
        slices = [calm[begin : begin + WINDOW] for begin in range(0, len(calm), WINDOW)]
        slices += [[row] for row in left if deaths[row.target]]
        if not slices:
            return
        styles = self._read_styles(rows[0].group)
        with contextlib.closing(fetch(slices, self._sources)) as fetched:
            for part, files in fetched:
                yield from Slice(part, files, outcomes).stylize(styles, self.weights, self._run, self._reading_threads)

    def _run(self, problem: Problem) -> Iterator[list[Progress]]:
        height, width = problem.contents[0].rgb.shape[:2]
        self.programs.add((height, width, len(problem.contents)))
        return run_problem(problem)

    def _read_styles(self, group: int) -> list[Picture]:
        """Read the styles of a group, and claim its folder as folder mode does, so that either can go on."""
        if group in self._styles:
            return self._styles[group]
        styles = self._settings.read_styles(self._output, group)
        wanted = folder_settings(self._settings.recipe, self.weights, styles)
        key = str(PurePosixPath(self._settings.folders[group], SETTINGS_NAME))
        found = read_json(self._output, key)
        if found is not None and found != wanted:
            raise InputError(
                f"{self._output.describe(self._settings.folders[group])} holds pictures made with "
                f"{describe_difference(found, wanted)}; choose another output with -o. If only the network differs, "
                "machines with and without an accelerator chose different ones: name one by --network."
            )
        if found is None:
            self._output.write(key, json.dumps(wanted).encode())
        self._styles[group] = styles
        return styles


def _find_results(rows: Sequence[Row], outcomes: Outcomes) -> None:
    """Note the results that an earlier attempt has written, but not noted before it died."""
    ledger, output = outcomes.ledger, outcomes.output
    if ledger.attempt == 1 or not ledger.began:
        return

    def find(row: Row) -> str:
        key = outcomes.target(row)
        entry = output.info(key)
        if entry is None or entry.modified < ledger.began:
            return ""
        return hashlib.sha256(output.read(key)).hexdigest()

    open_rows = list(filter(outcomes.is_open, rows))
    with ThreadPoolExecutor(DOWNLOADERS) as pool:
        for row, sha256 in zip(open_rows, pool.map(find, open_rows), strict=True):
            if sha256:
                outcomes.done(row, sha256)


def _report(rows: Sequence[Row], ledger: Ledger) -> ShardReport:
    outcomes = [outcome.outcome for outcome in ledger.finished.values()]
    return ShardReport(ledger.shard, len(rows), outcomes.count(DONE), outcomes.count(FAILED))
