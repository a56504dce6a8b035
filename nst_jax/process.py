"""Configuration of the process: imports with garbage collection paused, and jax's persistent compilation cache."""

import contextlib
import functools
import gc
import hashlib
import os
import platform
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from nst_jax.devices import load_jax
from nst_jax.files import cache_dir, make_writable_dir

# Suffixes of the files in which jax keeps a program and, beside it, the time of its last use.
PROGRAM, USED = "-cache", "-atime"
MAX_BYTES = 2**30
# The number of compiled programs that are kept in jax's cache. jax reads the times of all of them before it adds one,
# which with 1500 programs takes 0.07 seconds each time; a run adds about fifty.
MOST_PROGRAMS = 500
# A flag: `configure` has frozen the objects of this process.
_frozen = threading.Event()


def configure() -> None:
    """Silence XLA's log, import jax, exempt its objects from garbage collection, and enable its compilation cache.

    The command line and the other entry points call this once, before they compute anything; functions of the Python
    interface never do. The log is left as it is if TF_CPP_MIN_LOG_LEVEL is set already.

    Raises:
        InputError: when jax cannot be loaded.
    """
    # On some processors, XLA mistakes tuning hints for missing instructions and prints many lines on stderr whenever a
    # cached program is loaded (jax-ml/jax#38445). Hiding its log loses nothing: real errors are raised as exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with no_collection():
        load_jax()
    # Modules stay until the process ends, so that no later collection needs to scan what they hold.
    gc.freeze()
    _frozen.set()
    enable_compilation_cache()


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Pause garbage collection during an import, because nearly all objects that it creates stay.

    The import of jax creates half a million objects; the collections during it and after it would take a sixth of a
    second and find little. At the end, all objects are moved to the oldest generation, which is rarely collected. This
    is skipped if the process has called `gc.freeze` already, since its frozen objects would be moved as well.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # To count the frozen objects takes 35 ms when there are as many as after `configure`, which sets the flag.
        if not _frozen.is_set() and gc.get_freeze_count() == 0:
            gc.freeze()
            gc.unfreeze()
        if was_enabled:
            gc.enable()


def enable_compilation_cache() -> None:
    """Enable jax's persistent compilation cache in the user's cache folder.

    It is limited to 1 GiB and, at each start, to MOST_PROGRAMS programs. To be called by programs, not by the
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
