"""Progress display of a run: a live line on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from rich import filesize
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from nst_jax.devices import has_accelerator
from nst_jax.recipes.recipe import Recipe

if TYPE_CHECKING:
    from nst_jax.engine.result import Progress as RunProgress
    from nst_jax.networks.weights.download import ProgressBar

# Seconds between two lines of progress where there is no live line.
PLAIN_LINE_SECONDS = 2.0


class Display(Protocol):
    """The interface (protocol) of the displays of the progress of one stylization; see `show_progress`."""

    def update(self, progress: "RunProgress") -> None:
        """Show the step, loss terms, speed and remaining time of a progress report."""

    def say(self, line: str) -> None:
        """Print a line."""

    def download_bar(self) -> "ProgressBar":
        """Create a progress bar for the download of a network."""


@contextlib.contextmanager
def show_progress(quiet: bool, verbose: bool, check_download: Callable[[], None] = lambda: None) -> Iterator[Display]:
    """Show the progress of one stylization for as long as the context lasts.

    It is written to stderr, since stdout is for results.

    Args:
        quiet: whether to print nothing.
        verbose: whether to print also the network, the device, versions and times.
        check_download: called after each piece of a download; it may raise an exception to stop that.

    Yields:
        The display: a live line if stderr is a terminal, else plain lines.
    """
    console = Console(stderr=True, quiet=quiet)
    if quiet or not console.is_terminal:
        yield _PlainDisplay(console, verbose, check_download)
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(12),
        TextColumn("{task.fields[numbers]}"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        yield _LiveDisplay(console, verbose, progress, check_download)


class _PlainDisplay:
    """Prints plain lines: for the first progress report, then one every PLAIN_LINE_SECONDS, and for the last report."""

    def __init__(self, console: Console, verbose: bool, check_download: Callable[[], None] = lambda: None):
        self._console, self._verbose, self._check_download = console, verbose, check_download
        self._rate = _Rate()
        self._printed: float | None = None

    def update(self, progress: "RunProgress") -> None:
        """Print step, loss terms, speed and remaining time if a line is due."""
        if self._printed is None and self._verbose:
            self.say(_facts(progress))
        rate = self._rate(progress)
        now = time.perf_counter()
        if self._printed is None or progress.ending or now - self._printed >= PLAIN_LINE_SECONDS:
            seconds = self._rate.seconds_left(progress)
            left = "ETA unknown" if seconds is None else f"ETA {seconds:.0f} s"
            self.say(f"{_position(progress)} {_numbers(progress, rate)} {left}")
            self._printed = now
        if progress.ending and (self._verbose or progress.step < progress.total_steps):
            self.say(f"{progress.ending}; {progress.seconds:.1f} s")

    def download_bar(self) -> "ProgressBar":
        """Print a line about the download and return a bar that shows nothing."""
        self.say("downloading the pretrained VGG-19")
        return _DownloadBar(Progress(disable=True), self._check_download)

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)


class _LiveDisplay:
    """A progress bar of rich, redrawn on one line of the terminal."""

    def __init__(
        self,
        console: Console,
        verbose: bool,
        progress: Progress,
        check_download: Callable[[], None] = lambda: None,
    ):
        self._progress, self._console, self._verbose = progress, console, verbose
        self._check_download = check_download
        self._rate = _Rate()
        self._task = progress.add_task("preparing", total=1.0, numbers="")

    def update(self, progress: "RunProgress") -> None:
        """Show step, loss terms and speed on the live line."""
        if self._verbose and not self._progress.tasks[self._task].completed:
            self.say(_facts(progress))
        numbers = _numbers(progress, self._rate(progress))
        self._progress.update(self._task, completed=progress.fraction, description=_position(progress), numbers=numbers)
        if progress.ending and (self._verbose or progress.step < progress.total_steps):
            self.say(f"{progress.ending}; {progress.seconds:.1f} s")

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)

    def download_bar(self) -> "ProgressBar":
        """Add a second live line for a download; the line of an earlier, failed attempt is removed."""
        for task in self._progress.task_ids:
            if task != self._task:
                self._progress.remove_task(task)
        return _DownloadBar(self._progress, self._check_download)


class _DownloadBar:
    """A line of a live display with the interface of a tqdm bar, as pooch requires."""

    def __init__(self, progress: Progress, check: Callable[[], None]):
        self._progress, self._check = progress, check
        self._task: TaskID | None = None
        self._bytes = 0
        self.total = 0

    def update(self, amount: int) -> None:
        """Add bytes received since the last call."""
        self._check()
        if self._task is None:
            self._task = self._progress.add_task("downloading VGG-19", total=self.total, numbers="")
        self._bytes += amount
        numbers = f"{filesize.decimal(self._bytes)} of {filesize.decimal(self.total)}"
        self._progress.update(self._task, completed=self._bytes, numbers=numbers)

    def reset(self) -> None:
        """Set the number of bytes received to zero."""
        self._bytes = 0

    def close(self) -> None:
        """Remove the line from the display."""
        if self._task is not None:
            self._progress.remove_task(self._task)


class _Rate:
    """Number of steps per second at the scale of the latest progress report.

    The time is measured from the first report of the scale, so that compilation is excluded. Before the second report
    of a scale, the rate is None.
    """

    def __init__(self) -> None:
        self._first: RunProgress | None = None

    def __call__(self, progress: "RunProgress") -> float | None:
        if self._first is None or self._first.scale != progress.scale:
            self._first = progress
        steps, seconds = progress.step - self._first.step, progress.seconds - self._first.seconds
        return steps / seconds if steps > 0 and seconds > 0 else None

    def seconds_left(self, progress: "RunProgress") -> float | None:
        """Estimate the seconds to the end of the run, if a pixel takes as long at all scales; None if unknown."""
        first = self._first
        if first is None or not progress.fraction > first.fraction:
            return None
        return (1 - progress.fraction) * (progress.seconds - first.seconds) / (progress.fraction - first.fraction)


def _position(progress: "RunProgress") -> str:
    scale = f"scale {progress.scale}/{progress.scales} " if progress.scales > 1 else ""
    return f"{scale}step {progress.step}/{progress.total_steps}"


def _numbers(progress: "RunProgress", rate: float | None) -> str:
    content, style, variation = (progress.losses[name] for name in ("content", "style", "total_variation"))
    speed = f"{rate:.1f} evaluations/s" if rate else "compiled"
    return f"content {content:.4g} style {style:.4g} tv {variation:.4g} total {progress.total_loss:.4g} {speed}"


def _facts(progress: "RunProgress") -> str:
    result = progress.partial_result
    network, versions = result.provenance["network"], result.provenance["versions"]
    height, width = result.picture.shape[:2]
    return (
        f"network: {network['name']} ({network['sha256'][:12]}), input convention {network['preprocessing']}\n"
        f"device: {result.provenance['device']}; jax {versions['jax']}, flax {versions['flax']}\n"
        f"picture: {width}x{height}; first step after {progress.seconds:.1f} s"
    )


# Evaluations per second with the embedded network, divided by those with the full-width one; measured by
# `python -m benchmarks cost` on two cores.
FULL_WIDTH_SLOWDOWN = 5


def network_note(recipe: Recipe) -> str:
    """Return a note that the small network is used because this is a CPU.

    The note is empty if the user chose the network, or if an accelerator is available.
    """
    if recipe.network != "auto" or has_accelerator():
        return ""
    return (
        "On this CPU the small embedded network paints; --network vgg19 takes the full one, "
        f"which is about {FULL_WIDTH_SLOWDOWN} times slower here."
    )
