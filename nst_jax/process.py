"""Configuration of the process: huge memory pages and jax's persistent compilation cache.

On a CPU, a compiled program allocates hundreds of megabytes from the operating system each time it runs. With pages of
4 kB, this takes a sixth of the time of a step of the full-width network at 512 px. Where Linux provides huge pages only
on request, an environment variable must tell glibc to request them.
"""

import contextlib
import functools
import hashlib
import os
import platform
import re
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

from nst_jax.devices import load_jax
from nst_jax.files import cache_dir, make_writable_dir

PACKAGE = Path(__file__).resolve().parent
VARIABLE, VALUE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
# If this variable is set to anything, the program does not restart itself.
NO_RESTART = "NST_JAX_NO_RESTART"
# Set while a process restarts itself, to its own number.
RESTARTED = "NST_JAX_RESTARTED"
# How jax calls a program in its cache, and the time of its last use beside it.
PROGRAM, USED = "-cache", "-atime"
MAX_BYTES = 2**30
# The number of programs that are kept in jax's cache. jax reads the times of all of them before it adds one, which with
# 1500 programs takes 0.07 seconds each time; a run adds about fifty.
MOST_PROGRAMS = 500


def configure() -> None:
    """Silence XLA's log, import jax and switch on its persistent compilation cache.

    Programs call this once, before they compute anything; the functions of the Python interface do not. The log is left
    as it is if TF_CPP_MIN_LOG_LEVEL is set already.

    Raises:
        InputError: when jax cannot be loaded.
    """
    # On some processors, XLA mistakes tuning hints for missing instructions and prints many lines on stderr whenever a
    # cached program is loaded (jax-ml/jax#38445). Hiding its log loses nothing: real errors are raised as exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    load_jax()
    enable_compilation_cache()


def restart_with_huge_pages() -> None:
    """Restart the program in the same process if that provides it with huge pages; otherwise return.

    A restart is necessary because glibc reads GLIBC_TUNABLES only when a program starts. It is done only in a process
    of our own (see `is_own_program`) that no debugger, profiler or other thread works in. If GLIBC_TUNABLES is set
    already, to any value, it is respected and nothing is done; setting NST_JAX_NO_RESTART also prevents the restart. To
    be called by programs, not by the library, before they begin their work.
    """
    if os.environ.get(NO_RESTART) or VARIABLE in os.environ or platform.libc_ver()[0] != "glibc":
        return
    if not _huge_pages_on_request() or not is_own_program() or _is_observed() or threading.active_count() > 1:
        return
    for stream in (sys.stdout, sys.stderr):
        # A stream is None where its file descriptor is closed.
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    changes = {VARIABLE: VALUE, RESTARTED: str(os.getpid())}
    os.environ |= changes
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError:
        # The program works without huge pages as well, only slower.
        for name in changes:
            del os.environ[name]


def was_restarted() -> bool:
    """Return whether `restart_with_huge_pages` has restarted this process; only the first call returns True."""
    return os.environ.pop(RESTARTED, "") == str(os.getpid())


def is_own_program() -> bool:
    """Return whether this process was started to run one of our programs, and nothing else.

    That is told from the command line of the process alone: `python SCRIPT` with a console command of this package, or
    with a script of our checkout, or `python -m nst_jax`. A program of somebody else that calls our functions, Python
    code given by -c or on standard input, an interactive session, a debugger or other tool that runs our script, and a
    child process of multiprocessing are not ours.
    """
    words = len(sys.argv) - 1
    before, after = sys.orig_argv[: len(sys.orig_argv) - words], sys.orig_argv[len(sys.orig_argv) - words :]
    if after != sys.argv[1:] or _is_child():
        return False
    options, last = before[1:-1], before[-1]
    if options and options[-1] == "-m":
        options.pop()
        if not _is_our_module(last):
            return False
    elif not _is_our_script(Path(last)):
        return False
    # All other options of the interpreter would run something else as well, or take a word that we do not know.
    return all(re.fullmatch(r"-[bBdEIOPqsSuv]+|-[XW].+", option) for option in options)


def _is_our_module(name: str) -> bool:
    path = getattr(sys.modules["__main__"], "__file__", None)
    if path is None:
        return False
    folder = Path(path).resolve().parent
    return (
        folder.is_relative_to(PACKAGE)
        if name.split(".")[0] == PACKAGE.name
        else name == "benchmarks" and (_is_checkout() and folder == PACKAGE.parent / name)
    )


