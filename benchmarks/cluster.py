"""What `--cluster local` costs: time compared with folder mode, start of workers, memory."""

import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.batches import square_parts
from benchmarks.networks import sample_paths, samples
from nst_jax.images.writing import save

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "scripts" / "stylize.py"
# Program of a new process that calls one function of this module and prints its result as JSON; such a process is the
# driver of Ray.
_PROBE = "import sys, json; from benchmarks import cluster; print(json.dumps(cluster.{}(*json.loads(sys.argv[1]))))"


class Overhead(NamedTuple):
    """Time of a folder of small pictures, with and without Ray.

    Attributes:
        pictures: the number of pictures.
        size: their sides in pixels.
        folder: seconds for one picture in folder mode; from the end of the first batch to the last result, so that
            neither the start of a program nor that of Ray counts. Like all times below, the median over the rounds.
        cluster: the same with `--cluster local`.
        overhead_percent: how much longer `--cluster local` takes for a picture, in percent: the median over the rounds
            of the ratio within each.
        folder_command: seconds for the whole command in folder mode.
        cluster_command: seconds for the whole command with `--cluster local`.
        again: seconds for the same command again, when there is nothing left to do.
    """

    pictures: int
    size: int
    folder: float
    cluster: float
    overhead_percent: float
    folder_command: float
    cluster_command: float
    again: float


class Start(NamedTuple):
    """Time from a worker's first shard to its first steps, in which jax, network and programs are loaded.

    Attributes:
        size: sides of the pictures in pixels.
        first: seconds of the first worker, which compiles everything.
        second: seconds of another one, on a machine with an empty cache, which takes the programs from the output.
        third: seconds of another one on that machine, whose cache is filled.
        share: `second` divided by `first`.
    """

    size: int
    first: float
    second: float
    third: float
    share: float


class Store(NamedTuple):
    """Ray's memory use with shards in which there is nothing to compute.

    Attributes:
        shards: the number of shards.
        seconds: the time for all of them, without the start of Ray.
        driver_megabytes: peak memory of the driver's process.
        store_megabytes: the most that the object store ever used; None except on Linux.
    """

    shards: int
    seconds: float
    driver_megabytes: float
    store_megabytes: float | None


def overhead(count: int, size: int, rounds: int, batch_size: int, options: tuple[str, ...]) -> Overhead:
    """Stylize a folder both ways, alternating, after one round that fills the cache of compiled programs.

    Args:
        count: the number of pictures.
        size: their sides in pixels.
        rounds: the number of rounds that count.
        batch_size: the number of pictures of a batch.
        options: further options of the command.
    """
    spans: dict[str, list[float]] = {"folder": [], "cluster": []}
    commands: dict[str, list[float]] = {"folder": [], "cluster": [], "again": []}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        words = _words(work, count, size, batch_size, options)
        for number in range(rounds + 1):
            for way, more in {"folder": (), "cluster": ("--cluster", "local")}.items():
                output = work / f"{way}-{number}"
                seconds = _run(work, *words, "-o", str(output), *more)
                if number:
                    commands[way].append(seconds)
                    spans[way].append(_span(output, batch_size))
                if number and way == "cluster":
                    commands["again"].append(_run(work, *words, "-o", str(output), *more))
                shutil.rmtree(output)
    ratios = [cluster / folder for folder, cluster in zip(spans["folder"], spans["cluster"], strict=True)]
    return Overhead(
        count,
        size,
        statistics.median(spans["folder"]),
        statistics.median(spans["cluster"]),
        100 * (statistics.median(ratios) - 1),
        *(statistics.median(commands[way]) for way in ("folder", "cluster", "again")),
    )


def start(size: int, options: tuple[str, ...]) -> Start:
    """Start three workers one after the other, each with a shard of one picture.

    Args:
        size: sides of the pictures in pixels.
        options: further options of the command.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        output = str(work / "out")
        _run(work, "cluster", "plan", *_words(work, 3, size, 1, options), "-o", output, "--shard-size", "1")
        # The folders of the caches stand for machines.
        first, second, third = (_probe("worker_start", output, n, cache=work / cache) for n, cache in enumerate("abb"))
    return Start(size, first, second, third, second / first)


def store(shards: int) -> Store:
    """Let a driver hand out shards in which there is nothing to compute."""
    with tempfile.TemporaryDirectory() as cache:
        return Store(shards, *_probe("idle_shards", shards, cache=Path(cache)))


def worker_start(output: str, index: int) -> float:
    """Start Ray and a worker, and have one shard made; return its seconds until the first steps.

    Args:
        output: the output, which has a plan.
        index: the index of the shard.
    """
    from nst_jax.cluster import ray_engine
    from nst_jax.cluster.plan import existing_plan
    from nst_jax.cluster.storage import Storage

    shard = list(existing_plan(Storage(output)).shard_names())[index]
    with ray_engine.connected(ray_engine.LOCAL):
        needs = ray_engine.worker_needs(None, 0, None)
        (row,) = ray_engine.make_shards(output, [shard], needs, f"benchmark-{index}")
    return float(row["start_seconds"])


def idle_shards(count: int) -> tuple[float, float, float | None]:
    """Hand out shards in which there is nothing to compute; return the fields of `Store` but for the number."""
    from benchmarks.idle_painter import IdlePainter
    from nst_jax.cluster import ray_engine

    with ray_engine.connected(ray_engine.LOCAL):
        needs = ray_engine.worker_needs(None, 0, None)
        names = [f"00-00000000-{number:06d}" for number in range(count)]
        began = time.perf_counter()
        rows = sum(1 for _ in ray_engine.make_shards("nowhere", names, needs, "benchmark", IdlePainter))
        seconds = time.perf_counter() - began
        # Memory that was touched stays so until Ray ends.
        touched = _store_megabytes()
    assert rows == count
    # The unit of ru_maxrss is kibibytes on Linux and bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, touched


def _store_megabytes() -> float | None:
    """Return the megabytes of shared memory that Ray's object store has touched until now; None without Linux."""
    own = str(os.getpid())
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes end meanwhile.
        with contextlib.suppress(OSError):
            name, _, rest = (folder / "stat").read_text().partition(" (")[2].rpartition(") ")
            if name == "raylet" and rest.split()[1] == own:
                facts = dict(line.split(":\t") for line in (folder / "status").read_text().splitlines())
                return int(facts["RssShmem"].split()[0]) * 1024 / 1e6
    return None


def _words(work: Path, count: int, size: int, batch_size: int, options: tuple[str, ...]) -> list[str]:
    """Write pictures, and return the words of the command that stylizes them."""
    photos = work / "photos"
    photos.mkdir()
    for number, part in enumerate(square_parts(samples()[0], count, size)):
        save(photos / f"{number:05d}.png", part, None, {})
    style = str(sample_paths()[1])
    return [str(photos), "--style", style, "--size", str(size), "--batch-size", str(batch_size), *options]


def _run(work: Path, *words: str) -> float:
    """Run the command with the cache of this benchmark, and return its seconds."""
    environment = os.environ | {"NST_JAX_CACHE": str(work / "cache")}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return time.perf_counter() - began


def _span(output: Path, batch_size: int) -> float:
    """Return seconds for a picture, from the end of the first batch to the last result."""
    times = sorted(path.stat().st_mtime for path in output.glob("*.png"))
    return (times[-1] - times[batch_size - 1]) / (len(times) - batch_size)


def _probe(function: str, *arguments: Any, cache: Path) -> Any:
    """Call a function of this module in a new process with a cache of compiled programs, and return its result."""
    environment = os.environ | {"NST_JAX_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _PROBE.format(function), json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])
