"""How a run over a folder shows itself: a live line on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from nst_jax.batch.runner import Tally
from nst_jax.cli.progress import PLAIN_LINE_SECONDS


class TallyDisplay:
    """Shows a tally as it grows."""

    def __init__(self, console: Console, progress: Progress | None):
        self._console, self._progress = console, progress
        self._task = progress.add_task("preparing", total=1.0, numbers="") if progress else None
        self._began = time.monotonic()
        self._printed = self._began

    def say(self, line: str) -> None:
        """Prints a line, if there is something to be said."""
        if line:
            self._console.print(line, highlight=False, soft_wrap=True, markup=False)

    def update(self, tally: Tally) -> None:
        """Shows it: at once where it is live, else now and then and at the end."""
        now = time.monotonic()
        settled = tally.done + len(tally.failures)
        begun = tally.done + tally.batch * tally.progress * (settled < tally.total)
        line = _numbers(tally, begun, now - self._began)
        if self._progress and self._task is not None:
            part = (begun + len(tally.failures)) / max(tally.total, 1)
            self._progress.update(self._task, completed=part, description=f"{tally.done}/{tally.total}", numbers=line)
        elif settled == tally.total or now - self._printed >= PLAIN_LINE_SECONDS:
            self._printed = now
            self.say(f"{tally.done}/{tally.total} done, {line}")


@contextlib.contextmanager
def show_tally(folder: Path, already: int, quiet: bool) -> Iterator[TallyDisplay]:
    """The display that fits; on stderr, since stdout is for results."""
    console = Console(stderr=True, quiet=quiet)
    live = console.is_terminal and not quiet
    columns = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[numbers]}"))
    with Progress(*columns, console=console) if live else contextlib.nullcontext() as progress:
        display = TallyDisplay(console, progress)
        if already:
            display.say(f"{already} pictures are in {folder} already.")
        yield display


def _numbers(tally: Tally, begun: float, seconds: float) -> str:
    rate = 60 * begun / seconds if seconds > 0 else 0.0
    left = tally.total - len(tally.failures) - begun
    eta = f"ETA {60 * left / rate:.0f} s" if rate else "ETA unknown"
    return f"{len(tally.failures)} failed, {rate:.1f} pictures/minute, {eta}"
