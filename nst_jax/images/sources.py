"""Files as they are handed over: paths, bytes, and open files."""

import contextlib
import dataclasses
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from nst_jax.errors import InputError
from nst_jax.files import expand_user
from nst_jax.images.kinds import Stream

# The errors of names that no file can have.
_IMPOSSIBLE_NAMES = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP, errno.ENOENT, errno.EINVAL)


@runtime_checkable
class Readable(Protocol):
    """An open file."""

    def read(self, size: int = -1, /) -> Any:
        """Return the next bytes."""


@dataclasses.dataclass(frozen=True)
class FileSource:
    """A file that can be opened several times.

    Attributes:
        name: the file's name without its folder, or what kind of object it is.
        label: how messages call it: its path, or its name.
        content: the path of the file, or what is in it.
    """

    name: str
    label: str
    content: Path | bytes

    @contextlib.contextmanager
    def open(self) -> Iterator[Stream]:
        """Open the file for reading.

        Raises:
            InputError: when it does not exist, is no file, is empty, or cannot be read.
        """
        try:
            stream = _open(self.content, self.label)
        except (OSError, ValueError) as error:
            raise InputError(_explain(error, self.label)) from error
        with stream:
            if not stream.read(1):
                raise InputError(f"{self.label} is empty; give a JPEG, PNG, WebP or TIFF file.")
            stream.seek(0)
            yield stream


def file_source(source: Any) -> FileSource:
    """Return the file that an object stands for.

    Args:
        source: a path (str or os.PathLike; `~` is expanded), the content of a file as bytes, or a file that is open for
            reading bytes, which is read from its position to its end and left open. Bytes are never taken for a path:
            those that a server receives must not name its files.

    Raises:
        InputError: when the object stands for no file, or the open file cannot be read.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return FileSource("bytes", "The data", bytes(source))
    if isinstance(source, (str, os.PathLike)):
        text = os.fsdecode(source)
        if not text:
            raise InputError("The path of a picture is empty; give the name of a file.")
        path = expand_user(text)
        return FileSource(path.name, str(path).replace("\0", "\\0"), path)
    if isinstance(source, Readable):
        return _of_open_file(source)
    raise InputError(
        f"A picture can be a path, bytes, an open file, a Pillow image or an array, but not {type(source).__name__}."
    )


def _of_open_file(file: Readable) -> FileSource:
    label, name = f"The {type(file).__name__}", type(file).__name__
    path = getattr(file, "name", None)
    # The name of a file that was opened by its number is the number.
    if isinstance(path, (str, bytes)) and path:
        label = os.fsdecode(path)
        name = Path(label).name
    try:
        content = file.read()
    except (OSError, ValueError) as error:
        raise InputError(f"{label} cannot be read: {error}; give a file that is open for reading bytes.") from error
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise InputError(f"{label} is open for reading text; open it with the mode 'rb'.")
    return FileSource(name, label, bytes(content))


def _open(content: Path | bytes, label: str) -> Stream:
    if isinstance(content, bytes):
        return io.BytesIO(content)
    kind = content.stat().st_mode
    if stat.S_ISDIR(kind):
        raise InputError(f"{label} is a folder; give a picture file.")
    if stat.S_ISFIFO(kind):
        # A pipe cannot go back to its beginning, as decoders do.
        return io.BytesIO(content.read_bytes())
    if not stat.S_ISREG(kind):
        raise InputError(f"{label} is a device and no file; give a picture file.")
    return content.open("rb")


def _explain(error: OSError | ValueError, label: str) -> str:
    """Return the message for a file that cannot be opened."""
    if isinstance(error, PermissionError):
        return f"{label} cannot be read for lack of permission."
    # Names with a NUL character, or with characters that the system cannot encode, are a ValueError.
    if not isinstance(error, OSError) or error.errno in _IMPOSSIBLE_NAMES:
        return f"There is no file {label}; check the path."
    return f"{label} cannot be read: {error.strerror or error}; check the disk and the path."
