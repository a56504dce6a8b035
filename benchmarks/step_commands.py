"""The commands `step` and `winograd` of the benchmarks."""

import dataclasses
from pathlib import Path

import tyro

import nst_jax
from benchmarks.networks import FULL_WIDTH
from benchmarks.pytorch_missing import require_torch
from benchmarks.table import Table

# For timing alone, VGG-19 with random filters is as good as the pretrained one. The style is measured by Gram matrices,
# as by the programs of most methods, and by PyTorch's program here.
FULL_WIDTH_RECIPE = nst_jax.Recipe(network=FULL_WIDTH, style_statistic="gram", supersampling=1.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """Time the loss and its gradient, alternating with PyTorch on the same computation."""

    cases: tuple[str, ...] = ("256", "512", "4x256")
    """Cases to time: the side of a square picture in pixels, or COUNTxSIZE for several pictures at once."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = FULL_WIDTH_RECIPE

    rounds: int = 9
    """Number of timings of each program, of which the median is reported; more take longer and give less noise."""

    processes: int = 1
    """How often all cases are measured, each time in new processes; each repetition has rows of its own."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed. Of several processes, the ratio to
    PyTorch is the largest."""

    def run(self) -> None:
        """Run the benchmark and print a row for each case and process."""
        require_torch()
        from benchmarks import step
        from benchmarks.processes import in_new_processes

        table, arguments = Table(step.Row), (self.cases, self.recipe, self.rounds)
        several = in_new_processes(self.processes, step.measure_all, *arguments)
        for number, rows in enumerate(several if self.processes > 1 else [step.measure_all(*arguments)]):
            for row in rows:
                table.add(row._replace(process=number + 1))
        worst = {case: max(row.ratio for row in table.rows if row.case == case) for case in self.cases}
        table.save(self.json, ratio_to_torch=worst, network=self.recipe.network)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Winograd:
    """Time Winograd's algorithm in layers of VGG-19, beside plain convolutions, and measure its rounding errors."""

    layers: tuple[str, ...] = ("conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv4_1", "conv4_2")
    """Convolutions to measure."""

    size: int = 512
    """Side of the square picture, in pixels."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a row for each layer."""
        from benchmarks import winograd

        table = Table(winograd.Row)
        for layer in self.layers:
            table.add(winograd.measure(layer, self.size))
        table.save(self.json)
