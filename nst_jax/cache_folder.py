"""Where what can be made or downloaded again is kept."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """$NST_JAX_CACHE, or the user's cache folder as the operating system has it."""
    import platformdirs

    return Path(os.environ.get("NST_JAX_CACHE") or platformdirs.user_cache_dir("nst-jax"))
