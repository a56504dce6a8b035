"""An orderly end of the workers of this machine: they finish the pictures that are being written, and record them.

Ray kills its workers at whatever point they have reached. Before that, the driver creates a file that asks them to
stop; each worker finishes the pictures that it is writing, records them in its ledger, and releases the lock that it
holds during a shard. The driver waits for these locks.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from nst_jax.files import atomic_write

# How long workers may take to finish what they are writing.
STOP_SECONDS = 10.0
# The file that asks workers to stop, and the suffix of their locks, in a folder of the driver.
REQUEST, LOCK = "stop", ".lock"


def is_stopped(folder: str) -> bool:
    """Return whether workers are to stop.

    Args:
        folder: the folder of the driver, which is gone when the driver is; empty for a driver on another machine.
    """
    return bool(folder) and (os.path.exists(os.path.join(folder, REQUEST)) or not os.path.isdir(folder))


@contextlib.contextmanager
def working(folder: str) -> Iterator[None]:
    """Hold a lock for as long as the context lasts, so that the driver waits for its end before it ends Ray.

    Args:
        folder: as for `is_stopped`.
    """
    import filelock

    with contextlib.ExitStack() as stack:
        if folder and not is_stopped(folder):
            # Without a lock, as on a full disk, the driver does not wait.
            with contextlib.suppress(OSError):
                stack.enter_context(filelock.FileLock(Path(folder) / f"{os.getpid()}{LOCK}"))
        yield


def stop_workers(folder: str, seconds: float) -> bool:
    """Ask all workers to stop, and wait for them.

    Args:
        folder: the driver's own folder.
        seconds: the longest time to wait.

    Returns:
        Whether none is working anymore.
    """
    import filelock

    end = time.monotonic() + seconds
    try:
        with atomic_write(Path(folder) / REQUEST):
            pass
        for path in Path(folder).glob(f"*{LOCK}"):
            with filelock.FileLock(path, timeout=max(end - time.monotonic(), 0.0)):
                pass
    except FileNotFoundError:
        # The driver has ended by itself meanwhile, and deleted its folder.
        return True
    except OSError:
        # They cannot be asked, or take too long, which filelock raises as an error of this kind.
        return False
    return True
