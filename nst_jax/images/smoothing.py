"""Gaussian blurs: of a whole image along an axis, and of its colors alone."""

import math

import numpy as np

from nst_jax.images.color_transfer import LUMINANCE, luminance
from nst_jax.images.picture import RGB, Planes

# The number of rows that `smooth_chroma` works on at once, so that large images need little more memory.
STRIP = 256


def blur(picture: Planes, deviation: float, axis: int) -> Planes:
    """Convolve along an axis with a Gaussian; edge pixels are repeated.

    Args:
        picture: (height, width, 3), or (height, width).
        deviation: the standard deviation in pixels, more than 0; three deviations are computed on either side.
        axis: 0 for columns, 1 for rows.
    """
    reach = _reach(deviation)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    picture = np.moveaxis(picture, axis, 0)
    padded = np.pad(picture, [(reach, reach), *[(0, 0)] * (picture.ndim - 1)], mode="edge")
    result = np.zeros_like(picture)
    for index, weight in enumerate(weights / weights.sum()):
        result += np.float32(weight) * padded[index : index + len(picture)]
    return np.moveaxis(result, 0, axis)


def smooth_chroma(picture: RGB, deviation: float) -> RGB:
    """Blur the differences of R, G and B from the luminance, which stays as it is, and clip the result to [0, 1].

    Eyes see little detail of color, and photographs and paintings have little, since JPEG files keep half or a quarter
    of its pixels. An optimization draws it freely, which looks like colored noise when enlarged.

    Args:
        picture: (height, width, 3) in [0, 1].
        deviation: the standard deviation of the Gaussian in pixels; 0 returns the image unchanged.
    """
    if deviation == 0:
        return picture
    reach, height = _reach(deviation), len(picture)
    strips = []
    for start in range(0, height, STRIP):
        first, last = max(start - reach, 0), min(start + STRIP + reach, height)
        strip = picture[first:last]
        light = luminance(strip)
        # Planes of their own: on interleaved channels a blur takes ten times as long.
        red, blue = (blur(blur(strip[..., channel] - light, deviation, 0), deviation, 1) for channel in (0, 2))
        # The luminance is left as it is, so that green follows from the other two.
        green = -(LUMINANCE[0] * red + LUMINANCE[2] * blue) / LUMINANCE[1]
        colors = np.stack([light + red, light + green, light + blue], -1)
        strips.append(np.clip(colors, 0, 1)[start - first : start - first + STRIP])
    return np.concatenate(strips)


def _reach(deviation: float) -> int:
    return math.ceil(3 * deviation)
