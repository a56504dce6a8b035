"""The distance between the colors of two pictures, as distributions: the sliced Wasserstein distance.

Along each of a few directions of the color space, the quantiles of both pictures are compared (Rabin et al. 2012,
https://doi.org/10.1007/978-3-642-24785-9_37). Means and covariances alone would not see rare, strong colors.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax.fast.squares import reduced

# Pixels of the pictures are averages of squares of this side, so that colors of speckle do not count.
REDUCTION = 4
# The number of quantiles along each direction; a picture must have at least as many squares.
QUANTILES = 64
# The number of directions.
COUNT = 24
# Differences of chroma count for more than those of lightness by this factor.
CHROMA = 2.0
# The least mean squared distance of colors from their mean that counts, for pictures of one color.
LEAST_SPREAD = 1e-3

Quantiles = Float[Array, "quantiles directions"]


def _directions() -> Float[np.ndarray, "3 directions"]:
    """Return directions that are evenly spread over half of a sphere, with those of chroma longer by CHROMA.

    The columns of the basis are orthonormal: lightness and two of chroma. The points are those of a Fibonacci spiral.
    """
    basis = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]], np.float64).T
    basis /= np.linalg.norm(basis, axis=0)
    heights = (np.arange(COUNT) + 0.5) / COUNT
    angles = np.arange(COUNT) * np.pi * (3 - 5**0.5)
    radii = np.sqrt(1 - heights**2)
    sphere = np.stack([heights, radii * np.cos(angles), radii * np.sin(angles)])
    return (basis @ (sphere * np.array([[1], [CHROMA], [CHROMA]]))).astype(np.float32)


DIRECTIONS = _directions()


def palette(image: Float[Array, "height width 3"]) -> Quantiles:
    """Compute the means of equal parts of the sorted colors of an image along each direction.

    Args:
        image: RGB, with at least QUANTILES squares of REDUCTION x REDUCTION pixels.
    """
    along = jnp.sort(reduced(image, REDUCTION).reshape(-1, 3) @ DIRECTIONS, axis=0)
    edges = np.linspace(0, len(along), QUANTILES + 1).round().astype(int)
    sums = jnp.cumsum(jnp.concatenate([jnp.zeros((1, along.shape[1])), along]), 0)[edges]
    return (sums[1:] - sums[:-1]) / jnp.asarray(np.diff(edges))[:, None]


def palette_loss(own: Quantiles, wanted: Quantiles) -> Float[Array, ""]:
    """Compute the squared sliced Wasserstein distance of two palettes, over the variance of the wanted one."""
    spread = jnp.mean((wanted - jnp.mean(wanted, 0, keepdims=True)) ** 2)
    return jnp.mean((own - wanted) ** 2) / jnp.maximum(spread, LEAST_SPREAD)
