"""Contents on their way to this machine, while those before them are worked on."""

import contextlib
import tempfile
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from nst_jax.cluster.plan import Row
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.storage_faults import room_here, storage_errors
from nst_jax.errors import InputError, describe_exception

# Threads that download; each waits for the network most of the time.
DOWNLOADERS = 16


class Sources:
    """The storages that contents come from, each opened once."""

    def __init__(self) -> None:
        self._storages: dict[str, Storage] = {}

    def of(self, row: Row) -> Storage:
        """Return the storage of a picture."""
        if row.source not in self._storages:
            self._storages[row.source] = Storage(row.source)
        return self._storages[row.source]

    def describe(self, row: Row) -> str:
        """Return the address of a content."""
        return self.of(row).describe(row.key)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Create a folder of this machine, and delete it when the context ends.

    Raises:
        InputError: when there is no room for it.
    """
    with contextlib.ExitStack() as stack:
        with storage_errors(tempfile.gettempdir()):
            made = tempfile.TemporaryDirectory(prefix="nst-jax-", ignore_cleanup_errors=True)
            folder = stack.enter_context(made)
        yield Path(folder)


def fetch(
    slices: Sequence[Sequence[Row]], sources: Sources
) -> Generator[tuple[Sequence[Row], list[Path | str]], None, None]:
    """Yield slices of pictures with the files of their contents; the next slice is downloaded meanwhile.

    Contents of this machine are used where they are. Downloaded ones are deleted when the next slice is asked for.

    Args:
        slices: the pictures, in at least one slice.
        sources: their storages.

    Yields:
        The pictures of a slice, and for each the file, or the reason why there is none.

    Raises:
        InputError: when this machine has no room for them.
    """
    with ThreadPoolExecutor(DOWNLOADERS) as pool, contextlib.ExitStack() as stack:
        following = _begin(slices[0], sources, pool, stack)
        for number in range(len(slices)):
            rows, folder, futures = following
            if number + 1 < len(slices):
                following = _begin(slices[number + 1], sources, pool, stack)
            yield rows, [_settle(future) for future in futures]
            folder.close()


def _begin(
    rows: Sequence[Row], sources: Sources, pool: ThreadPoolExecutor, stack: contextlib.ExitStack
) -> tuple[Sequence[Row], contextlib.ExitStack, list[Future[Path]]]:
    """Begin to download a slice into a folder of its own, which is deleted when the returned stack is closed."""
    own = stack.enter_context(contextlib.ExitStack())
    place = own.enter_context(temporary_folder())
    return rows, own, [pool.submit(_fetch, sources.of(row), row, place / str(n)) for n, row in enumerate(rows)]


def _fetch(storage: Storage, row: Row, folder: Path) -> Path:
    if storage.is_local:
        return Path(storage.path(row.key))
    folder.mkdir()
    # The name is kept, because results mention it.
    path = folder / row.key.rpartition("/")[2]
    storage.download(row.key, path)
    return path


def _settle(future: Future[Path]) -> Path | str:
    try:
        with room_here():
            return future.result()
    except InputError:
        # No other picture would fare better.
        raise
    except FileNotFoundError:
        return "it is not there any more"
    except Exception as error:  # each storage has its own kinds of errors
        return describe_exception(error)
