"""Lines about the progress of one stylization, for all displays."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nst_jax.engine.result import Progress


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


def describe_position(progress: "Progress") -> str:
    """Format the scale, if there are several, and the step."""
    scale = f"scale {progress.scale}/{progress.scales} " if progress.scales > 1 else ""
    return f"{scale}step {progress.step}/{progress.total_steps}"


def describe_losses(progress: "Progress", rate: float | None) -> str:
    """Format the weighted loss terms and the rate in evaluations per second; None means not measured yet.

    The text is empty for a run without losses, that of the fast network.
    """
    if not progress.losses:
        return ""
    content, style, variation = (progress.losses[name] for name in ("content", "style", "total_variation"))
    speed = f"{rate:.1f} evaluations/s" if rate else "compiled"
    return f"content {content:.4g} style {style:.4g} tv {variation:.4g} total {progress.total_loss:.4g} {speed}"


def describe_run(progress: "Progress") -> str:
    """Format network, device, versions, image size and time to the first report, on three lines."""
    result = progress.partial_result
    network, versions = result.provenance["network"], result.provenance["versions"]
    height, width = result.picture.shape[:2]
    return (
        f"network: {network['name']} ({network['sha256'][:12]}), input convention {network['preprocessing']}\n"
        f"device: {result.provenance['device']}; jax {versions['jax']}, flax {versions['flax']}\n"
        f"picture: {width}x{height}; first step after {progress.seconds:.1f} s"
    )
