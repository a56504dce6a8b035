"""How a run shows itself: a live line on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Iterator
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

if TYPE_CHECKING:
    from nst_jax.result import Result
    from nst_jax.weights.download import ProgressBar

# Where nobody watches, a line every so many seconds is enough.
PLAIN_LINE_SECONDS = 2.0


class Display(Protocol):
    """Takes results as they come."""

    def update(self, result: "Result") -> None:
        """Shows the numbers of a result."""

    def download_bar(self) -> "ProgressBar":
        """A bar for the download of a network."""


@contextlib.contextmanager
def show_progress(steps: int, quiet: bool, verbose: bool) -> Iterator[Display]:
    """The display that fits: nothing, a live line, or plain lines; on stderr, since stdout is for results."""
    console = Console(stderr=True, quiet=quiet)
    if quiet or not console.is_terminal:
        yield _PlainDisplay(steps, console, verbose)
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(12),
        TextColumn("{task.fields[numbers]}"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        yield _LiveDisplay(steps, console, verbose, progress)


class _PlainDisplay:
    def __init__(self, steps: int, console: Console, verbose: bool):
        self._steps, self._console, self._verbose = steps, console, verbose
        self._rate = _Rate()
        self._printed: float | None = None

    def update(self, result: "Result") -> None:
        """Shows the numbers of a result."""
        if self._printed is None and self._verbose:
            self._say(_facts(result))
        rate = self._rate(result)
        now = time.perf_counter()
        if self._printed is None or result.ending or now - self._printed >= PLAIN_LINE_SECONDS:
            left = f"ETA {(self._steps - result.steps) / rate:.0f} s" if rate else "ETA unknown"
            self._say(f"step {result.steps}/{self._steps} {_numbers(result, rate)} {left}")
            self._printed = now
        if result.ending and (self._verbose or result.steps < self._steps):
            self._say(f"{result.ending}; {result.seconds:.1f} s")

    def download_bar(self) -> "ProgressBar":
        """A line, in place of a bar that moves."""
        self._say("downloading the pretrained VGG-19")
        return _DownloadBar(Progress(disable=True))

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)


class _LiveDisplay:
    def __init__(self, steps: int, console: Console, verbose: bool, progress: Progress):
        self._progress, self._console, self._verbose = progress, console, verbose
        self._rate = _Rate()
        self._steps = steps
        self._task = progress.add_task("preparing", total=steps, numbers="")

    def update(self, result: "Result") -> None:
        """Shows the numbers of a result."""
        if self._verbose and not self._progress.tasks[self._task].completed:
            self._console.print(_facts(result), highlight=False)
        description = f"step {result.steps}/{self._steps}"
        numbers = _numbers(result, self._rate(result))
        self._progress.update(self._task, completed=result.steps, description=description, numbers=numbers)
        if result.ending and (self._verbose or result.steps < self._steps):
            self._console.print(f"{result.ending}; {result.seconds:.1f} s", highlight=False)

    def download_bar(self) -> "ProgressBar":
        """A second live line, which takes the place of one for an attempt that failed."""
        for task in self._progress.task_ids:
            if task != self._task:
                self._progress.remove_task(task)
        return _DownloadBar(self._progress)


class _DownloadBar:
    """A line of a live display with the interface of a tqdm bar, which pooch asks for."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self._task: TaskID | None = None
        self._bytes = 0
        self.total = 0

    def update(self, amount: int) -> None:
        """So many bytes more have come."""
        if self._task is None:
            self._task = self._progress.add_task("downloading VGG-19", total=self.total, numbers="")
        self._bytes += amount
        numbers = f"{filesize.decimal(self._bytes)} of {filesize.decimal(self.total)}"
        self._progress.update(self._task, completed=self._bytes, numbers=numbers)

    def reset(self) -> None:
        """Back to no bytes."""
        self._bytes = 0

    def close(self) -> None:
        """All bytes have come."""
        if self._task is not None:
            self._progress.remove_task(self._task)


class _Rate:
    """Evaluations per second since the first result, so that compilation is left out; None before there are two."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def __call__(self, result: "Result") -> float | None:
        if self._first is None:
            self._first = (result.steps, result.seconds)
        steps, seconds = result.steps - self._first[0], result.seconds - self._first[1]
        return steps / seconds if steps > 0 and seconds > 0 else None


def _numbers(result: "Result", rate: float | None) -> str:
    losses = result.losses
    content, style, variation = losses.content[-1], losses.style[-1], losses.total_variation[-1]
    speed = f"{rate:.1f} evaluations/s" if rate else "compiled"
    return f"content {content:.4g} style {style:.4g} tv {variation:.4g} total {losses.total[-1]:.4g} {speed}"


def _facts(result: "Result") -> str:
    network, versions = result.provenance["network"], result.provenance["versions"]
    height, width = result.picture.shape[:2]
    return (
        f"network: {network['name']} ({network['sha256'][:12]}), input convention {network['preprocessing']}\n"
        f"device: {result.provenance['device']}; jax {versions['jax']}, flax {versions['flax']}\n"
        f"picture: {width}x{height}; first step after {result.seconds:.1f} s"
    )
