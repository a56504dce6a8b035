"""Regions of an image with styles of their own, at the resolutions of the fast network."""

import jax.numpy as jnp
from jaxtyping import Array, Float

# Resolutions at which the network works: the image's own, and 1/2, 1/4, 1/8 and, for style codes, 1/16 of it.
STRIDES = (1, 2, 4, 8, 16)
# Added to the weights, so that an empty region has a mean and covariance: those of the whole image.
LEAST_WEIGHT = 1e-6

# How much each pixel belongs to each region, in [0, 1].
Planes = Float[Array, "regions height width"]
# How much each position belongs to each region, for each stride.
Weights = dict[int, Float[Array, "regions _ _"]]


def whole(image: Float[Array, "height width channels"]) -> Planes:
    """Return the mask of a single region that covers the image, (1, height, width)."""
    return jnp.ones((1, *image.shape[:2]), image.dtype)


def position_weights(planes: Planes) -> Weights:
    """Average region masks to each of STRIDES, for sums over positions; odd edges are cropped."""
    return {stride: _block_means(planes, stride) + LEAST_WEIGHT for stride in STRIDES}


def shares_of_regions(weights: Weights) -> Weights:
    """Normalize the weights of each position to a sum of 1 over the regions.

    Where no region covers a position, all count alike; what is stylized there is not used.
    """
    return {stride: each / jnp.sum(each, 0, keepdims=True) for stride, each in weights.items()}


def _block_means(planes: Planes, side: int) -> Float[Array, "regions _ _"]:
    """Average squares of `side` x `side` pixels."""
    count, height, width = planes.shape
    rows, columns = height // side, width // side
    squares = planes[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side)
    return jnp.mean(squares, (2, 4))