def _is_our_script(path: Path) -> bool:
    path = path.resolve()
    if path.parent == PACKAGE.parent / "scripts" and _is_checkout():
        return True
    if not path.stem.startswith("nst-jax"):
        return False
    # Imported here, because the import is slow and seldom needed.
    import importlib.metadata

    try:
        files = importlib.metadata.files("nst-jax") or []
    except importlib.metadata.PackageNotFoundError:
        return False
    return any(file.name == path.name and Path(file.locate()).resolve() == path for file in files)


def _is_checkout() -> bool:
    return (PACKAGE.parent / "pyproject.toml").is_file()


def _is_child() -> bool:
    """Return whether this is a child process of multiprocessing, which has its parent's command line after a fork."""
    multiprocessing = sys.modules.get("multiprocessing")
    return multiprocessing is not None and multiprocessing.parent_process() is not None


def _is_observed() -> bool:
    """Return whether a debugger, profiler or coverage tool observes this process, which would lose sight of it."""
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    tools = monitoring is not None and any(monitoring.get_tool(number) for number in range(6))
    return bool(sys.gettrace() or sys.getprofile() or tools)


def _huge_pages_on_request() -> bool:
    try:
        return "[madvise]" in SETTING.read_text()
    except OSError:
        return False


def enable_compilation_cache() -> None:
    """Enable jax's persistent compilation cache in the user's cache folder.

    It is limited to one gigabyte and, at each start, to MOST_PROGRAMS programs. To be called by programs, not by the
    library. If `JAX_COMPILATION_CACHE_DIR` is set, it is respected and nothing is done: it names another folder, or
    with an empty value disables the cache. If the folder cannot be created or written to, a warning is given and the
    cache stays disabled.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    # One cache for each type of processor: machines with different instruction sets may share a home folder, and a
    # program compiled for another machine would crash.
    folder = cache_dir() / "compiled" / processor_hash()
    try:
        make_writable_dir(folder)
    except OSError as error:
        warnings.warn(
            f"Compiled programs cannot be kept in {folder} ({error.strerror}), so each run compiles them again; "
            "set NST_JAX_CACHE to another folder.",
            stacklevel=2,
        )
        return
    _tidy(folder)
    # If the disk fills up later, jax would warn once for each program and bury the program's own messages.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache entry")
    import jax

    update: Callable[[str, object], None] = jax.config.update
    update("jax_compilation_cache_dir", str(folder))
    update("jax_compilation_cache_max_size", MAX_BYTES)
    # jax would have XLA keep notes in the folder, whose path were then a part of each program's name: workers on other
    # machines, or with another folder, could not use the programs (see `nst_jax.cluster.compiled`).
    update("jax_persistent_cache_enable_xla_caches", "none")
    # Cache small programs too: there are many, and together they take as long to compile as the large one.
    update("jax_persistent_cache_min_compile_time_secs", 0.0)


def _tidy(folder: Path) -> None:
    """Delete the cached programs that a killed process left incomplete, and all but the MOST_PROGRAMS used last.

    jax writes a program first and the time of its last use afterwards, both under a lock. A program without a time,
    left by a process that was killed, makes jax fail whenever it wants to keep another program, so that none would be
    kept any more.
    """
    import filelock

    # Another process that holds the lock is writing at the moment; the next start will do.
    with contextlib.suppress(OSError, filelock.Timeout), filelock.FileLock(folder / ".lockfile", timeout=0):
        uses: list[tuple[float, Path, Path]] = []
        for path in folder.glob(f"*{PROGRAM}"):
            used = note_of_use(path)
            if used.exists():
                uses.append((used.stat().st_mtime, path, used))
            else:
                path.unlink()
        uses.sort(reverse=True)
        for _, path, used in uses[MOST_PROGRAMS:]:
            path.unlink()
            used.unlink()


def note_of_use(path: Path) -> Path:
    """Return the file in which jax keeps the time of the last use of a program in its cache."""
    return path.with_name(path.name.removesuffix(PROGRAM) + USED)


@functools.cache
def processor_hash() -> str:
    """Return a hash of the processor's instruction set extensions, or of its name where they cannot be determined."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    features = {line.partition(":")[2].strip() for line in lines if line.lower().startswith(("flags", "features"))}
    described = f"{platform.machine()} {sorted(features) or platform.processor()}"
    return hashlib.sha256(described.encode()).hexdigest()[:12]
