"""Regions of the content with styles of their own, at the resolutions of the fast network."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.fast.decoder import RegionWeights
from nst_jax.losses.gram import Guide

# Resolutions at which the network works: the image's own, and 1/2, 1/4, 1/8 and, for style codes, 1/16 of it.
STRIDES = (1, 2, 4, 8, 16)

Planes = Float[Array, "regions height width"]


def region_weights(planes: Planes) -> dict[int, RegionWeights]:
    """Average region masks to each of STRIDES, and normalize them to a sum of 1 over the regions at each position.

    Where no region covers a position, all count alike; what is stylized there is not used.

    Args:
        planes: how much each pixel belongs to each region, in [0, 1].
    """
    weights = {}
    for stride in STRIDES:
        means = _block_means(planes, stride) + 1e-6
        weights[stride] = means / jnp.sum(means, 0, keepdims=True)
    return weights


def region_guides(planes: Planes) -> dict[int, Float[Array, "regions _ _"]]:
    """Average region masks to each of STRIDES, and scale each region to a mean of 1, for `gaussian` and `moments`.

    An empty region gets a mean of 1 as well: all positions count alike.
    """
    guides = {}
    for stride in STRIDES:
        means = _block_means(planes, stride) + 1e-6
        guides[stride] = means / jnp.mean(means, (1, 2), keepdims=True)
    return guides


def whole() -> dict[int, RegionWeights]:
    """Return the weights of a single region that covers everything."""
    return {stride: jnp.ones((1, 1, 1)) for stride in STRIDES}


def guide_of(guides: dict[int, Float[Array, "regions _ _"]] | None, stride: int, region: int) -> Guide | None:
    """Return the guide of a region at a stride; None, which stands for all positions, without regions."""
    return None if guides is None else guides[stride][region]


def _block_means(planes: Planes, side: int) -> Float[Array, "regions _ _"]:
    """Average squares of `side` x `side` pixels; odd edges are cropped."""
    count, height, width = planes.shape
    rows, columns = height // side, width // side
    squares = planes[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side)
    return jnp.mean(squares, (2, 4))
