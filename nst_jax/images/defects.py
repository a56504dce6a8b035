"""Measures of what is wrong with a picture when it is looked at enlarged: grain, speckle, borders.

They are alarms, not judges: a picture without any of these defects may still be a bad one.
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from nst_jax.images.color_transfer import luminance
from nst_jax.images.picture import RGB

Plane = Float[np.ndarray, "_ _"]

# Periods in pixels that pooling layers have, and some that they have not, to compare with.
POOLING_PERIODS, OTHER_PERIODS = (4, 8, 16), (7, 9, 11)
# Side of the neighborhood whose mean detail is divided out, so that busy places do not outweigh flat ones.
NEIGHBORHOOD = 9
# The least difference from the median of the eight neighbors and itself, in [0, 1], that makes a pixel a speck.
SPECK = 0.2
# Width in pixels of the strip along the borders, and of the one beside it that it is compared with.
STRIP = 4


@dataclasses.dataclass(frozen=True)
class Defects:
    """What was measured in one picture.

    Attributes:
        grid: for each of POOLING_PERIODS, how unevenly detail is spread over the positions modulo the period, over what
            it is for periods that no pooling has; 1 is none.
        noise: mean absolute Laplacian of the luminance, in units of 1/255.
        chroma_noise: the same of the color differences R - Y and B - Y, the mean of both.
        speckle: pixels of 10,000 that differ from the median of their 3 x 3 neighborhood by SPECK or more in a color
            difference.
        border: mean absolute Laplacian of a strip of STRIP pixels along the borders over that of the strip inside of
            it; 1 is alike.
    """

    grid: dict[int, float]
    noise: float
    chroma_noise: float
    speckle: float
    border: float


def defects(rgb: RGB) -> Defects:
    """Measures a picture.

    Args:
        rgb: (height, width, 3) in [0, 1], at least 64 pixels on each side.
    """
    light = luminance(rgb).astype(np.float64)
    colors = [rgb[..., channel].astype(np.float64) - light for channel in (0, 2)]
    return Defects(
        grid=_grid(light),
        noise=255 * float(np.abs(_laplacian(light)).mean()),
        chroma_noise=255 * float(np.mean([np.abs(_laplacian(each)).mean() for each in colors])),
        speckle=1e4 * float(np.mean(np.max([np.abs(_from_median(each)) for each in colors], axis=0) >= SPECK)),
        border=_border(np.abs(_laplacian(light))),
    )


def _laplacian(plane: Plane) -> Plane:
    """Four times each inner pixel less its neighbors, (height - 2, width - 2)."""
    return 4 * plane[1:-1, 1:-1] - plane[:-2, 1:-1] - plane[2:, 1:-1] - plane[1:-1, :-2] - plane[1:-1, 2:]


def _from_median(plane: Plane) -> Plane:
    windows = np.lib.stride_tricks.sliding_window_view(plane, (3, 3))
    return plane[1:-1, 1:-1] - np.median(windows, axis=(2, 3))


def _grid(light: Plane) -> dict[int, float]:
    detail = 255 * _laplacian(light)[1:-1, 1:-1]
    margin = NEIGHBORHOOD // 2
    around = np.lib.stride_tricks.sliding_window_view(np.abs(detail), (NEIGHBORHOOD, NEIGHBORHOOD)).mean((2, 3)) + 1
    signed = detail[margin:-margin, margin:-margin] / around
    # Dots of one sign and of changing signs: the worse of both.
    planes = (np.abs(signed), signed + 10)
    found = {period: max(_unevenness(each, period) for each in planes) for period in POOLING_PERIODS + OTHER_PERIODS}
    usual = np.mean([found[period] for period in OTHER_PERIODS])
    return {period: float(found[period] / usual) for period in POOLING_PERIODS}


def _unevenness(plane: Plane, period: int) -> float:
    """Standard deviation of the means at each position modulo the period, over what chance makes of it."""
    height, width = (extent // period * period for extent in plane.shape)
    whole = plane[:height, :width]
    means = whole.reshape(height // period, period, width // period, period).mean((0, 2))
    expected = whole.std() / np.sqrt(height * width / period**2)
    return float(means.std() / expected) if expected > 0 else 0.0


def _border(detail: Plane) -> float:
    inner = detail[STRIP:-STRIP, STRIP:-STRIP]
    middle = inner[STRIP:-STRIP, STRIP:-STRIP]

    def mean_of_frame(whole: Plane, hole: Plane) -> float:
        return float((whole.sum() - hole.sum()) / (whole.size - hole.size))

    return mean_of_frame(detail, inner) / max(mean_of_frame(inner, middle), 1e-9)
