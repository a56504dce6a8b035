"""Gaussian blurs: of a whole image along an axis, and of its colors alone."""

import math

import numpy as np

from nst_jax.images.color_transfer import LUMINANCE, luminance
from nst_jax.images.defects import Plane, chroma_noise
from nst_jax.images.picture import RGB, Planes

# The number of rows that `smooth_chroma` works on at once, so that its temporary arrays stay small.
STRIP = 256
# How often `smooth_chroma_keeping` halves the range in which it searches for the deviation: to 1/16.
HALVINGS = 4


def blur(picture: Planes, deviation: float, axis: int) -> Planes:
    """Convolve along an axis with a Gaussian; edge pixels are repeated.

    Args:
        picture: (height, width, 3), or (height, width).
        deviation: the standard deviation in pixels, more than 0; the kernel is cut off at three of them.
        axis: 0 blurs vertically, 1 horizontally.
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
    """Blur the differences of R, G and B from the luminance, and keep the luminance, except where values are clipped.

    Eyes see little detail of color, and most JPEG files store color at half or a quarter of the pixels. An optimization
    is free to draw such detail, and it looks like colored noise when enlarged.

    Args:
        picture: (height, width, 3) in [0, 1].
        deviation: the standard deviation of the Gaussian in pixels; 0 returns the image unchanged.
    """
    if deviation == 0:
        return picture
    reach, height = _reach(deviation), len(picture)
    result = np.empty_like(picture)
    for start in range(0, height, STRIP):
        first, last = max(start - reach, 0), min(start + STRIP + reach, height)
        strip = picture[first:last]
        light = luminance(strip)
        # Planes of their own: on interleaved channels a blur takes ten times as long.
        red, blue = (blur(blur(strip[..., channel] - light, deviation, 0), deviation, 1) for channel in (0, 2))
        # Green follows from the other two, because the luminance of the differences is 0.
        green = -(LUMINANCE[0] * red + LUMINANCE[2] * blue) / LUMINANCE[1]
        colors = np.stack([light + red, light + green, light + blue], -1)
        result[start : start + STRIP] = np.clip(colors, 0, 1)[start - first : start - first + STRIP]
    return result


def smooth_chroma_keeping(picture: RGB, deviation: float, least_noise: float, weights: Plane | None = None) -> RGB:
    """Smooth as `smooth_chroma` does, but by a smaller deviation where too little chroma noise would be left.

    Args:
        picture: (height, width, 3) in [0, 1].
        deviation: the largest standard deviation of the Gaussian in pixels.
        least_noise: the least chroma noise (`defects.chroma_noise`) that the result has to keep, after rounding to 8
            bits.
        weights: how much each pixel counts in it, (height, width); None means equal weights.

    Returns:
        The picture smoothed by the given deviation, or else by a multiple of 1/16 of it, found by bisection, that keeps
        the least noise. A picture that has no more than that is returned unchanged.
    """

    def has_enough(image: RGB) -> bool:
        return chroma_noise(image, weights, rounded=True) >= least_noise

    smooth = smooth_chroma(picture, deviation)
    if deviation == 0 or has_enough(smooth):
        return smooth
    found, low, high = picture, 0.0, deviation
    if not has_enough(picture):
        return found
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        smooth = smooth_chroma(picture, middle)
        if has_enough(smooth):
            found, low = smooth, middle
        else:
            high = middle
    return found


def _reach(deviation: float) -> int:
    return math.ceil(3 * deviation)
