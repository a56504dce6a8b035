"""Console output that never fails: a line that cannot be printed must not fail a run whose picture is written."""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO, cast

from nst_jax.errors import InputError


@contextlib.contextmanager
def safe_console(own: bool) -> Iterator[None]:
    """Replace sys.stdout and sys.stderr within the context by streams on which printing never fails.

    Characters that the encoding lacks are printed as escape sequences. A stream that does not exist, whose reader has
    gone (a closed pipe), or that cannot be written to for another reason (a full disk) takes no more lines. Another
    reason than a closed pipe is said in a warning, if stdout has it. Warnings are printed as one line on stderr.

    Args:
        own: whether the process is our own, whose closed file descriptors may be opened.
    """
    before = sys.stdout, sys.stderr, warnings.showwarning
    if own:
        _open_standard_descriptors()
    output, errors = SafeStream(before[0], own), SafeStream(before[1], own)
    sys.stdout, sys.stderr, warnings.showwarning = output, errors, _show_warning
    try:
        yield
    finally:
        output.flush()
        if output.failure is not None and not isinstance(output.failure, BrokenPipeError):
            reason = getattr(output.failure, "strerror", None) or output.failure
            print(f"warning: Not all lines could be printed on stdout: {reason}.", file=sys.stderr)
        errors.flush()
        sys.stdout, sys.stderr, warnings.showwarning = before
        output.close_null()
        errors.close_null()


class SafeStream:
    """A text stream that hands everything on to another one, and does not raise when that fails.

    Args:
        stream: the stream to print on; None, as where file descriptors are closed, prints nothing.
        own: whether the process is our own, so that the file descriptor of a stream that has failed may be redirected:
            the interpreter would report lines that are still in the buffer at its exit.

    Attributes:
        failure: why nothing is printed any more; None as long as the stream works.
        is_missing: whether there is no stream to hand on to.
    """

    def __init__(self, stream: TextIO | None, own: bool):
        self.is_missing = stream is None
        # Libraries ask a stream for its encoding and other things, so that there must be one.
        self._stream = open(os.devnull, "w", encoding="utf-8") if stream is None else stream  # noqa: SIM115
        self._own = own
        self.failure: Exception | None = None

    def write(self, text: str) -> int:
        """Print a text and return its length."""
        if self.failure is None:
            try:
                self._write(self._stream, text)
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Print several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Print what is in the buffer."""
        if self.failure is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def isatty(self) -> bool:
        """Return whether this is a terminal."""
        return not self._stream.closed and self._stream.isatty()

    def close_null(self) -> None:
        """Close the null device that stands for a missing stream."""
        if self.is_missing:
            self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def _fail(self, error: Exception) -> None:
        self.failure = error
        if self._own and not self.is_missing:
            with contextlib.suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, self._stream.fileno())
                os.close(null)


def binary_stdout() -> BinaryIO:
    """Return the stream of bytes of the standard output, for pictures; unlike lines, they must not be lost silently.

    Raises:
        InputError: when the standard output is closed, or is no stream of bytes.
    """
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None or getattr(sys.stdout, "is_missing", False):
        raise InputError("The standard output is closed; give the name of a file as -o.")
    return cast("BinaryIO", stream)


def _open_standard_descriptors() -> None:
    """Open the null device as standard input, output and error where these are closed.

    Otherwise the next file that is opened, such as a picture, would get the number 2, and libraries that print errors
    on this number would write into the picture.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken, which is this one.
            os.open(os.devnull, os.O_RDWR)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"warning: {message}", file=sys.stderr)
