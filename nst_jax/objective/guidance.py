"""Regions of a image carried down to the network's layers.

Gatys, Ecker, Bethge, Hertzmann & Shechtman 2017, "Controlling Perceptual Factors in Neural Style Transfer"
(arXiv:1611.07865), section 4: each region has a Gram matrix of its own, of the features weighted by how much of the
region each position sees.
"""

from collections.abc import Iterable

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.recipes.vgg_layers import stride

Regions = Float[Array, "regions height width"]
# Of any layer: in one call, layers of different sizes come together.
Guides = Float[Array, "*offsets regions _ _"]


def downsample_guides(regions: Regions, layers: Iterable[str]) -> dict[str, Guides]:
    """What part of each region each position of a layer stands for, over their mean; zero for an empty region.

    Odd edges are cropped as by the network's pooling.

    Args:
        regions: how much each pixel belongs to each region, in [0, 1].
        layers: names.
    """
    guides = {}
    for layer in layers:
        means = _means(regions, stride(layer))
        whole = jnp.mean(means, (1, 2), keepdims=True)
        guides[layer] = means / jnp.where(whole > 0, whole, 1)
    return guides


def region_areas(regions: Regions) -> Float[Array, " regions"]:
    """What part of the image each region is, from 0 to 1."""
    return jnp.mean(regions, (1, 2))


def _means(regions: Regions, side: int) -> Guides:
    """The mean over squares of so many pixels."""
    count, height, width = regions.shape
    rows, columns = height // side, width // side
    squares = regions[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side)
    return jnp.mean(squares, (2, 4))
