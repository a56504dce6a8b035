"""The files of compiled programs: how many are kept, and what they are made of."""

import contextlib
import functools
import hashlib
from pathlib import Path

from nst_jax.errors import InputError
from nst_jax.files import atomic_write

# The number of programs that are kept, of up to two megabytes each; older ones are deleted.
MOST_FILES = 500
# Folders of the package whose source code is part of the key, since any change there may change the programs.
SOURCES = ("engine", "fast", "losses", "networks", "objective", "optimizers", "recipes")


def store(path: Path, data: bytes) -> None:
    """Keep a program on disk, if it can be written, and delete the oldest beyond MOST_FILES."""
    # A cache that cannot be written costs time only; the command that enables it has warned the user already.
    with contextlib.suppress(OSError, InputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            temporary.write_bytes(data)
        files = sorted(path.parent.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in files[MOST_FILES:]:
            old.unlink(missing_ok=True)


@functools.cache
def source_hash() -> str:
    """Return a hash of the source code that programs are made of."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((package / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
