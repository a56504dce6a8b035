"""Progress display of a run: a live line on a terminal, plain lines elsewhere."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from nst_jax.cli.progress_lines import RateMeter, RunEstimate, describe_losses, describe_position, describe_run
from nst_jax.devices import has_accelerator
from nst_jax.recipes.recipe import Recipe

if TYPE_CHECKING:
    from nst_jax.engine.result import Progress
    from nst_jax.engine.watch import RunPlan
    from nst_jax.networks.weights.download import ProgressBar

# Seconds between two lines of progress where there is no live line.
PLAIN_LINE_SECONDS = 2.0
# Seconds after a line until the next one within a long step.
WITHIN_STEP_SECONDS = 10.0


class Display(Protocol):
    """The interface (protocol) of the displays of the progress of one stylization; see `show_progress`.

    A display is also a `nst_jax.engine.watch.Watch`.
    """

    def planned(self, plan: "RunPlan") -> None:
        """Show what is known before the first step."""

    def evaluated(self, fraction: float) -> None:
        """Show which part of the next step is done, from 0 to 1."""

    def update(self, progress: "Progress") -> None:
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
    if quiet or not stderr_is_terminal():
        yield PlainDisplay(quiet, verbose, check_download)
        return
    from nst_jax.cli.live_progress import show_live_progress

    with show_live_progress(verbose, check_download) as display:
        yield display


def stderr_is_terminal() -> bool:
    """Return whether stderr is a terminal that can redraw a line."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class PlainDisplay:
    """Prints plain lines: for the first progress report, then one every PLAIN_LINE_SECONDS, and for the last report."""

    def __init__(self, quiet: bool, verbose: bool, check_download: Callable[[], None] = lambda: None):
        self._quiet, self._verbose, self._check_download = quiet, verbose, check_download
        self._rate, self._estimate = RateMeter(), RunEstimate()
        self._printed: float | None = None
        self._last = 0.0
        self._position = ""

    def planned(self, plan: "RunPlan") -> None:
        """Print the size, tiles and memory of a large run."""
        if line := self._estimate.describe_plan(plan):
            self.say(line)

    def evaluated(self, fraction: float) -> None:
        """Print which part of the next step is done, if a line is due."""
        now = time.perf_counter()
        if self._position and now - self._last >= WITHIN_STEP_SECONDS:
            self.say(f"{self._position}: {fraction:.0%} of the next step")
            self._last = now

    def update(self, progress: "Progress") -> None:
        """Print step, loss terms, speed and remaining time if a line is due."""
        if self._printed is None and self._verbose:
            self.say(describe_run(progress))
        rate = self._rate(progress)
        self._position = describe_position(progress)
        self._last = now = time.perf_counter()
        is_due = self._printed is None or progress.ending or now - self._printed >= PLAIN_LINE_SECONDS
        if is_due and progress.losses:
            numbers = f"{describe_losses(progress, rate)}; {self._rate.describe_time(progress)}"
            self.say(f"{self._position}: {numbers}")
            self._printed = now
        if line := self._estimate.describe_time(progress, self._rate):
            self.say(line)
        if progress.ending and (self._verbose or progress.step < progress.total_steps):
            self.say(f"{progress.ending}; {progress.seconds:.1f} s")

    def download_bar(self) -> "ProgressBar":
        """Print a line about the download and return a bar that shows nothing."""
        self.say("downloading the pretrained VGG-19")
        return _NoBar(self._check_download)

    def say(self, line: str) -> None:
        """Print a line."""
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)


class _NoBar:
    """The interface of a tqdm bar, as pooch requires, that shows nothing."""

    def __init__(self, check: Callable[[], None]):
        self._check = check
        self.total = 0

    def update(self, amount: int) -> None:  # noqa: ARG002 - the interface has the argument
        """Give the program an opportunity to stop; the bytes received since the last call are ignored."""
        self._check()

    def reset(self) -> None:
        """Ignore that the download starts again."""

    def close(self) -> None:
        """Ignore the end of the download."""


# Evaluations per second with the embedded network, divided by those with the full-width one; measured by
# `python -m benchmarks cost` on two cores.
FULL_WIDTH_SLOWDOWN = 5


def network_note(recipe: Recipe) -> str:
    """Return a note that the small network is used because this is a CPU.

    The note is empty if the user chose the network, if an accelerator is available, and for the fast network, which has
    no larger variant.
    """
    if recipe.network != "auto" or recipe.fast or has_accelerator():
        return ""
    return (
        "On this CPU the small embedded network paints; --network vgg19 takes the full one, "
        f"which is about {FULL_WIDTH_SLOWDOWN} times slower here."
    )
