"""Progress display of a run over a folder: a live line on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nst_jax.batch.progress import FolderProgress
from nst_jax.cli.progress import PLAIN_LINE_SECONDS, stderr_is_terminal
from nst_jax.cli.progress_lines import describe_speed, describe_time

if TYPE_CHECKING:
    from nst_jax.cli.live_progress import FolderLine


class FolderDisplay:
    """Display of the progress of a run over a folder, on a live line or in plain lines.

    Args:
        line: the live line; None prints plain lines instead.
        quiet: whether to print nothing.
        verbose: whether to print also the number of images and the time to the first report.
    """

    def __init__(self, line: "FolderLine | None", quiet: bool, verbose: bool = False):
        self._line, self._quiet, self._verbose = line, quiet, verbose
        self._began = time.monotonic()
        self._printed = self._began
        self._has_ended = False

    def say(self, text: str) -> None:
        """Print a line above the live one, unless it is empty."""
        if not text or self._quiet:
            return
        if self._line:
            self._line.say(text)
        else:
            print(text, file=sys.stderr, flush=True)

    def update(self, progress: FolderProgress) -> None:
        """Show the images done, failures, rate and remaining time.

        The live line is updated at each call; a plain line is printed every PLAIN_LINE_SECONDS and at the end,
        unless there is nothing to stylize.

        Args:
            progress: the progress of the run.
        """
        now = time.monotonic()
        seconds = now - self._began
        if self._verbose and progress.worked:
            self._verbose = False
            self.say(f"pictures: {progress.total}; first report after {seconds:.1f} s")
        is_last = progress.done + progress.failed == progress.total
        # Failures take no time, or hardly any.
        rate = (progress.worked - progress.failed) / seconds if seconds > 0 else 0.0
        left = (progress.total - progress.worked) / rate if rate else None
        numbers = describe_numbers(progress.failed, rate, describe_time(seconds if is_last else left, is_last))
        if self._line:
            self._line.draw(progress.fraction, describe_count(progress.done, progress.total), numbers)
        elif progress.total and not self._has_ended and (is_last or now - self._printed >= PLAIN_LINE_SECONDS):
            self._printed, self._has_ended = now, is_last
            self.say(f"{describe_count(progress.done, progress.total)} done, {numbers}")


@contextlib.contextmanager
def show_folder_progress(quiet: bool, verbose: bool) -> Iterator[FolderDisplay]:
    """Show the progress of a run over a folder for as long as the context lasts.

    It is written to stderr, since stdout is for results: on a live line if stderr is a terminal, else in plain lines.

    Args:
        quiet: whether to print nothing.
        verbose: whether to print also the number of images and the time to the first report.

    Yields:
        The display, to be updated with each progress report.
    """
    with contextlib.ExitStack() as stack:
        line = None
        if stderr_is_terminal() and not quiet:
            from nst_jax.cli.live_progress import show_folder_line

            line = stack.enter_context(show_folder_line())
        yield FolderDisplay(line, quiet, verbose)


def describe_count(done: int, total: int) -> str:
    """Format how many of the images are done."""
    return f"{done} of {total} pictures"


def describe_numbers(failed: int, rate: float, time_text: str) -> str:
    """Format failures, rate and time.

    Args:
        failed: the number of images that failed.
        rate: images per second; 0 if it is not known yet.
        time_text: the time left, or that the run took, as text.
    """
    return f"{failed} failed; {f'{describe_speed(rate)}, ' if rate else ''}{time_text}"
