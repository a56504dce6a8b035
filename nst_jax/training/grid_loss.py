"""The grain that is locked to the grid of the decoder's coarsest positions, as a loss."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Pixels between two positions at the coarsest resolution; those of the others divide it.
PERIOD = 8
# Side of the neighborhood over which detail is measured, so that each counts alike, in pixels.
NEIGHBORHOOD = 9


def grid_loss(image: Float[Array, "height width 3"]) -> Float[Array, ""]:
    """Compute how much of the variation of an image's detail depends on the position within a period of the grid.

    Detail is the Laplacian of the gray picture, divided by its mean magnitude in the neighborhood. It is averaged over
    all positions that are the same modulo PERIOD, with and without its sign.

    Args:
        image: RGB in [0, 1], at least 32 pixels on each side.

    Returns:
        The variance of these means over that of the detail, the sum of both cases: from 0 to 2; of detail that has
        nothing to do with the grid, in the mean 2 * PERIOD ** 2 over the number of pixels.
    """
    gray = jnp.mean(image, -1)
    inner = gray[1:-1, 1:-1]
    laplacian = 4 * inner - gray[:-2, 1:-1] - gray[2:, 1:-1] - gray[1:-1, :-2] - gray[1:-1, 2:]
    side, edge = NEIGHBORHOOD, NEIGHBORHOOD // 2
    sums = jax.lax.reduce_window(jnp.abs(laplacian), 0.0, jax.lax.add, (side, side), (1, 1), "VALID")
    detail = laplacian[edge:-edge, edge:-edge] / (sums / side**2 + 1 / 255)
    return _explained(detail) + _explained(_magnitude(detail))


def _magnitude(x: Float[Array, "height width"]) -> Float[Array, "height width"]:
    # With a gradient of zero at zero.
    return jnp.sqrt(x**2 + 1e-6)


def _explained(detail: Float[Array, "height width"]) -> Float[Array, ""]:
    """Return the share of the variance that the position within a period explains."""
    height, width = (extent // PERIOD * PERIOD for extent in detail.shape)
    cells = detail[:height, :width].reshape(height // PERIOD, PERIOD, width // PERIOD, PERIOD)
    return jnp.var(cells.mean((0, 2))) / (jnp.var(cells) + 1e-6)
