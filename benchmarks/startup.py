"""Start-up: time from the start of a process to the first program that jax compiles, beyond that of `import jax`."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.networks import sample_paths

# Begins the line that jax logs before it compiles a program, or looks for it in its cache, if JAX_LOG_COMPILES is set.
COMPILING = "Compiling "
_IMPORT = f"import sys, jax; print({COMPILING!r}, file=sys.stderr, flush=True)"
_LIBRARY = "import sys, nst_jax; nst_jax.stylize(*sys.argv[1:], size=128, network='embedded', steps=1)"
_OPTIONS = ("--size", "128", "--network", "embedded", "--steps", "1")


class Row(NamedTuple):
    """Times from the start of a new process to its first compilation, medians in seconds.

    Attributes:
        program: "import jax", "nst_jax.stylize" or "stylize.py".
        cache: state of the cache of compiled programs, "empty" or "filled"; None for an import.
        cpu: processor time of all threads.
        cpu_more: the same, less that of "import jax".
        wall: elapsed time.
        wall_more: the same, less that of "import jax".
        least_more: the least processor time, less the least of "import jax": other work on the machine adds to times.
    """

    program: str
    cache: str | None
    cpu: float
    cpu_more: float
    wall: float
    wall_more: float
    least_more: float


class _Case(NamedTuple):
    program: str
    cache: str | None
    words: tuple[str, ...]
    # The environment variable that names the folder of the cache.
    variable: str


def measure(repeats: int) -> list[Row]:
    """Measure all programs with all caches in turn, `repeats` times.

    A process is ended as soon as it logs its first compilation, so the times leave out what comes after.
    """
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder, "filled")
        cases = _cases(Path(folder, "picture.png"))
        for case in cases:
            # The first import of a file compiles it to bytecode, and a run to its end fills the cache.
            _run(case, filled, to_the_end=True)
        times: dict[_Case, list[tuple[float, float]]] = {case: [] for case in cases}
        for _ in range(repeats):
            for case in cases:
                with tempfile.TemporaryDirectory() as empty:
                    times[case].append(_run(case, Path(empty) if case.cache == "empty" else filled))
    columns = {case: [*zip(*several, strict=True)] for case, several in times.items()}
    figures = {case: [*map(statistics.median, each), min(each[0])] for case, each in columns.items()}
    cpu_of_jax, wall_of_jax, least_of_jax = figures[cases[0]]
    return [
        Row(case.program, case.cache, cpu, cpu - cpu_of_jax, wall, wall - wall_of_jax, least - least_of_jax)
        for case, (cpu, wall, least) in figures.items()
    ]


def _cases(output: Path) -> list[_Case]:
    files = tuple(map(str, sample_paths()))
    library = ("-c", _LIBRARY, *files)
    script = str(Path(__file__).parents[1] / "scripts" / "stylize.py")
    command = (script, *files, *_OPTIONS, "--output", str(output), "--quiet")
    return [
        _Case("import jax", None, ("-c", _IMPORT), "NST_JAX_CACHE"),
        *(_Case("nst_jax.stylize", cache, library, "JAX_COMPILATION_CACHE_DIR") for cache in ("empty", "filled")),
        *(_Case("stylize.py", cache, command, "NST_JAX_CACHE") for cache in ("empty", "filled")),
    ]


def _run(case: _Case, cache: Path, to_the_end: bool = False) -> tuple[float, float]:
    """Run a program until it compiles, or to its end.

    Returns:
        Processor time and elapsed time until then, in seconds.

    Raises:
        ChildProcessError: when the program ends without compiling anything.
    """
    environment = os.environ | {"JAX_LOG_COMPILES": "1", case.variable: str(cache / case.variable)}
    # Python keeps the bytecode of what it imports unless this is set; without it, it would compile our files each time.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began, lines = time.perf_counter(), []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([sys.executable, *case.words], env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    with process, process.stderr:
        for line in process.stderr:
            lines.append(line)
            if COMPILING in line and not to_the_end:
                process.kill()
                break
        seconds = time.perf_counter() - began
        process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not any(COMPILING in line for line in lines) or (to_the_end and process.returncode):
        raise ChildProcessError("".join(lines))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds
