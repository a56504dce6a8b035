"""Optimal transport of features between normal distributions, in closed form.

The map of a normal distribution N(m, C) to N(n, D) that moves the least mass is x -> n + T (x - m) with
T = C^(-1/2) (C^(1/2) D C^(1/2))^(1/2) C^(-1/2) (Dowson & Landau 1982; for style transfer Lu et al. 2019,
arXiv:1906.00668). Unlike whitening and coloring by a Cholesky factor or eigenvectors, it is unique and symmetric, it is
the identity if both distributions are equal, and it changes the content as little as possible.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.matrix_sqrt import matrix_roots, product
from nst_jax.losses.moments import Moments
from nst_jax.losses.wasserstein import Gaussian

# Added to the diagonals of both covariances, relative to the mean of the content's or the style's diagonal. Directions
# in which the content hardly varies would otherwise be amplified to noise.
SHRINKAGE = 0.1
# Iterations for the roots. The smallest eigenvalue under the second root, of 128 channels, is at least about 1e-6 of
# the norm. It grows 2.25-fold with each iteration until it is near 1; the last few iterations converge quadratically.
# Roots by eigenvectors would have a larger error in single precision, and a program that is loaded from disk cannot
# call LAPACK.
ITERATIONS = 20


class AffineMap(NamedTuple):
    """The map x -> matrix x + offset of the channels of a feature map."""

    matrix: Float[Array, "channels channels"]
    offset: Float[Array, " channels"]


def gaussian_map(content: Gaussian, style: Gaussian) -> AffineMap:
    """Compute the optimal transport map between two normal distributions.

    Args:
        content: the distribution of the features that will be mapped.
        style: the distribution that they are mapped to.
    """
    source, target = _shrunk(content.covariance), _shrunk(style.covariance)
    root, inverse = matrix_roots(source, ITERATIONS)
    middle, _ = matrix_roots(product(product(root, target), root), ITERATIONS)
    matrix = product(product(inverse, middle), inverse)
    return AffineMap(matrix, style.mean - matrix @ content.mean)


def moments_map(content: Moments, style: Moments) -> AffineMap:
    """Compute the optimal transport map between distributions with independent channels (Huang & Belongie 2017).

    The matrix is diagonal. Standard deviations below a tenth of their mean over the channels count as that.
    """
    floor_of_content, floor_of_style = (0.1 * jnp.mean(each.std) for each in (content, style))
    scale = jnp.hypot(style.std, floor_of_style) / jnp.hypot(content.std, floor_of_content)
    return AffineMap(jnp.diag(scale), style.mean - scale * content.mean)


def apply_map(
    features: Float[Array, "height width channels"], map_: AffineMap
) -> Float[Array, "height width channels"]:
    """Map the features of every position by one map."""
    return features @ map_.matrix.T + map_.offset.reshape(1, 1, -1)


def apply_maps(
    features: Float[Array, "height width channels"], maps: AffineMap, shares: Float[Array, "regions _ _"]
) -> Float[Array, "height width channels"]:
    """Map the features of every position by the maps of its regions.

    Args:
        features: (height, width, channels).
        maps: the map of each region; its arrays have a leading axis for the regions.
        shares: how much each position belongs to each region, with a sum of 1.
    """
    if len(shares) == 1:
        return apply_map(features, AffineMap(maps.matrix[0], maps.offset[0]))
    total = jnp.zeros_like(features)
    for share, *each in zip(shares, *maps, strict=True):
        total += share[..., None] * apply_map(features, AffineMap(*each))
    return total


def _shrunk(covariance: Float[Array, "n n"]) -> Float[Array, "n n"]:
    identity = jnp.eye(len(covariance), dtype=covariance.dtype)
    return covariance + SHRINKAGE * jnp.trace(covariance) / len(covariance) * identity
