"""Live progress displays of terminals, drawn by rich; imported only where stderr is a terminal."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich import filesize
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from nst_jax.cli.progress_lines import (
    RateMeter,
    RunEstimate,
    describe_losses,
    describe_position,
    describe_run,
    describe_time,
)

if TYPE_CHECKING:
    from nst_jax.engine.result import Progress as RunProgress
    from nst_jax.engine.watch import RunPlan
    from nst_jax.networks.weights.download import ProgressBar


class _Numbers(ProgressColumn):
    """The last column of a live line: where the terminal is narrow, it alone is cut off."""

    def __init__(self) -> None:
        # rich takes the room that is missing from the columns that it may wrap.
        super().__init__(table_column=Column(no_wrap=False))

    def render(self, task: Task) -> Text:
        """Return the numbers of a line."""
        return Text(task.fields["numbers"], no_wrap=True, overflow="ellipsis")


@contextlib.contextmanager
def show_live_progress(verbose: bool, check_download: Callable[[], None]) -> Iterator["LiveDisplay"]:
    """Show a live line with the progress of one stylization on stderr for as long as the context lasts.

    Args:
        verbose: whether to print also the network, the device, versions and times.
        check_download: called while a download goes on; it may raise an exception to stop it.

    Yields:
        The display.
    """
    columns = TextColumn("{task.description}"), BarColumn(12), TextColumn("{task.fields[time]}"), _Numbers()
    console = Console(stderr=True)
    with Progress(*columns, console=console) as bar:
        yield LiveDisplay(console, verbose, bar, check_download)


class LiveDisplay:
    """A progress bar of rich, redrawn on one line of the terminal; see `nst_jax.cli.progress.Display`."""

    def __init__(self, console: Console, verbose: bool, bar: Progress, check_download: Callable[[], None]):
        self._bar, self._console, self._verbose = bar, console, verbose
        self._check_download = check_download
        self._rate, self._estimate = RateMeter(), RunEstimate()
        self._position = "preparing"
        self._task = bar.add_task("preparing", total=1.0, time="", numbers="")

    def planned(self, plan: "RunPlan") -> None:
        """Print the size, tiles and memory of a large run."""
        if line := self._estimate.describe_plan(plan):
            self.say(line)

    def evaluated(self, fraction: float) -> None:
        """Show which part of the next step is done."""
        self._bar.update(self._task, description=f"{self._position} + {fraction:.0%}")

    def update(self, progress: "RunProgress") -> None:
        """Show the step, the time left, loss terms and speed on the live line."""
        if self._verbose and not self._bar.tasks[self._task].completed:
            self.say(describe_run(progress))
        numbers = describe_losses(progress, self._rate(progress))
        if line := self._estimate.describe_time(progress, self._rate):
            self.say(line)
        self._position = position = describe_position(progress)
        time = f"{self._rate.describe_time(progress)}{',' if numbers else ''}"
        self._bar.update(self._task, completed=progress.fraction, description=position, time=time, numbers=numbers)
        if progress.ending and (self._verbose or progress.step < progress.total_steps):
            self.say(f"{progress.ending}; {progress.seconds:.1f} s")

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)

    def download_bar(self) -> "ProgressBar":
        """Add a second live line for a download; the line of an earlier, failed attempt is removed."""
        for task in self._bar.task_ids:
            if task != self._task:
                self._bar.remove_task(task)
        return _DownloadBar(self._bar, self._check_download)


class _DownloadBar:
    """A line of a live display with the interface of a tqdm bar, as pooch requires."""

    def __init__(self, bar: Progress, check: Callable[[], None]):
        self._bar, self._check = bar, check
        self._task: TaskID | None = None
        self._bytes = 0
        self.total = 0

    def update(self, amount: int) -> None:
        """Add bytes received since the last call."""
        self._check()
        if self._task is None:
            self._task = self._bar.add_task("downloading VGG-19", total=self.total, time="", numbers="")
        self._bytes += amount
        numbers = f"{filesize.decimal(self._bytes)} of {filesize.decimal(self.total)}"
        time = describe_time(self._bar.tasks[self._bar.task_ids.index(self._task)].time_remaining)
        self._bar.update(self._task, completed=self._bytes, time=f"{time},", numbers=numbers)

    def reset(self) -> None:
        """Set the number of bytes received to zero."""
        self._bytes = 0

    def close(self) -> None:
        """Remove the line from the display."""
        if self._task is not None:
            self._bar.remove_task(self._task)


class FolderLine:
    """A live line with the progress of a folder run.

    Args:
        bar: the running display of rich.
        console: its console.
    """

    def __init__(self, bar: Progress, console: Console):
        self._bar, self._console = bar, console
        self._task = bar.add_task("preparing", total=1.0, numbers="")

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)

    def draw(self, fraction: float, description: str, numbers: str) -> None:
        """Redraw the line: the part of the work that is done, from 0 to 1, and the text beside the bar."""
        self._bar.update(self._task, completed=fraction, description=description, numbers=numbers)


@contextlib.contextmanager
def show_folder_line() -> Iterator[FolderLine]:
    """Show a live line on stderr for as long as the context lasts."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(12), _Numbers()
    with Progress(*columns, console=console) as bar:
        yield FolderLine(bar, console)
