"""Small shifts of the image relative to the network's pooling grid.

A pooling layer keeps one position in four, always on the same grid, and an optimizer exploits this: it produces grain
with the period of that grid. If each step evaluates the image at another offset, such grain no longer lowers the loss
("jitter" in Mordvintsev, Olah & Tyka 2015, "Inceptionism", and in Olah, Mordvintsev & Schubert 2017, "Feature
Visualization").
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

Image = Float[Array, "height width channels"]

# Rows and columns of the offsets in pixels, in the order of the steps. Each row and each column modulo 8 occurs once,
# no two offsets lie on one diagonal (eight queens), and consecutive offsets are far apart.
OFFSETS = ((0, 0), (3, 5), (6, 1), (1, 4), (4, 2), (7, 3), (2, 7), (5, 6))
# The number of pixels by which each edge is padded. Offsets are relative to the upper left corner of the padded image.
MARGIN = 4


def shift_image(image: Image, index: Int[Array, ""] | int) -> Image:
    """Crop an image of the same size at one of the OFFSETS from the image padded by MARGIN edge pixels on each side.

    Args:
        image: (height, width, channels), any range.
        index: the index of the offset, taken modulo the number of offsets.

    Returns:
        An array of the same shape and dtype, differentiable with respect to `image`.
    """
    top, left = jnp.asarray(OFFSETS)[index % len(OFFSETS)]
    padded = jnp.pad(image, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
    return jax.lax.dynamic_slice(padded, (top, left, jnp.zeros_like(top)), image.shape)
