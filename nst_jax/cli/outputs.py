"""The plan of all files that a command will write, checked before any work."""

import dataclasses
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from nst_jax.errors import InputError


@dataclasses.dataclass(frozen=True)
class NamedFile:
    """A file that a command reads or writes, and what it is, such as "the report", for messages."""

    path: Path
    role: str


def source_picture(path: Path, role: str) -> NamedFile:
    """Return a picture that a command reads, with a role such as "the photograph"."""
    return NamedFile(path, f"{role}, which is one of the pictures to work from")


def check_distinct(outputs: Sequence[NamedFile], inputs: Iterable[NamedFile]) -> None:
    """Check that no two files to be written are the same, and that none is an input.

    Files are compared by their resolved paths, and existing ones by device and inode, so that links to a file count as
    that file.

    Args:
        outputs: the files to be written.
        inputs: the files that are read; those that do not exist are ignored.

    Raises:
        InputError: with one sentence that names both files.
    """
    sources = {key: file for file in inputs for key in _identities(file.path)}
    targets: dict[object, NamedFile] = {}
    for file in outputs:
        for key in _identities(file.path):
            if key in sources:
                raise InputError(
                    f"{file.role} would be written to {file.path} and replace {sources[key].role}; choose another name."
                )
            if key in targets:
                raise InputError(
                    f"{file.path} is the name of both {targets[key].role} and {file.role}; give one of them another "
                    "name."
                )
        targets |= dict.fromkeys(_identities(file.path), file)


def _identities(path: Path) -> list[object]:
    """Return the keys by which a file is recognized: its resolved path, and device and inode if it is a regular file.

    Devices and pipes may be named several times, since they do not keep what is written.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        status = None
    if status is not None and not os.path.isfile(path) and not os.path.isdir(path):
        return []
    try:
        resolved = str(path.resolve())
    except (OSError, ValueError, RuntimeError):
        resolved = os.path.abspath(path)
    if sys.platform in ("darwin", "win32"):
        # The file systems of these systems take names that differ in case or normalization for the same.
        resolved = unicodedata.normalize("NFC", resolved).casefold()
    # Inode numbers of 0 mean that the file system has none.
    return [resolved, *([(status.st_dev, status.st_ino)] if status is not None and status.st_ino else [])]


def unused_name(folder: Path, stems: Sequence[str], suffix: str) -> Path:
    """Return a path in a folder made of several names, with a number added if it exists: no file is overwritten.

    Args:
        folder: the folder.
        stems: the names, which are joined by underscores; long ones are cut, since file systems allow 255 bytes.
        suffix: the suffix, such as ".png".
    """
    length = 200 // len(stems)
    stem = "_".join(_cut(each, length) for each in stems) or "picture"
    path, number = folder / f"{stem}{suffix}", 2
    while os.path.lexists(path):
        path, number = folder / f"{stem}_{number}{suffix}", number + 1
    return path


def _cut(text: str, size: int) -> str:
    """Return the longest beginning of a text that has at most `size` bytes in UTF-8."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")
