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

from nst_jax.devices import has_accelerator
from nst_jax.recipes.recipe import Recipe

if TYPE_CHECKING:
    from nst_jax.engine.result import Result
    from nst_jax.networks.weights.download import ProgressBar

# Where nobody watches, a line every so many seconds is enough.
PLAIN_LINE_SECONDS = 2.0


class Display(Protocol):
    """Takes results as they come."""

    def update(self, result: "Result") -> None:
        """Shows the numbers of a result."""

    def say(self, line: str) -> None:
        """Prints a line."""

    def download_bar(self) -> "ProgressBar":
        """A bar for the download of a network."""


@contextlib.contextmanager
def show_progress(quiet: bool, verbose: bool) -> Iterator[Display]:
    """The display that fits: nothing, a live line, or plain lines; on stderr, since stdout is for results."""
    console = Console(stderr=True, quiet=quiet)
    if quiet or not console.is_terminal:
        yield _PlainDisplay(console, verbose)
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(12),
        TextColumn("{task.fields[numbers]}"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        yield _LiveDisplay(console, verbose, progress)


class _PlainDisplay:
    def __init__(self, console: Console, verbose: bool):
        self._console, self._verbose = console, verbose
        self._rate = _Rate()
        self._printed: float | None = None

    def update(self, result: "Result") -> None:
        """Shows the numbers of a result."""
        if self._printed is None and self._verbose:
            self.say(_facts(result))
        rate = self._rate(result)
        now = time.perf_counter()
        if self._printed is None or result.ending or now - self._printed >= PLAIN_LINE_SECONDS:
            seconds = self._rate.seconds_left(result)
            left = "ETA unknown" if seconds is None else f"ETA {seconds:.0f} s"
            self.say(f"{_place(result)} {_numbers(result, rate)} {left}")
            self._printed = now
        if result.ending and (self._verbose or result.steps < result.planned):
            self.say(f"{result.ending}; {result.seconds:.1f} s")

    def download_bar(self) -> "ProgressBar":
        """A line, in place of a bar that moves."""
        self.say("downloading the pretrained VGG-19")
        return _DownloadBar(Progress(disable=True))

    def say(self, line: str) -> None:
        """Prints a line."""
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)


class _LiveDisplay:
    def __init__(self, console: Console, verbose: bool, progress: Progress):
        self._progress, self._console, self._verbose = progress, console, verbose
        self._rate = _Rate()
        self._task = progress.add_task("preparing", total=1.0, numbers="")

    def update(self, result: "Result") -> None:
        """Shows the numbers of a result."""
        if self._verbose and not self._progress.tasks[self._task].completed:
            self.say(_facts(result))
        numbers = _numbers(result, self._rate(result))
        self._progress.update(self._task, completed=result.progress, description=_place(result), numbers=numbers)
        if result.ending and (self._verbose or result.steps < result.planned):
            self.say(f"{result.ending}; {result.seconds:.1f} s")

    def say(self, line: str) -> None:
        """Prints a line above the live one."""
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)

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
    """Evaluations per second at the present scale since its first result, so that compilation is left out.

    None before there are two results.
    """

    def __init__(self) -> None:
        self._first: Result | None = None

    def __call__(self, result: "Result") -> float | None:
        if self._first is None or self._first.scale != result.scale:
            self._first = result
        steps, seconds = result.steps - self._first.steps, result.seconds - self._first.seconds
        return steps / seconds if steps > 0 and seconds > 0 else None

    def seconds_left(self, result: "Result") -> float | None:
        """How long the rest will take if all pixels cost what those of this scale do."""
        first = self._first
        if first is None or not result.progress > first.progress:
            return None
        return (1 - result.progress) * (result.seconds - first.seconds) / (result.progress - first.progress)


def _place(result: "Result") -> str:
    scale = f"scale {result.scale}/{result.scales} " if result.scales > 1 else ""
    return f"{scale}step {result.steps}/{result.planned}"


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


# Evaluations per second of the embedded network over those of the full one: `python -m benchmarks cost`, two cores.
FULL_WIDTH_SLOWDOWN = 5


def network_note(recipe: Recipe) -> str:
    """A line, or nothing where the user chose, or the best network was taken."""
    if recipe.network != "auto" or has_accelerator():
        return ""
    return (
        "On this CPU the small embedded network paints; --network vgg19 takes the full one, "
        f"which is about {FULL_WIDTH_SLOWDOWN} times slower here."
    )
