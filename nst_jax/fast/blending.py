"""The composite of a style's patches, brought nearer to the recolored content.

Patches alone lose forms smaller than a patch and accents of light and color, and those that are too dark or too light
for their place show as squares.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax.fast.squares import blurred, reduced

# The recolored content's share of the lightness and of the color beside it: of means over positions, smoothed, and of
# what differs from these.
OWN_LIGHTNESS, OWN_COLOR = (0.5, 0.3), (0.2, 0.1)
LIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)
# Where patches have less chroma than the recolored content, it is amplified, by at most this factor. Gray areas of a
# content find gray patches also where its few colors became strong ones, and averages of patches lose chroma.
MOST_CHROMA = 1.2
# Mean square of chroma below which its ratio does not count.
LEAST_CHROMA = 1e-4

Image = Float[Array, "height width 3"]


def blend(composite: Image, own: Image, mean: Image, side: int) -> Image:
    """Blend a composite of patches with the recolored content.

    Args:
        composite: RGB, (height, width, 3).
        own: the recolored content, likewise.
        mean: mean color of the style at each pixel; it differs between regions.
        side: pixels from one position to the next.
    """
    difference = own - composite
    coarse = smoothed(difference, side)
    for each, light, color in zip((coarse, difference - coarse), OWN_LIGHTNESS, OWN_COLOR, strict=True):
        composite = composite + color * each + (light - color) * (each @ LIGHTNESS)[..., None]
    return with_chroma_of(composite, own, mean, side)


def with_chroma_of(image: Image, other: Image, mean: Image, side: int) -> Image:
    """Amplify the chroma of an image, relative to that of a mean color, where another image has more of it.

    Chroma is the color less its lightness. It is compared as mean squares over neighborhoods of some positions.

    Args:
        image: RGB.
        other: the image with the wanted chroma.
        mean: what is not amplified.
        side: pixels from one position to the next.
    """
    own, wanted = (_chroma(each - mean) for each in (image, other))
    squares = (jnp.sum(each**2, -1, keepdims=True) for each in (own, wanted))
    have, want = (blurred(blurred(reduced(each, side))) + LEAST_CHROMA for each in squares)
    gain = jnp.clip(jnp.sqrt(want / have), 1, MOST_CHROMA) - 1
    return image + jax.image.resize(gain, (*image.shape[:2], 1), "linear") * own


def smoothed(image: Image, side: int) -> Image:
    """Average an image over squares of `side` pixels and these with their neighbors, and interpolate linearly."""
    return jax.image.resize(blurred(reduced(image, side)), image.shape, "linear")


def _chroma(colors: Image) -> Image:
    return colors - (colors @ LIGHTNESS)[..., None]
