"""Errors of requests: a sentence for the user, and the HTTP status that goes with it."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator

from nst_jax.errors import InputError

DISK_FULL = "The disk is full; free some space, then try again."


class RequestError(InputError):
    """A request that cannot be fulfilled; the message says what to do.

    Args:
        status: the HTTP status, 400 to 599.
        message: one sentence.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def full_disk_as_request_error() -> Iterator[None]:
    """Convert the errors of a full disk, and of a folder that cannot be written to, into a `RequestError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RequestError(507, DISK_FULL) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            reason = error.strerror or str(error)
            raise RequestError(507, f"The studio's data folder cannot be written to ({reason}).") from error
        raise
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise RequestError(507, DISK_FULL) from error
        raise
