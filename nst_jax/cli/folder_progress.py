"""Progress display of a run over a folder: a live line on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nst_jax.batch.progress import FolderProgress
from nst_jax.cli.progress import PLAIN_LINE_SECONDS, stderr_is_terminal

if TYPE_CHECKING:
    from nst_jax.cli.live_progress import FolderLine


class FolderDisplay:
    """Display of the progress of a run over a folder, on a live line or in plain lines.

    Args:
        line: the live line; None prints plain lines instead.
        quiet: whether to print nothing.
    """

    def __init__(self, line: "FolderLine | None", quiet: bool):
        self._line, self._quiet = line, quiet
        self._began = time.monotonic()
        self._printed = self._began

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

        The live line is updated at each call; a plain line is printed every PLAIN_LINE_SECONDS and at the end.

        Args:
            progress: the progress of the run.
        """
        now = time.monotonic()
        finished = progress.done + progress.failed
        # The images done, and the part of the present batch that is done.
        worked = progress.done + progress.batch * progress.fraction * (finished < progress.total)
        numbers = _numbers(progress, worked, now - self._began)
        if self._line:
            part = (worked + progress.failed) / max(progress.total, 1)
            self._line.draw(part, f"{progress.done}/{progress.total}", numbers)
        elif finished == progress.total or now - self._printed >= PLAIN_LINE_SECONDS:
            self._printed = now
            self.say(f"{progress.done}/{progress.total} done, {numbers}")


@contextlib.contextmanager
def show_folder_progress(folder: Path, already: int, quiet: bool) -> Iterator[FolderDisplay]:
    """Show the progress of a run over a folder for as long as the context lasts.

    It is written to stderr, since stdout is for results: on a live line if stderr is a terminal, else in plain lines.

    Args:
        folder: the output folder.
        already: the number of results that exist in it already.
        quiet: whether to print nothing.

    Yields:
        The display, to be updated with each progress report.
    """
    with contextlib.ExitStack() as stack:
        line = None
        if stderr_is_terminal() and not quiet:
            from nst_jax.cli.live_progress import show_folder_line

            line = stack.enter_context(show_folder_line())
        display = FolderDisplay(line, quiet)
        if already:
            display.say(f"{already} pictures are in {folder} already.")
        yield display


def _numbers(progress: FolderProgress, worked: float, seconds: float) -> str:
    """Format failures, rate and remaining time.

    Args:
        progress: the progress of the run.
        worked: the number of images done, including fractions of those in progress.
        seconds: wall time since the start of the display.
    """
    rate = 60 * worked / seconds if seconds > 0 else 0.0
    left = progress.total - progress.failed - worked
    eta = f"ETA {60 * left / rate:.0f} s" if rate else "ETA unknown"
    return f"{progress.failed} failed, {rate:.1f} pictures/minute, {eta}"
