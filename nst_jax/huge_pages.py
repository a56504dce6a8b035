"""Huge memory pages: a restart of the program that has glibc request them.

On a CPU, a compiled program allocates hundreds of megabytes from the operating system each time it runs. With pages of
4 kB, this takes a sixth of the time of a step of the full-width network at 512 px. Where Linux provides huge pages only
on request, an environment variable must tell glibc to request them.

This module imports little, because what a program imports before its restart it imports twice.
"""

import contextlib
import os
import re
import sys
import threading
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
VARIABLE, VALUE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
# If this variable is set to anything, the program does not restart itself.
NO_RESTART = "NST_JAX_NO_RESTART"
# Set while a process restarts itself, to its own number.
RESTARTED = "NST_JAX_RESTARTED"


def restart_with_huge_pages() -> None:
    """Restart the program in the same process if that provides it with huge pages; otherwise return.

    A restart is necessary because glibc reads GLIBC_TUNABLES only when a program starts. It is done only in a process
    of our own (see `is_own_program`) that no debugger, profiler or other thread works in. If GLIBC_TUNABLES is set
    already, to any value, it is respected and nothing is done; setting NST_JAX_NO_RESTART also prevents the restart. To
    be called by programs, not by the library, before they begin their work.
    """
    if os.environ.get(NO_RESTART) or VARIABLE in os.environ or not _has_glibc():
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


def _has_glibc() -> bool:
    """Return whether the C library is glibc, without the slow import of the module `platform`."""
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    # Windows has no such function, other systems and libraries not this name.
    except (AttributeError, ValueError, OSError):
        return False
