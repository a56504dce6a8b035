"""The one kind of error that is the user's to mend."""

import contextlib
import sys
from collections.abc import Iterator


class InputError(Exception):
    """A file, a setting or a machine that the program cannot work with.

    The message is one sentence that says what is wrong and what to do about it. The command line prints it without a
    traceback and exits with code 2; every other exception is a defect of ours and keeps its traceback.
    """


def print_error(error: InputError) -> int:
    """Says it on stderr; returns the exit code."""
    print(f"error: {error}", file=sys.stderr)
    return 2


@contextlib.contextmanager
def exit_on_input_error() -> Iterator[None]:
    """Around a script: an `InputError` is said on stderr and ends it."""
    try:
        yield
    except InputError as error:
        sys.exit(print_error(error))
