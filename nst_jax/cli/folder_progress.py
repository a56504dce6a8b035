"""Progress display of a run over a folder: a live line on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from nst_jax.batch.runner import Tally
from nst_jax.cli.progress import PLAIN_LINE_SECONDS


class TallyDisplay:
    """Display of the progress of a run over a folder (a `Tally`), on a live line or in plain lines.

    Args:
        console: where lines are printed.
        progress: the live progress bar; None prints plain lines instead.
    """

    def __init__(self, console: Console, progress: Progress | None):
        self._console, self._progress = console, progress
        self._task = progress.add_task("preparing", total=1.0, numbers="") if progress else None
        self._began = time.monotonic()
        self._printed = self._began

    def say(self, line: str) -> None:
        """Print a line above the live one, unless it is empty."""
        if line:
            self._console.print(line, highlight=False, soft_wrap=True, markup=False)

    def update(self, tally: Tally) -> None:
        """Show the images done, failures, rate and remaining time.

        The live line is updated at each call; a plain line is printed every PLAIN_LINE_SECONDS and at the end.

        Args:
            tally: the progress of the run.
        """
        now = time.monotonic()
        finished = tally.done + len(tally.failures)
        # The images done, and the part of the present batch that is done.
        worked = tally.done + tally.batch * tally.progress * (finished < tally.total)
        line = _numbers(tally, worked, now - self._began)
        if self._progress and self._task is not None:
            part = (worked + len(tally.failures)) / max(tally.total, 1)
            self._progress.update(self._task, completed=part, description=f"{tally.done}/{tally.total}", numbers=line)
        elif finished == tally.total or now - self._printed >= PLAIN_LINE_SECONDS:
            self._printed = now
            self.say(f"{tally.done}/{tally.total} done, {line}")


@contextlib.contextmanager
def show_tally(folder: Path, already: int, quiet: bool) -> Iterator[TallyDisplay]:
    """Show the progress of a run over a folder for as long as the context lasts.

    It is written to stderr, since stdout is for results: on a live line if stderr is a terminal, else in plain lines.

    Args:
        folder: the output folder.
        already: the number of results that exist in it already.
        quiet: whether to print nothing.

    Yields:
        The display, to be updated with each tally.
    """
    console = Console(stderr=True, quiet=quiet)
    live = console.is_terminal and not quiet
    columns = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[numbers]}"))
    with Progress(*columns, console=console) if live else contextlib.nullcontext() as progress:
        display = TallyDisplay(console, progress)
        if already:
            display.say(f"{already} pictures are in {folder} already.")
        yield display


def _numbers(tally: Tally, worked: float, seconds: float) -> str:
    """Format failures, rate and remaining time.

    Args:
        tally: the progress of the run.
        worked: the number of images done, including fractions of those in progress.
        seconds: wall time since the start of the display.
    """
    rate = 60 * worked / seconds if seconds > 0 else 0.0
    left = tally.total - len(tally.failures) - worked
    eta = f"ETA {60 * left / rate:.0f} s" if rate else "ETA unknown"
    return f"{len(tally.failures)} failed, {rate:.1f} pictures/minute, {eta}"
