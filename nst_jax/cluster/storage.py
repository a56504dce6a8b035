"""Folders in any file system of fsspec: on this machine, in S3 and other object storages."""

import contextlib
import datetime
import functools
import importlib.util
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from nst_jax.cluster.addresses import is_address, redacted
from nst_jax.cluster.storage_faults import persistently, storage_errors
from nst_jax.cluster.storage_listing import walk_local, walk_s3
from nst_jax.errors import InputError
from nst_jax.files import TEMPORARY_PREFIX, atomic_write, expand_user

NEEDED = ("fsspec", "pyarrow", "ray")
INSTALL = "pip install 'nst-jax[cluster]'"
# In these, an object is there completely or not at all, and so is the one that it replaces.
OBJECT_STORAGES = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci", "memory"))


class Entry(NamedTuple):
    """A file of a storage.

    Attributes:
        key: its path relative to the storage's root, with slashes.
        size: its size in bytes.
        version: a text that is another one when the file has changed: its ETag, or size and time.
        modified: when it was written, in seconds since 1970, by the clock of the storage; 0.0 if that is unknown.
    """

    key: str
    size: int
    version: str
    modified: float


def require_packages(what: str, packages: Iterable[str] | None = None) -> None:
    """Check that the packages of the extra `cluster` are installed.

    Args:
        what: the option that needs them, for the message.
        packages: the names of the packages; None for all of them.

    Raises:
        InputError: when one is missing.
    """
    missing = [name for name in (NEEDED if packages is None else packages) if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"{what} needs the package{'s' * (len(missing) > 1)} {' and '.join(missing)}; run {INSTALL}.")


