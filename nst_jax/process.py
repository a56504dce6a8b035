"""Set-up of a process that runs the program: huge memory pages and the cache of compiled programs.

A compiled program takes its memory anew from the operating system each time it runs, in hundreds of megabytes. In pages
of 4 kB that costs a sixth of the time of a step of the full-width network at 512 px on a CPU. Where Linux gives larger
pages only on request, glibc must be told by an environment variable to ask for them.
"""

import hashlib
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from nst_jax.files import cache_dir

VARIABLE, VALUE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MAX_BYTES = 2**30


def configure(*, may_restart: bool = False) -> None:
    """Sets the process up for computing; call it once, in a program, before jax is imported.

    Args:
        may_restart: whether the process may replace itself by one with huge pages (see `restart_with_huge_pages`).
    """
    if may_restart:
        restart_with_huge_pages()
    enable_compilation_cache()


def restart_with_huge_pages() -> None:
    """Starts this program once more in its own place, if that gets it huge pages; otherwise returns.

    glibc asks for them only if told so by the environment that a program starts in. Whoever has set its variable, to
    anything, has decided already. To be called by programs, not by the library, before they begin their work.
    """
    if VARIABLE in os.environ or platform.libc_ver()[0] != "glibc" or not _given_on_request():
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.environ[VARIABLE] = VALUE
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError:
        # Slower, but as well.
        del os.environ[VARIABLE]


def _given_on_request() -> bool:
    try:
        return "[madvise]" in SETTING.read_text()
    except OSError:
        return False


def enable_compilation_cache() -> None:
    """Tells jax to keep what it compiles in the user's cache folder, up to a gigabyte, the oldest going first.

    To be called by programs, not by the library, before jax is imported. Where `JAX_COMPILATION_CACHE_DIR` is set, the
    user has decided already: another folder, or with an empty value none. A folder that cannot be made costs a warning,
    never the picture.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    # Some processors' tuning hints are taken for missing instructions, in many lines on stderr, whenever a program is
    # loaded, though it is (jax-ml/jax#38445). XLA's true errors come as exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A home folder may be shared by machines with different instructions, and then a program of another's would crash.
    folder = cache_dir() / "compiled" / _processor_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        warnings.warn(
            f"Compiled programs cannot be kept in {folder} ({error.strerror}), so each run compiles anew; "
            "NST_JAX_CACHE names another folder.",
            stacklevel=2,
        )
        return
    # Should the disk be full later on, one line for each program would bury what is said of the picture.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache entry")
    import jax

    update: Callable[[str, object], None] = jax.config.update
    update("jax_compilation_cache_dir", str(folder))
    update("jax_compilation_cache_max_size", MAX_BYTES)
    # Small programs too: there are many, and together they take as long to compile as the large one.
    update("jax_persistent_cache_min_compile_time_secs", 0.0)


def _processor_hash() -> str:
    """Of what the processor can do, where the system tells, or of its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    features = {line.partition(":")[2].strip() for line in lines if line.lower().startswith(("flags", "features"))}
    described = f"{platform.machine()} {sorted(features) or platform.processor()}"
    return hashlib.sha256(described.encode()).hexdigest()[:12]
