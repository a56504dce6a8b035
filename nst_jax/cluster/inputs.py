"""The pictures of inputs in any storage, listed without opening them."""

import dataclasses
from collections.abc import Iterable, Sequence

from nst_jax import images
from nst_jax.batch.listing import SETTINGS_NAME
from nst_jax.cluster.run_settings import KEY
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.storage_faults import storage_errors
from nst_jax.errors import InputError

# Files that mark their folder as one of results.
MARKS = (SETTINGS_NAME, KEY)


@dataclasses.dataclass
class Found:
    """The pictures of all inputs, in columns, sorted by source and key.

    Attributes:
        sources: the addresses of the folders that the keys belong to.
        source: for each picture, the index of its folder.
        key: its path within that folder.
        size: its size in bytes.
        version: a text that changes with the file.
        prefixes: for each source, what stands before the keys in the names of results.
        skipped: the number of files that are no pictures, or whose names cannot be used.
    """

    sources: list[str]
    prefixes: list[str] = dataclasses.field(default_factory=list)
    source: list[int] = dataclasses.field(default_factory=list)
    key: list[str] = dataclasses.field(default_factory=list)
    size: list[int] = dataclasses.field(default_factory=list)
    version: list[str] = dataclasses.field(default_factory=list)
    skipped: int = 0

    def relative(self, index: int) -> str:
        """Return the path of a picture that its result keeps."""
        return self.prefixes[self.source[index]] + self.key[index]


def find_pictures(words: Sequence[str], output: Storage) -> Found:
    """List the pictures of files and folders in any storage.

    Hidden files, and everything within the output or another folder of results, are left out.

    Args:
        words: paths or addresses.
        output: where the results go.

    Raises:
        InputError: when an input cannot be read, has no pictures, or is the output.
    """
    found = Found([])
    for word in words:
        storage = Storage(word)
        if storage.fs == output.fs and storage.root == output.root:
            raise InputError(f"{output.address} is the folder of the photographs; give another one with -o.")
        with storage_errors(storage.address, "read"):
            is_folder = storage.is_folder()
            if not is_folder and storage.info("") is None:
                raise InputError(f"There is no file or folder {storage.address}; check the address.")
            _add(found, storage, is_folder, output, len(words) > 1)
    return found


def _add(found: Found, storage: Storage, is_folder: bool, output: Storage, several: bool) -> None:
    index = len(found.sources)
    if not is_folder:
        folder, _, name = storage.root.rpartition("/")
        address = storage.address.rpartition("/")[0]
        entry = storage.info("")
        assert entry
        found.sources.append(address or folder)
        found.prefixes.append("")
        rows = [(name, entry.size, entry.version)]
    else:
        found.sources.append(storage.address)
        found.prefixes.append(f"{storage.root.rpartition('/')[2]}/" if several else "")
        rows, skipped = _pictures(storage, output)
        found.skipped += skipped
        if not rows:
            others = f" among its {skipped} files" if skipped else ""
            raise InputError(f"There are no pictures in {storage.address}{others}; check the address.")
    for key, size, version in rows:
        found.source.append(index)
        found.key.append(key)
        found.size.append(size)
        found.version.append(version)


def _pictures(storage: Storage, output: Storage) -> tuple[list[tuple[str, int, str]], int]:
    """Return the pictures of a folder as (key, size, version), sorted, and the number of other files."""
    suffixes = images.readable_suffixes()
    inside = f"{output.root}/".removeprefix(f"{storage.root}/") if storage.fs == output.fs else ""
    if inside == f"{output.root}/":
        inside = ""
    rows, skipped, results = [], 0, set()
    for entry in storage.files():
        key = entry.key
        for mark in MARKS:
            if key == mark:
                raise InputError(
                    f"{storage.address} is a folder of results (it has {mark}); give the folder of the originals."
                )
            if key.endswith(f"/{mark}"):
                results.add(key.removesuffix(mark))
        if (inside and key.startswith(inside)) or _is_hidden(key):
            continue
        if _suffix(key) in suffixes and _is_usable(key):
            rows.append((key, entry.size, entry.version))
        else:
            skipped += 1
    if results:
        rows = [row for row in rows if not _is_below(row[0], results)]
    rows.sort()
    return rows, skipped


def _suffix(key: str) -> str:
    name = key.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _is_hidden(key: str) -> bool:
    return key.startswith((".", "_nst/")) or "/." in key


def _is_usable(key: str) -> bool:
    """Return whether a name is text, and does not lead out of a folder where names are paths."""
    return key.isascii() or key.encode("utf-8", "replace") == key.encode("utf-8", "surrogateescape")


def _is_below(key: str, folders: Iterable[str]) -> bool:
    return any(key.startswith(folder) for folder in folders)
