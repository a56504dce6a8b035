"""The data folder of the studio: the place of each file, and the lock against a second server."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import filelock
import platformdirs

from nst_jax.errors import InputError
from nst_jax.files import make_writable_dir

# Uploads and jobs are refused below this, so that results of running jobs can still be saved.
LEAST_FREE_BYTES = 200 * 2**20


def default_folder() -> Path:
    """Return the folder for the user's data that the operating system provides."""
    return Path(platformdirs.user_data_dir("nst-jax")) / "studio"


class DataFolder:
    """The files of a studio.

    Args:
        path: the folder; it and its parts are created if they are missing.

    Raises:
        InputError: when the folder cannot be created or written to.
    """

    def __init__(self, path: Path):
        self.path = path.absolute()
        self.pictures, self.results = self.path / "pictures", self.path / "results"
        self.checkpoints, self.samples = self.path / "checkpoints", self.path / "samples"
        self.temporary = self.path / "temporary"
        self.database = self.path / "studio.sqlite3"
        self.log, self.painter_log = self.path / "log.txt", self.path / "painter-log.txt"
        self.painter_lock = self.path / "painter.lock"
        try:
            # What an earlier server was writing when it ended is of no use.
            for folder in (self.pictures, self.results, self.checkpoints, self.samples, self.temporary):
                make_writable_dir(folder)
        except OSError as error:
            raise InputError(
                f"The studio cannot keep its data in {self.path} ({error.strerror}); choose another folder with --data."
            ) from error

    def picture(self, name: str) -> Path:
        """Return the file of a picture that was uploaded or drawn."""
        return self.pictures / f"{name}.png"

    def result(self, name: str, suffix: str = ".png") -> Path:
        """Return the file of a result, ".png" with 8 bits or ".tif" with 16."""
        return self.results / f"{name}{suffix}"

    def checkpoint(self, name: str) -> Path:
        """Return the file with the state of an unfinished job."""
        return self.checkpoints / f"{name}.npz"

    def sheet(self, experiment: str) -> Path:
        """Return the file with the pictures and grades of an experiment, which can be made again."""
        return self.samples / f"{experiment}.sheet.png"

    def remove_result(self, name: str) -> None:
        """Delete all files of a job."""
        for path in [*self.results.glob(f"{name}.*"), self.checkpoint(name)]:
            path.unlink(missing_ok=True)

    def remove_picture(self, name: str) -> None:
        """Delete all files of a picture."""
        for path in self.pictures.glob(f"{name}.*"):
            path.unlink(missing_ok=True)

    def is_almost_full(self) -> bool:
        """Return whether there is too little room on the disk for further pictures."""
        return shutil.disk_usage(self.path).free < LEAST_FREE_BYTES

    def clear_temporary(self) -> None:
        """Delete files that a server which was killed has left unfinished."""
        for path in self.temporary.iterdir():
            with contextlib.suppress(OSError):
                path.unlink()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other servers from using the folder.

        Raises:
            InputError: when another server uses it.
        """
        lock = filelock.FileLock(self.path / "server.lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise InputError(
                f"Another studio uses {self.path} already; use that one, or choose another folder with --data."
            ) from None
        try:
            yield
        finally:
            lock.release()
