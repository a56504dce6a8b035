"""Measures this machine and prints tables in Markdown; `--json FILE` keeps them with the machine, versions and date.

`python -m benchmarks step`: a loss and its gradient, in turns with PyTorch (`pip install -e '.[bench]'`).
`python -m benchmarks quality`: loss against seconds, of the ways to paint a picture and of PyTorch's L-BFGS.
`python -m benchmarks cost`: the start of the program, memory, and evaluations per second.
`python -m benchmarks batches`: finished pictures per minute, many painted at once.
"""

import dataclasses
import importlib.util
from pathlib import Path
from typing import Annotated

import tyro

import nst_jax
from benchmarks.networks import FULL_WIDTH, WIDENED, network, samples
from benchmarks.table import Table
from nst_jax import process
from nst_jax.errors import InputError, exit_on_input_error

Name = Annotated[str, tyro.conf.arg(metavar="NETWORK")]
# VGG-19 with random filters is as fast as the pretrained one.
FULL_WIDTH_RECIPE = nst_jax.Recipe(network=FULL_WIDTH)
# What is left to do after so many steps is another matter: random filters are content much sooner.
WIDENED_RECIPE = nst_jax.Recipe(network=WIDENED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """A loss and its gradient, held against PyTorch on the same work, in turns."""

    cases: tuple[str, ...] = ("256", "512", "4x256")
    """Sizes of the square pictures in pixels, with their number in front."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = FULL_WIDTH_RECIPE

    rounds: int = 9
    """How often each is timed; the figures are medians."""

    json: Path | None = None
    """File to write."""

    def run(self) -> None:
        """Prints a row for each case."""
        _require_torch()
        from benchmarks import step

        weights, table = network(self.recipe.network), Table(step.Row)
        for case in self.cases:
            table.add(step.measure(case, weights, *samples(), self.recipe, self.rounds))
        table.save(self.json, ratio_to_torch={row.case: row.ratio for row in table.rows}, network=self.recipe.network)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quality:
    """Loss against seconds: single scale, coarse to fine, Adam, and PyTorch's L-BFGS, all on the same objective."""

    pairs: tuple[str, ...] = ()
    """CONTENT STYLE [CONTENT STYLE ...]: pictures; by default the sample pair."""

    methods: tuple[str, ...] = ("PyTorch L-BFGS", "single scale", "coarse to fine", "Adam")
    """Which to run; the first two are what the others are held against, so they come first."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = WIDENED_RECIPE

    evaluations: int = 300
    """Of the methods that paint at a single scale."""

    pictures: Path | None = None
    """Folder to keep the results and the curves in."""

    json: Path | None = None
    """File to write."""

    def run(self) -> None:
        """Prints a row for each pair and method."""
        from benchmarks import quality
        from nst_jax import images
        from nst_jax.images import writing

        if len(self.pairs) % 2:
            raise InputError("Give the pairs as CONTENT STYLE CONTENT STYLE ...; one picture is left over.")
        known = quality.runs(self.recipe, self.evaluations)
        if unknown := set(self.methods) - set(known):
            raise InputError(f"There is no method {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
        if quality.TORCH in self.methods:
            _require_torch()
        weights, table = network(self.recipe.network), Table(quality.Row)
        ratios: dict[str, list[float | None]] = {}
        named = list(zip(self.pairs[::2], self.pairs[1::2], strict=True))
        pairs = [[images.read(name).rgb for name in pair] for pair in named] or [list(samples())]
        names = ["_".join(Path(name).stem for name in pair) for pair in named] or ["sample"]
        if self.pictures:
            self.pictures.mkdir(parents=True, exist_ok=True)
        for name, (content, style) in zip(names, pairs, strict=True):
            curves = {}
            for method in self.methods:
                curves[method] = known[method](content, style, weights)
                table.add(quality.row(name, method, curves))
                if self.pictures:
                    path = self.pictures / f"{name}_{method.replace(' ', '-')}.png"
                    writing.save(path, curves[method].picture, None, {})
            for other in quality.BASELINES:
                if {other, quality.FINE} <= set(curves):
                    ratios.setdefault(other, []).append(quality.ratio(curves, other))
            if self.pictures:
                quality.draw(curves, name, self.pictures / f"{name}_curves.png")
            medians = {other: quality.median_ratio(values) for other, values in ratios.items()}
            # After each pair, which takes minutes.
            table.save(self.json, ratios=ratios, median_ratios=medians, recipe=dataclasses.asdict(self.recipe))
        for other, median in medians.items():
            print(f"\nTime from coarse to fine to the last loss of {other}, over its time, median: {median}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cost:
    """The start of the program, peak memory, and evaluations per second, each in a new process."""

    networks: tuple[Name, ...] = ("embedded", FULL_WIDTH)
    """What to measure with."""

    sizes: tuple[int, ...] = (256, 512, 1024, 2048)
    """Of the square pictures, in pixels."""

    start_sizes: tuple[int, ...] = (256, 512)
    """Sizes to measure the start at."""

    repeats: int = 3
    """How often the start is timed; the figures are medians."""

    evaluations: int = 10
    """Evaluations for a rate."""

    json: Path | None = None
    """File to write."""

    def run(self) -> None:
        """Prints two tables."""
        from benchmarks import cost

        with_torch = _has_torch()
        starts = Table(cost.Start)
        for name in self.networks:
            for size in self.start_sizes:
                starts.add(cost.start(name, size, self.repeats, with_torch))
        print()
        table = Table(cost.Run, silent=True)
        for name in self.networks:
            for size in self.sizes:
                table.add(cost.run(name, size, self.evaluations))
        table.save(self.json, starts=starts.as_dicts())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batches:
    """Finished pictures per minute, many painted at once."""

    counts: tuple[int, ...] = (1, 4, 16)
    """Numbers of pictures."""

    networks: tuple[Name, ...] = ("embedded",)
    """What to measure with."""

    sizes: tuple[int, ...] = (256,)
    """Of the square pictures, in pixels."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = dataclasses.field(default_factory=nst_jax.Recipe)

    json: Path | None = None
    """File to write."""

    def run(self) -> None:
        """Prints a row for each case."""
        from benchmarks import batches

        content, style = samples()
        table = Table(batches.Row)
        for name in self.networks:
            weights = network(name)
            for size in self.sizes:
                recipe = dataclasses.replace(self.recipe, size=size)
                for count in self.counts:
                    parts = batches.square_parts(content, count, size)
                    table.add(batches.measure(name, weights, parts, style, recipe))
        table.save(self.json)


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


def _require_torch() -> None:
    if not _has_torch():
        raise InputError("This measures against PyTorch, which is not installed: pip install -e '.[bench]'.")


if __name__ == "__main__":
    # As the program itself. PyTorch has them too, but where it is run as it comes.
    process.restart_with_huge_pages()
    with exit_on_input_error():
        tyro.cli(Step | Quality | Cost | Batches, description=__doc__).run()
