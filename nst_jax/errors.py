"""The error type for everything that the user can correct."""

import sys
import textwrap


class InputError(Exception):
    """A file, a setting or a machine that the program cannot use.

    The message is one sentence that says what is wrong and what to do about it. The command line prints it without a
    traceback and exits with code 2. Every other exception is a bug in the program and keeps its traceback.
    """


NO_MEMORY = "the memory is used up; give a smaller --size"


def describe_exception(error: BaseException) -> str:
    """Return one line about an exception, for reports of failures: a sentence, or the type and the message of a bug."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return NO_MEMORY
    text = textwrap.shorten(str(error), 300)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def print_error(error: InputError) -> int:
    """Print an error on stderr and return the exit code."""
    print(f"error: {error}", file=sys.stderr)
    return 2
