"""Masks of image regions, downsampled to the resolution of the network's layers.

Gatys, Ecker, Bethge, Hertzmann & Shechtman 2017, "Controlling Perceptual Factors in Neural Style Transfer"
(arXiv:1611.07865), section 4: each region has its own Gram matrix, computed from features that are weighted by how much
each position belongs to the region.
"""

from collections.abc import Iterable

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.recipes.vgg_layers import stride

Regions = Float[Array, "regions height width"]
# Guides at any layer. The dimensions have no names, because one call handles layers of different sizes.
Guides = Float[Array, "*offsets regions _ _"]


def downsample_guides(regions: Regions, layers: Iterable[str]) -> dict[str, Guides]:
    """Average region masks over the pixels of each position of a layer and scale them to a mean of 1.

    Odd edges are cropped as by the network's pooling.

    Args:
        regions: how much each pixel belongs to each region, (regions, height, width) in [0, 1].
        layers: names of layers.

    Returns:
        {name: (regions, height / stride, width / stride)}; the guide of an empty region is 0.
    """
    guides = {}
    for layer in layers:
        means = _block_means(regions, stride(layer))
        overall = jnp.mean(means, (1, 2), keepdims=True)
        guides[layer] = means / jnp.where(overall > 0, overall, 1)
    return guides


def region_areas(regions: Regions) -> Float[Array, " regions"]:
    """Compute the fraction of the image that each region covers, (regions,) in [0, 1]."""
    return jnp.mean(regions, (1, 2))


def _block_means(regions: Regions, side: int) -> Guides:
    """Average over squares of `side` x `side` pixels."""
    count, height, width = regions.shape
    rows, columns = height // side, width // side
    squares = regions[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side)
    return jnp.mean(squares, (2, 4))
