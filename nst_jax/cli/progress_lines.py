"""What all displays say of the progress of one stylization, of a folder and of a cluster."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nst_jax.engine.result import Progress
    from nst_jax.engine.watch import RunPlan


class RateMeter:
    """Number of steps per second at the scale of the latest progress report.

    The time is measured from the first report of the scale, so that compilation is excluded. Before the second report
    of a scale, the rate is None.
    """

    def __init__(self) -> None:
        self._first: Progress | None = None

    def __call__(self, progress: "Progress") -> float | None:
        """Take note of a report, and return the rate in steps per second, if it is known yet."""
        if self._first is None or self._first.scale != progress.scale:
            self._first = progress
        steps, seconds = progress.step - self._first.step, progress.seconds - self._first.seconds
        return steps / seconds if steps > 0 and seconds > 0 else None

    def seconds_left(self, progress: "Progress") -> float | None:
        """Estimate the seconds to the end of the run, if a pixel takes as long at all scales; None if unknown."""
        first = self._first
        if first is None or not progress.fraction > first.fraction:
            return None
        return (1 - progress.fraction) * (progress.seconds - first.seconds) / (progress.fraction - first.fraction)

    def seconds(self, progress: "Progress") -> float:
        """Return the seconds for which the rate has been measured."""
        return 0.0 if self._first is None else progress.seconds - self._first.seconds

    def describe_time(self, progress: "Progress") -> str:
        """Format the time to the end of the run, or at its end the time that it took."""
        has_ended = progress.ending is not None
        return describe_time(progress.seconds if has_ended else self.seconds_left(progress), has_ended)


class RunEstimate:
    """The sentences about a large run: its memory before the first step, and its time once the rate is known.

    A run is large if it is computed in tiles or needs at least LARGE bytes.
    """

    LARGE = 4_000_000_000
    # The least seconds that a rate must have been measured for, and the least time that is worth a sentence.
    MEASURED_SECONDS, WORTH_SECONDS = 3.0, 120.0

    def __init__(self) -> None:
        self._is_large = False

    def describe_plan(self, plan: "RunPlan") -> str:
        """Format the final size, its tiles and the peak memory of a large run; empty for others."""
        size, memory = plan.sizes[-1], plan.memory[-1]
        self._is_large = memory.tile is not None or plan.needed >= self.LARGE
        if not self._is_large:
            return ""
        tiles = "" if memory.tile is None else f", in tiles of {memory.tile} pixels"
        again = ", with the content's features computed again in each step" if memory.recompute else ""
        return f"{size.width}x{size.height} pixels{tiles}{again}: about {plan.needed / 1e9:.1f} GB of memory at most"

    def describe_time(self, progress: "Progress", meter: RateMeter) -> str:
        """Format the estimated time of a whole large run, once, when it is known; otherwise empty.

        Also empty if it is less than WORTH_SECONDS.
        """
        left = meter.seconds_left(progress)
        if not self._is_large or left is None or meter.seconds(progress) < self.MEASURED_SECONDS:
            return ""
        self._is_large = False
        total = progress.seconds + left
        return f"about {describe_minutes(total)} in all, at this speed" if total >= self.WORTH_SECONDS else ""


def describe_position(progress: "Progress") -> str:
    """Format the scale, if there are several, and the step."""
    scale = f"scale {progress.scale}/{progress.scales}, " if progress.scales > 1 else ""
    return f"{scale}step {progress.step}/{progress.total_steps}"


def describe_losses(progress: "Progress", rate: float | None) -> str:
    """Format the loss, its weighted terms and the rate in steps per second; None means not measured yet.

    The text is empty for a run without losses, that of the fast network.
    """
    if not progress.losses:
        return ""
    content, style, variation = (progress.losses[name] for name in ("content", "style", "total_variation"))
    terms = f"loss {progress.total_loss:.3g} (content {content:.3g}, style {style:.3g}, smoothness {variation:.3g})"
    return f"{terms}; {rate:.1f} steps/s" if rate else terms


def describe_seconds(seconds: float) -> str:
    """Format a time in its two largest units, such as "45 s", "2 min 5 s", "3 h 12 min" or "2 d 3 h"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def describe_minutes(seconds: float) -> str:
    """Format a time of some minutes or more, rounded to minutes, such as "41 min" or "3 h 12 min"."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def describe_time(seconds: float | None, has_ended: bool = False) -> str:
    """Format the time to the end of a run, or once it has ended, the time that it took; None means not known yet."""
    if seconds is None:
        return "time left not known yet"
    return f"took {describe_seconds(seconds)}" if has_ended else f"{describe_seconds(seconds)} left"


def describe_speed(rate: float) -> str:
    """Format a rate, given in images per second, by the minute, or by the hour where that is less than one."""
    return f"{60 * rate:.1f} pictures/minute" if 60 * rate >= 1 else f"{3600 * rate:.1f} pictures/hour"


def describe_setup(network: dict[str, str], devices: Sequence[str], versions: dict[str, str]) -> str:
    """Format network, devices and versions, on two lines.

    Args:
        network: "name", "sha256" and "preprocessing" of the network.
        devices: the kind of each device that is used; they are all of one kind.
        versions: the versions of the packages.
    """
    device = devices[0] if len(devices) == 1 else f"{len(devices)} x {devices[0]}"
    return (
        f"network: {network['name']} ({network['sha256'][:12]}), input convention {network['preprocessing']}\n"
        f"device: {device}; jax {versions['jax']}, flax {versions['flax']}"
    )


def describe_run(progress: "Progress") -> str:
    """Format network, device, versions, image size and time to the first report, on three lines."""
    result = progress.partial_result
    facts: dict[str, Any] = result.provenance
    height, width = result.picture.shape[:2]
    return (
        f"{describe_setup(facts['network'], [facts['device']], facts['versions'])}\n"
        f"picture: {width}x{height}; first step after {progress.seconds:.1f} s"
    )
