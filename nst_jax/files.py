"""Files of the program: atomic writing, checks before writing, the cache folder, bundled data."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nst_jax.errors import InputError


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Gives a temporary file beside `path` to write to, which takes its place at the end; after an error, nothing does.

    The new file can be read by whoever the user lets read new files, and is on the disk before the old one goes.

    Raises:
        OSError: when it cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def cache_dir() -> Path:
    """$NST_JAX_CACHE, or the user's cache folder as the operating system has it."""
    import platformdirs

    return Path(os.environ.get("NST_JAX_CACHE") or platformdirs.user_cache_dir("nst-jax"))


def bundled_dir(name: str) -> Path:
    """The folder `weights` or `examples`.

    Raises:
        InputError: when it is missing, as in an incomplete installation.
    """
    package = Path(__file__).resolve().parent
    # The wheel carries these folders inside the package, a checkout beside it.
    for candidate in (package / "_bundled" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise InputError(f"The folder '{name}' that belongs to the program is missing; install nst-jax again.")


def check_writable(path: Path) -> None:
    """The same for a file of any kind.

    Raises:
        InputError: when the place cannot be written to.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(
            f"Nothing can be written into {path.parent}: {error.strerror}; choose another place."
        ) from error
