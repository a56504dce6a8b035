"""Faults of storages: which pass, and the sentence about those that do not."""

import contextlib
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


def cannot(address: str, verb: str, error: BaseException) -> InputError:
    """Return the error of a storage that cannot be used.

    Args:
        address: the address.
        verb: what cannot be done, such as "read".
        error: what happened.
    """
    reason = getattr(error, "strerror", None) or describe_exception(error).rstrip(".")
    return InputError(f"{redacted(address)} cannot be {verb} ({reason}); check the address and your rights.")


@contextlib.contextmanager
def storage_errors(address: str, verb: str = "written to") -> Iterator[None]:
    """Convert the errors of a storage that cannot be used into an `InputError`; see `cannot`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # each storage has its own kinds of errors
        raise cannot(address, verb, error) from error


def persistently(call: Callable[[], Value]) -> Value:
    """Call a function, and again after a while if it fails for a reason that may pass."""
    for wait in WAITS:
        try:
            return call()
        except (*FINAL_ERRORS, *DEFECTS):
            raise
        except OSError as error:
            # Errors with a number come from this machine's own disk.
            if error.errno is not None and not isinstance(error, (TimeoutError, ConnectionError)):
                raise
        except Exception as error:  # each storage has its own kinds of errors
            if "credentials" in str(error).lower():
                raise
        time.sleep(wait)
    return call()
