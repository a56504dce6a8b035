"""Faults of storages: which pass, and the sentence about those that do not."""

import contextlib
import errno
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from nst_jax.cluster.addresses import redacted
from nst_jax.errors import InputError, describe_exception

Value = TypeVar("Value")
# Seconds to wait before another try to read or write, after the library's own tries.
WAITS = (1.0, 4.0, 16.0)
# The errors that another try does not mend.
FINAL_ERRORS = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
DEFECTS = (ImportError, TypeError, ValueError, AttributeError)
# No other file will fare better with these.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
FULL = (*NO_ROOM, errno.EROFS)
# The numbers by which s3fs calls a service that is busy, slow or out of order. Other numbers, such as that of a full
# disk, come from this machine.
PASSING_NUMBERS = {None, errno.EBUSY, errno.EAGAIN, errno.EIO, getattr(errno, "EREMOTEIO", errno.EIO)}


def cannot(address: str, verb: str, error: BaseException) -> InputError:
    """Return the error of a storage that cannot be used.

    Args:
        address: the address.
        verb: what cannot be done, such as "read".
        error: what happened.
    """
    is_plain = isinstance(error, OSError) and not error.strerror and str(error)
    reason = getattr(error, "strerror", None) or (str(error) if is_plain else describe_exception(error))
    reason = textwrap.shorten(reason, 300).rstrip(".")
    advice = "check the address and your rights"
    if getattr(error, "errno", None) in NO_ROOM:
        advice = "make room there, and give the same command again"
    return InputError(f"{redacted(address)} cannot be {verb} ({reason}); {advice}.")


@contextlib.contextmanager
def storage_errors(address: str, verb: str = "written to", passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Convert the errors of a storage that cannot be used into an `InputError`.

    Args:
        address: as for `cannot`.
        verb: as for `cannot`.
        passing: kinds of errors that are left as they are.
    """
    kinds: tuple[type[Exception], ...] = (InputError, *passing)
    try:
        yield
    except kinds:
        raise
    except Exception as error:  # each storage has its own kinds of errors
        raise cannot(address, verb, error) from error


@contextlib.contextmanager
def room_here() -> Iterator[None]:
    """Convert the error of a full disk of this machine, where downloads go, into an `InputError`."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise cannot(tempfile.gettempdir(), "written to", error) from error
        raise


def persistently(call: Callable[[], Value]) -> Value:
    """Call a function, and again after a while if it fails for a reason that may pass."""
    for wait in WAITS:
        try:
            return call()
        except (*FINAL_ERRORS, *DEFECTS):
            raise
        except OSError as error:
            if error.errno not in PASSING_NUMBERS and not isinstance(error, (TimeoutError, ConnectionError)):
                raise
        except Exception as error:  # each storage has its own kinds of errors
            if "credentials" in str(error).lower():
                raise
        time.sleep(wait)
    return call()
