"""Configuration of the process: huge memory pages and jax's persistent compilation cache.

On a CPU, a compiled program allocates hundreds of megabytes from the operating system each time it runs. With pages of
4 kB, this takes a sixth of the time of a step of the full-width network at 512 px. Where Linux provides huge pages only
on request, an environment variable must tell glibc to request them.
"""

import hashlib
import os
import platform
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from nst_jax.files import cache_dir, make_writable_dir

VARIABLE, VALUE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MAX_BYTES = 2**30


def configure(*, may_restart: bool = False) -> None:
    """Configure the process; programs call this once, before jax is imported.

    Args:
        may_restart: whether the process may restart itself to get huge pages (see `restart_with_huge_pages`).
    """
    if may_restart:
        restart_with_huge_pages()
    enable_compilation_cache()


def restart_with_huge_pages() -> None:
    """Restart the program in the same process if that provides it with huge pages; otherwise return.

    A restart is necessary because glibc reads GLIBC_TUNABLES only when a program starts. If the variable is set
    already, to any value, it is respected and nothing is done. To be called by programs, not by the library, before
    they begin their work.
    """
    if VARIABLE in os.environ or platform.libc_ver()[0] != "glibc" or not _huge_pages_on_request():
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.environ[VARIABLE] = VALUE
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError:
        # The program works without huge pages as well, only slower.
        del os.environ[VARIABLE]


def _huge_pages_on_request() -> bool:
    try:
        return "[madvise]" in SETTING.read_text()
    except OSError:
        return False


def enable_compilation_cache() -> None:
    """Enable jax's persistent compilation cache in the user's cache folder, limited to one gigabyte.

    To be called by programs, not by the library, before jax is imported. If `JAX_COMPILATION_CACHE_DIR` is set, it is
    respected and nothing is done: it names another folder, or with an empty value disables the cache. If the folder
    cannot be created or written to, a warning is given and the cache stays disabled.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    # On some processors, XLA mistakes tuning hints for missing instructions and prints many lines on stderr whenever a
    # cached program is loaded (jax-ml/jax#38445). Hiding its log loses nothing: real errors are raised as exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # One cache for each type of processor: machines with different instruction sets may share a home folder, and a
    # program compiled for another machine would crash.
    folder = cache_dir() / "compiled" / _processor_hash()
    try:
        make_writable_dir(folder)
    except OSError as error:
        warnings.warn(
            f"Compiled programs cannot be kept in {folder} ({error.strerror}), so each run compiles them again; "
            "set NST_JAX_CACHE to another folder.",
            stacklevel=2,
        )
        return
    # If the disk fills up later, jax would warn once for each program and bury the program's own messages.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache entry")
    import jax

    update: Callable[[str, object], None] = jax.config.update
    update("jax_compilation_cache_dir", str(folder))
    update("jax_compilation_cache_max_size", MAX_BYTES)
    # Cache small programs too: there are many, and together they take as long to compile as the large one.
    update("jax_persistent_cache_min_compile_time_secs", 0.0)


def _processor_hash() -> str:
    """Return a hash of the processor's instruction set extensions, or of its name where they cannot be determined."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    features = {line.partition(":")[2].strip() for line in lines if line.lower().startswith(("flags", "features"))}
    described = f"{platform.machine()} {sorted(features) or platform.processor()}"
    return hashlib.sha256(described.encode()).hexdigest()[:12]
