"""File helpers: names, atomic writing, checks before writing, the cache folder, bundled data."""

import contextlib
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nst_jax.errors import InputError

# The names of temporary files begin with this, and end with the suffix of the file if that is as short as usual.
TEMPORARY_PREFIX = ".nst-jax-"
MAX_SUFFIX = 16


# The temporary files of `atomic_write` that exist at the moment.
_unfinished: set[Path] = set()


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file completely or not at all, by way of a temporary file in the same folder.

    When the context ends without an error, the temporary file is flushed to the disk, gets the permissions of the file
    that it replaces, or else those of any new file of the user (the umask), and replaces `path`. After an error it is
    deleted, and `path` stays as it was. If `path` is a symbolic link, the file that it points to is replaced. What is
    no regular file, such as a named pipe or /dev/stdout, is not replaced: the complete data are copied into it.

    Args:
        path: the file to create or replace.

    Yields:
        The path of the temporary file to write to; it has the suffix of `path`.

    Raises:
        OSError: when the file cannot be written.
    """
    is_special = path.exists() and not path.is_file()
    # Unlike `Path.resolve`, this does not raise for links that point to each other.
    target = path if is_special else Path(os.path.realpath(path))
    # The name contains only the suffix of the file's, which may be as long as names can be.
    suffix = path.suffix if len(path.suffix) <= MAX_SUFFIX else ""
    handle, name = tempfile.mkstemp(dir=None if is_special else target.parent, prefix=TEMPORARY_PREFIX, suffix=suffix)
    os.close(handle)
    temporary = Path(name)
    _unfinished.add(temporary)
    try:
        yield temporary
        if is_special:
            with temporary.open("rb") as source, path.open("wb") as file:
                shutil.copyfileobj(source, file)
        else:
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            temporary.chmod(stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
        _unfinished.discard(temporary)


def append_line(path: Path, line: str) -> None:
    """Add a line to the end of a text file, which need not exist."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def open_log(path: Path) -> BinaryIO:
    """Open a file that grows as long as another program writes into it; missing folders are created.

    Raises:
        InputError: when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError as error:
        raise InputError(f"Nothing can be written to {path}: {error.strerror}; set NST_JAX_CACHE.") from error


def remove_unfinished() -> None:
    """Delete the temporary files of all unfinished calls of `atomic_write`.

    To be called just before an immediate exit, such as `os._exit`, that skips the cleanup which `atomic_write` does by
    itself. Files that cannot be deleted are left.
    """
    for path in list(_unfinished):
        with contextlib.suppress(OSError):
            path.unlink()


_umask_lock = threading.Lock()


def _umask() -> int:
    # The umask can only be read by setting it; two threads that do so at once would leave it at 0.
    with _umask_lock:
        mask = os.umask(0)
        os.umask(mask)
    return mask


def cache_dir() -> Path:
    """Return the cache folder: $NST_JAX_CACHE, or the operating system's folder for caches of the user."""
    import platformdirs

    return Path(os.environ.get("NST_JAX_CACHE") or platformdirs.user_cache_dir("nst-jax"))


def bundled_dir(name: str) -> Path:
    """Return the path of a folder of data that belongs to the program.

    Args:
        name: "weights" or "examples".

    Raises:
        InputError: when the folder is missing because the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    # A wheel has these folders inside the package, a checkout has them beside it.
    for candidate in (package / "_bundled" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise InputError(f"The folder '{name}' that belongs to the program is missing; install nst-jax again.")


def expand_user(path: str | os.PathLike[str]) -> Path:
    """Return a path with a leading `~` or `~user` expanded, but only if there is no file with the name as written."""
    plain = Path(path)
    try:
        return plain if os.path.lexists(plain) else plain.expanduser()
    except (RuntimeError, ValueError):
        # There is no such user, or the name contains a NUL character.
        return plain


def make_writable_dir(folder: Path) -> None:
    """Create a folder if it does not exist, and try out that files can be written into it.

    Raises:
        OSError: when it cannot be created or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def check_name(path: Path) -> None:
    """Check that the file system accepts the name of a file, which need not exist.

    Raises:
        InputError: when the name is too long or has a NUL character.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be the name of a file here: {reason}; choose another.") from error


def check_writable(path: Path) -> None:
    """Check that a file can be written to `path`, and create its folder if it does not exist.

    Raises:
        InputError: when `path` is a folder, or its folder cannot be created or written to.
    """
    check_name(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file in it.")
    if path.exists() and not path.is_file():
        # Devices and pipes are written to, not replaced.
        return
    try:
        make_writable_dir(path.parent)
    except OSError as error:
        raise InputError(
            f"Nothing can be written into {path.parent}: {error.strerror}; choose another place."
        ) from error
