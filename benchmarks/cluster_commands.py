"""The commands `gpu`, `cluster`, `planning` and `prices` of the benchmarks."""

import dataclasses
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import tyro

import nst_jax
from benchmarks.networks import FULL_WIDTH, network, samples
from benchmarks.table import Table
from nst_jax.networks.weights import NetworkWeights

Name = Annotated[str, tyro.conf.arg(metavar="METHOD")]
RESULTS = Path(__file__).parent / "results"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gpu:
    """Measure pictures per second on this machine's accelerator, and against PyTorch where that is installed."""

    methods: tuple[Name, ...] = ("embedded", FULL_WIDTH, "fast")
    """Networks to optimize with, as for the benchmark `batches`, and fast for the fast network."""

    sizes: tuple[int, ...] = (256, 512)
    """Sides of the square pictures, in pixels."""

    counts: tuple[int, ...] = (1, 8, 32, 128)
    """Numbers of pictures to stylize at once; what does not fit into the memory is reported without a rate."""

    peak: float | None = None
    """What the card can do at most, in 10^12 operations per second; by default that of the table for known cards."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = dataclasses.field(default_factory=nst_jax.Recipe)

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a row for each method, size and number."""
        import jax

        from benchmarks import gpu

        peak = self.peak or gpu.peak_of(jax.devices()[0].device_kind)
        content, style = samples()
        table = Table(gpu.Row)
        for method in self.methods:
            weights = network("embedded" if method == gpu.FAST else method)
            for size in self.sizes:
                recipe = dataclasses.replace(self.recipe, size=size)
                for count in self.counts:
                    parts = gpu.contents(content, count, size)
                    table.add(gpu.measure(method, weights, parts, style, recipe, peak, self._ratio(weights, recipe)))
                    table.save(self.json, peak_teraflops=peak)

    @staticmethod
    def _ratio(weights: NetworkWeights, recipe: nst_jax.Recipe) -> Callable[[int, int], float] | None:
        """Return a function for the ratio to PyTorch; None where it is not installed."""
        if importlib.util.find_spec("torch") is None:
            return None
        from benchmarks import step

        recipe = dataclasses.replace(recipe, style_statistic="gram")  # the only one of PyTorch's program
        return lambda count, size: 1 / step.measure(f"{count}x{size}", weights, *samples(), recipe, 3).ratio


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """Measure what `--cluster local` costs: time compared with folder mode, starts of workers, and memory of Ray."""

    pictures: int = 200
    """Number of pictures of the folder that is stylized both with and without Ray."""

    sizes: tuple[int, ...] = (128,)
    """Sides of the square pictures, in pixels."""

    rounds: int = 3
    """Number of times that each way is measured, in turn; the medians are reported."""

    batch_size: int = 4
    """Number of pictures of a batch."""

    quality: Literal["draft", "normal", "best"] = "draft"
    """The quality of the pictures; better ones take longer, so that Ray's own time is a smaller part."""

    fast: tyro.conf.FlagCreatePairsOff[bool] = False
    """Use the fast network, for pictures per second from file to file; the quality does not count then."""

    start_sizes: tuple[int, ...] = (256,)
    """Sides of the pictures, in pixels, with which the starts of workers are measured; none leaves them out."""

    shards: tuple[int, ...] = (100, 2000)
    """Numbers of shards that are no work, with which the memory of Ray is measured; none leaves it out."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a table of the overhead, one of the starts and one of the memory."""
        from benchmarks import cluster

        options = ("--fast",) if self.fast else ("--quality", self.quality, "--network", "embedded")
        table = Table(cluster.Overhead)
        for size in self.sizes:
            table.add(cluster.overhead(self.pictures, size, self.rounds, self.batch_size, options))
        print()
        starts = Table(cluster.Start, silent=True)
        for size in self.start_sizes:
            starts.add(cluster.start(size, options))
        print()
        stores = Table(cluster.Store, silent=True)
        for count in self.shards:
            stores.add(cluster.store(count))
        table.save(self.json, starts=starts.as_dicts(), stores=stores.as_dicts())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planning:
    """Measure time and memory of the plan of a cluster run."""

    counts: tuple[int, ...] = (10_000, 1_000_000)
    """Numbers of pictures."""

    json: Path | None = None
    """File to save the results in, as JSON; by default they are only printed."""

    def run(self) -> None:
        """Run the benchmark and print a row for each number."""
        from benchmarks import planning

        table = Table(planning.Row)
        for count in self.counts:
            table.add(planning.measure(count))
        table.save(self.json)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prices:
    """Print what many pictures cost, from the rates in the files of results."""

    pictures: tuple[int, ...] = (1_000_000, 100_000_000)
    """Numbers of pictures."""

    size: int = 512
    """Side of the pictures in pixels; rates of other sizes are left out."""

    results: Path = RESULTS
    """Folder with fast.json, batches.json and gpu.json, of which each may be missing."""

    core_price: float = 0.04
    """Price of a processor core for an hour, in dollars."""

    gpu_price: float = 3.0
    """Price of a GPU for an hour, in dollars."""

    workers: int = 64
    """Number of workers for the column of days."""

    def run(self) -> None:
        """Print the table."""
        from benchmarks import prices

        files = {stem: self.results / f"{stem}.json" for stem in ("fast", "batches", "gpu")}
        found = {stem: json.loads(path.read_text()) for stem, path in files.items() if path.is_file()}
        table = Table(prices.Row, silent=True)
        for worker, rate in prices.rates(found, self.size).items():
            cores = worker.partition(" cores")[0]
            price = int(cores) * self.core_price if cores.isdigit() else self.gpu_price
            for count in self.pictures:
                table.add(prices.cost(worker, rate, count, price, self.workers))
