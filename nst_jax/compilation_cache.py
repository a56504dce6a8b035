"""Keeps compiled programs on disk, so that a second run of the program starts at once."""

import hashlib
import os
import platform
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from nst_jax.cache_folder import cache_folder

MAX_BYTES = 2**30


def enable() -> None:
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
    folder = cache_folder() / "compiled" / _processor_hash()
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
