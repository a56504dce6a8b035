"""The commands `cost` and `startup` of the benchmarks."""

import dataclasses
import importlib.util
from pathlib import Path

from benchmarks.networks import FULL_WIDTH, Name
from benchmarks.table import Table
from nst_jax.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cost:
    """Measure start-up time, peak memory, and the time of a step, each in a new process."""

    networks: tuple[Name, ...] = ("embedded", FULL_WIDTH)
    """Networks to measure with: names or paths as for --network, or full-width (VGG-19 with random filters)."""

    sizes: tuple[int, ...] = (256, 512, 1024, 2048)
    """Long sides of the pictures, in pixels, at which memory and the time of a step are measured."""

    aspect: float = 1.0
    """Width of the pictures divided by their height."""

    tile: str = "auto"
    """Tiles as for --tile of the program: auto, off, or their side in pixels."""

    max_memory: str = ""
    """Limit of the memory as for --max-memory of the program, such as 4GB; empty for none."""

    start_sizes: tuple[int, ...] = (256, 512)
    """Long sides of the pictures, in pixels, at which the start-up time is measured."""

    repeats: int = 3
    """Number of timings of each start, of which the median is reported; more take longer and give less noise."""

    steps: int = 11
    """Number of steps at each size, 2 or more; those at the full size are timed, but not the first of them."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a table of the starts and one of steps and memory."""
        from benchmarks import cost

        if self.steps < 2:
            raise InputError("Give --steps of at least 2; the first step of each size is not timed.")
        with_torch = importlib.util.find_spec("torch") is not None
        starts = Table(cost.Start)
        for name in self.networks:
            for size in self.start_sizes:
                starts.add(cost.start(name, size, self.repeats, with_torch))
        print()
        table = Table(cost.Run, silent=True)
        for name in self.networks:
            for size in self.sizes:
                table.add(cost.run(name, size, self.aspect, self.tile, self.max_memory, self.steps))
        table.save(self.json, starts=starts.as_dicts())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Startup:
    """Measure the time from the start of a process to its first compilation, in turn with that of `import jax`."""

    repeats: int = 9
    """Number of new processes of each kind, over which medians are taken."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a row for each program and state of its cache."""
        from benchmarks import startup

        table = Table(startup.Row)
        for row in startup.measure(self.repeats):
            table.add(row)
        table.save(self.json, repeats=self.repeats)
