"""Small moves of the image against the network's pooling grid.

A pooling layer keeps one position in four, always the same ones. An optimizer finds that out and paints a grain with
the period of that grid. If each step looks at the image from another offset, no such grain pays off ("jitter" in
Mordvintsev, Olah & Tyka 2015, "Inceptionism", and in Olah, Mordvintsev & Schubert 2017, "Feature Visualization").
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

Image = Float[Array, "height width channels"]

# Rows and columns of the offsets in pixels, in the order of the steps. Each row and each column modulo 8 comes once, no
# two offsets lie on one diagonal (eight queens), and each step is far from the one before.
OFFSETS = ((0, 0), (3, 5), (6, 1), (1, 4), (4, 2), (7, 3), (2, 7), (5, 6))
# How many pixels each edge is continued by. Offsets are from the upper left corner of the continued image.
MARGIN = 4


def shift_image(image: Image, index: Int[Array, ""] | int) -> Image:
    """Moves a image by one of the OFFSETS, less MARGIN; the edges' own pixels fill what becomes empty.

    Args:
        image: (height, width, channels), any range.
        index: the number of the offset, from 0 on; taken modulo their number.

    Returns:
        The same shape and dtype. Differentiable by `image`.
    """
    top, left = jnp.asarray(OFFSETS)[index % len(OFFSETS)]
    continued = jnp.pad(image, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
    return jax.lax.dynamic_slice(continued, (top, left, jnp.zeros_like(top)), image.shape)