class Storage:
    """A folder in a file system; it need not exist.

    What goes wrong with it is an `InputError`, unless a method says otherwise.

    Args:
        address: a path on this machine, or an address of fsspec.

    Raises:
        InputError: when no installed package knows this kind of address.
    """

    def __init__(self, address: str):
        import fsspec
        from fsspec.implementations.local import LocalFileSystem

        # As it was given, with a user and a password if it has them; for other processes, and never for messages.
        self.given = address if is_address(address) else str(expand_user(address).absolute())
        try:
            self.fs, root = fsspec.core.url_to_fs(self.given)
        except ImportError as error:
            raise InputError(f"{redacted(address)} cannot be opened: {error}.") from error
        except (ValueError, TypeError) as error:
            raise InputError(f"{redacted(address)} is no address that can be opened ({error}).") from error
        self.root = root.rstrip("/")
        self.is_local = isinstance(self.fs, LocalFileSystem)
        self.address = self.root if self.is_local else redacted(self.given).rstrip("/")
        protocols = (self.fs.protocol,) if isinstance(self.fs.protocol, str) else self.fs.protocol
        self._is_atomic = bool(OBJECT_STORAGES & set(protocols))

    def path(self, key: str) -> str:
        """Return the path of a file within the file system."""
        return f"{self.root}/{key}" if key else self.root

    def describe(self, key: str) -> str:
        """Return the address of a file, for people and manifests."""
        return f"{self.address}/{key}" if key else self.address

    def files(self, folder: str = "") -> Iterator[Entry]:
        """Yield all files below a folder, in no particular order; none if it does not exist.

        What a killed process has left half written is not among them.

        Not all of them are in memory at once: folders of this machine are read one by one, and S3 page by page. In
        other storages, one folder after the other is.

        Args:
            folder: its key.
        """
        with storage_errors(self.address, "read"):
            yield from self._whole_files(folder)

    def _whole_files(self, folder: str) -> Iterator[Entry]:
        for entry in self._files(folder):
            if not entry.key.rpartition("/")[2].startswith(TEMPORARY_PREFIX):
                yield entry

    def _files(self, folder: str) -> Iterator[Entry]:
        self.fs.invalidate_cache()
        if self.is_local:
            for path, status in walk_local(self.path(folder)):
                yield _local_entry(path[len(self.root) + 1 :], status)
        elif hasattr(self.fs, "call_s3"):
            yield from (self._entry(info) for info in walk_s3(self.fs, self.path(folder)))
        else:
            for _, _, files in self.fs.walk(self.path(folder), detail=True):
                yield from (self._entry(info) for info in files.values())

    def info(self, key: str) -> Entry | None:
        """Return a file, or None if it does not exist."""
        with storage_errors(self.address, "read"):
            return self._info(key)

    def _info(self, key: str) -> Entry | None:
        self.fs.invalidate_cache()
        try:
            if self.is_local:
                return _local_entry(key, os.stat(self.path(key))) if os.path.isfile(self.path(key)) else None
            found = persistently(lambda: self.fs.info(self.path(key)))
        except FileNotFoundError:
            return None
        return None if found["type"] == "directory" else self._entry(found)

    def is_folder(self) -> bool:
        """Return whether this is a folder and no file."""
        self.fs.invalidate_cache()
        return bool(self.fs.isdir(self.root))

    def read(self, key: str) -> bytes:
        """Return the content of a file.

        Raises:
            FileNotFoundError: when it does not exist.
        """
        with storage_errors(self.describe(key), "read", (FileNotFoundError,)):
            return persistently(lambda: self.fs.cat_file(self.path(key)))

    def open(self, key: str) -> IO[bytes]:
        """Open a file for reading parts of it.

        Raises:
            FileNotFoundError: when it does not exist.
        """
        self.fs.invalidate_cache()
        with storage_errors(self.describe(key), "read", (FileNotFoundError,)):
            return persistently(lambda: self.fs.open(self.path(key), "rb"))

    def write(self, key: str, data: bytes) -> None:
        """Write a file completely or not at all; an existing one is replaced."""
        with storage_errors(self.address):
            if self.is_local:
                path = Path(self.path(key))
                path.parent.mkdir(parents=True, exist_ok=True)
                with atomic_write(path) as temporary:
                    temporary.write_bytes(data)
            elif self._is_atomic:
                persistently(lambda: self.fs.pipe_file(self.path(key), data))
            else:
                self._write_and_move(self.path(key), data)

    def _write_and_move(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        temporary = f"{folder}/{TEMPORARY_PREFIX}{os.getpid()}-{name}"
        self.fs.makedirs(folder, exist_ok=True)
        try:
            persistently(lambda: self.fs.pipe_file(temporary, data))
            self.fs.mv(temporary, path)
        except BaseException:
            with contextlib.suppress(Exception):
                self.fs.rm_file(temporary)
            raise

    def download(self, key: str, path: Path) -> None:
        """Copy a file to this machine, completely or not at all.

        Raises:
            Exception: whatever goes wrong, of which the caller knows whether it comes from here or there.
        """
        with atomic_write(path) as temporary:
            persistently(lambda: self.fs.get_file(self.path(key), str(temporary)))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete files; those that do not exist are no error."""
        with storage_errors(self.address):
            for key in keys:
                with contextlib.suppress(FileNotFoundError):
                    persistently(functools.partial(self.fs.rm_file, self.path(key)))
                    if self.is_local:
                        # Empty folders are not left behind; object storages have none.
                        with contextlib.suppress(OSError):
                            os.rmdir(os.path.dirname(self.path(key)))

    def check_writable(self) -> None:
        """Check that files can be written.

        Raises:
            InputError: when they cannot.
        """
        probe = f"_nst/probe-{os.getpid()}"
        self.write(probe, b"")
        self.delete([probe])

    def _entry(self, info: dict[str, Any]) -> Entry:
        modified = info.get("LastModified") or info.get("mtime") or info.get("created") or info.get("last_modified")
        if isinstance(modified, datetime.datetime):
            modified = modified.timestamp()
        stamp = float(modified) if isinstance(modified, (int, float)) else 0.0
        version = str(info.get("ETag") or info.get("etag") or f"{info.get('size')}-{stamp}").strip('"')
        return Entry(info["name"].removeprefix(f"{self.root}/"), int(info.get("size") or 0), version, stamp)


def _local_entry(key: str, status: os.stat_result) -> Entry:
    return Entry(key, status.st_size, f"{status.st_size}-{status.st_mtime_ns}", status.st_mtime)
