"""Measures of small-scale defects of an image: grain, noise, speckle, bad borders.

They detect known defects but do not rate an image: one without any of these defects may still be a bad one.
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from nst_jax.images.color_transfer import luminance
from nst_jax.images.picture import RGB

Plane = Float[np.ndarray, "_ _"]

# Periods of pooling layers in pixels, and other periods as a reference.
POOLING_PERIODS, OTHER_PERIODS = (4, 8, 16), (7, 9, 11)
# Side in pixels of the neighborhood by whose mean detail each pixel is divided, so that regions rich in detail do not
# outweigh flat ones.
NEIGHBORHOOD = 9
# A pixel is a speck if it differs by at least this, in [0, 1], from the median of its 3 x 3 neighborhood.
SPECK = 0.2
# Width in pixels of the strip along the borders, and of the strip inside of it that it is compared with.
STRIP = 4
# The number of rows that `chroma_noise` works on at once.
ROWS = 256


@dataclasses.dataclass(frozen=True)
class Defects:
    """Measurements of one image.

    Attributes:
        grid: for each of POOLING_PERIODS, how unevenly detail is distributed over the positions modulo the period,
            divided by the mean for OTHER_PERIODS; 1 means no grid.
        noise: mean absolute Laplacian of the luminance, in units of 1/255.
        chroma_noise: mean absolute Laplacian of the color differences R - Y and B - Y, in units of 1/255.
        speckle: how many of 10,000 pixels differ from the median of their 3 x 3 neighborhood by SPECK or more in R - Y
            or B - Y.
        border: mean absolute Laplacian of the luminance in a strip of STRIP pixels along the borders, divided by that
            in the strip inside of it; 1 means no difference.
    """

    grid: dict[int, float]
    noise: float
    chroma_noise: float
    speckle: float
    border: float


def defects(rgb: RGB) -> Defects:
    """Measure the defects of an image.

    Args:
        rgb: (height, width, 3) in [0, 1], at least 64 pixels on each side.
    """
    light = luminance(rgb).astype(np.float64)
    colors = _color_differences(rgb)
    return Defects(
        grid=_grid(light),
        noise=255 * float(np.abs(_laplacian(light)).mean()),
        chroma_noise=chroma_noise(rgb),
        speckle=1e4 * float(np.mean(np.max([np.abs(_from_median(each)) for each in colors], axis=0) >= SPECK)),
        border=_border(np.abs(_laplacian(light))),
    )


def chroma_noise(rgb: RGB, weights: Plane | None = None, *, rounded: bool = False) -> float:
    """Measure `Defects.chroma_noise` alone, in strips, so that its temporary arrays stay small.

    Args:
        rgb: (height, width, 3) in [0, 1]; with fewer than 3 pixels on a side it has no Laplacian, and 0 is returned.
        weights: how much each pixel counts, (height, width), 0 or more; None means equal weights.
        rounded: whether to round to 8 bits first, as most files are, which adds about 1.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < 3 or (weights is not None and not weights[1:-1, 1:-1].any()):
        return 0.0
    total = count = 0.0
    for start in range(0, height - 2, ROWS):
        strip = rgb[start : start + ROWS + 2]
        colors = _color_differences(np.rint(255 * strip) / np.float32(255) if rounded else strip)
        detail = sum(np.abs(_laplacian(each)) for each in colors) / len(colors)
        own = np.ones_like(detail) if weights is None else weights[start + 1 : start + 1 + len(detail), 1:-1]
        total += float((detail * own).sum())
        count += float(own.sum())
    return 255 * total / count


def _color_differences(rgb: RGB) -> list[Plane]:
    """Return R - Y and B - Y, each (height, width), float64."""
    light = luminance(rgb).astype(np.float64)
    return [rgb[..., channel].astype(np.float64) - light for channel in (0, 2)]


def _laplacian(plane: Plane) -> Plane:
    """Return four times each inner pixel minus its four neighbors, (height - 2, width - 2)."""
    return 4 * plane[1:-1, 1:-1] - plane[:-2, 1:-1] - plane[2:, 1:-1] - plane[1:-1, :-2] - plane[1:-1, 2:]


def _from_median(plane: Plane) -> Plane:
    windows = np.lib.stride_tricks.sliding_window_view(plane, (3, 3))
    return plane[1:-1, 1:-1] - np.median(windows, axis=(2, 3))


def _grid(light: Plane) -> dict[int, float]:
    detail = 255 * _laplacian(light)[1:-1, 1:-1]
    margin = NEIGHBORHOOD // 2
    local_mean = np.lib.stride_tricks.sliding_window_view(np.abs(detail), (NEIGHBORHOOD, NEIGHBORHOOD)).mean((2, 3)) + 1
    signed = detail[margin:-margin, margin:-margin] / local_mean
    # Absolute values reveal dots of changing signs, signed values those of one sign; the larger unevenness counts. The
    # constant does not change the unevenness.
    planes = (np.abs(signed), signed + 10)
    uneven = {period: max(_unevenness(each, period) for each in planes) for period in POOLING_PERIODS + OTHER_PERIODS}
    reference = np.mean([uneven[period] for period in OTHER_PERIODS])
    return {period: float(uneven[period] / reference) for period in POOLING_PERIODS}


def _unevenness(plane: Plane, period: int) -> float:
    """Return the standard deviation of the means at positions modulo the period, divided by that expected by chance."""
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
