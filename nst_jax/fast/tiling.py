"""The fast network on one large image, tile by tile: the same result as on the whole, in bounded memory.

Sums over positions are added up over all tiles first; with the statistics of the whole image, each tile is then
computed by itself. A tile is computed within a window that is larger by HALO, as far as its pixels see, and only its
own pixels are kept.
"""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

from nst_jax.fast.decoder import Parameters, decode, modulations
from nst_jax.fast.network import (
    Image,
    Maps,
    code_sums,
    decoder_inputs,
    feature_maps,
    noise_maps,
    recolor,
    vectors_of,
)
from nst_jax.fast.regions import STRIDES, Planes, position_weights, shares_of_regions
from nst_jax.fast.style_code import TRANSPORT_LAYERS, Statistics, StyleCode, faded_code, statistics_of
from nst_jax.fast.stylizer import faded
from nst_jax.fast.sums import Sums, sums_of
from nst_jax.networks.vgg import VGG
from nst_jax.objective.programs import program
from nst_jax.recipes.vgg_layers import stride as stride_of

# How far a pixel of the result sees in each direction: 110 pixels, rounded up to a multiple of ALIGNMENT. Of these, 30
# are in the layers of the VGG-19 down to relu4_1, 8 in the overlap of neighboring patches, and 72 in the decoder: 40 at
# 1/8 of the resolution (four convolutions and an interpolation), 24 at 1/4 (five and one), 7 at 1/2 (two, and that of
# the enlarged map, whose interpolation is folded into it), and 1 in the last convolution.
HALO = 112
# Tiles begin at multiples of the deepest stride of all layers, so that all pooling grids are those of the whole image.
ALIGNMENT = max(STRIDES)


class Window(NamedTuple):
    """A part of the image along one axis, in pixels: the window that is computed, and the tile in it that is kept."""

    start: int
    stop: int
    first: int
    last: int


def windows(length: int, tile: int) -> list[Window]:
    """Divide an axis into tiles, each with a window of the same length.

    Args:
        length: pixels of the image along the axis, a multiple of ALIGNMENT.
        tile: the wanted length of a tile.
    """
    tile = max(ALIGNMENT, tile // ALIGNMENT * ALIGNMENT)
    span = min(length, tile + 2 * HALO)
    firsts = range(0, length, tile)
    starts = [int(np.clip(first - HALO, 0, length - span)) for first in firsts]
    return [
        Window(start, start + span, first, min(first + tile, length))
        for start, first in zip(starts, firsts, strict=True)
    ]


def stylize_in_tiles(
    network: VGG,
    parameters: Parameters,
    content: Float[np.ndarray, "height width 3"],
    code: StyleCode,
    strength: float,
    seed: int,
    planes: Float[np.ndarray, "regions height width"],
    tile: int,
) -> Float[np.ndarray, "height width 3"]:
    """Stylize one image as `stylizer.stylize` does, up to rounding.

    Args:
        network: the network that the decoder was trained with.
        parameters: of the decoder.
        content: RGB in [0, 1], (height, width, 3), both multiples of ALIGNMENT.
        code: the style code of each region.
        strength: from 0 to 1.
        seed: of the noise.
        planes: how much each pixel belongs to each region.
        tile: side of the tiles in pixels.
    """
    parts = [(rows, columns) for rows in windows(content.shape[0], tile) for columns in windows(content.shape[1], tile)]
    if strength < 1:
        own = _added([_own_sums(network, *each) for each in _cut(content, planes, parts)])
        code = _faded_code(_statistics_of(own), code, np.float32(strength))
    recolored = np.asarray(_recolored(content, code.statistics, planes))
    maps = _maps(_added([_feature_sums(network, *each) for each in _cut(recolored, planes, parts)]), code.statistics)
    noise = {stride: np.asarray(each) for stride, each in _noise(np.uint32(seed), content.shape[:2]).items()}
    result = np.empty_like(content)
    for (rows, columns), (window, of_planes, _) in zip(parts, _cut(recolored, planes, parts), strict=True):
        of_noise = {
            stride: each[_scaled(rows.start, rows.stop, stride), _scaled(columns.start, columns.stop, stride)]
            for stride, each in noise.items()
        }
        image = np.asarray(_decoded(network, parameters, window, maps, code, of_noise, of_planes))
        kept = image[
            rows.first - rows.start : rows.last - rows.start,
            columns.first - columns.start : columns.last - columns.start,
        ]
        result[rows.first : rows.last, columns.first : columns.last] = kept
    result = np.clip(result, 0, 1)
    return np.asarray(faded(content, result, strength)) if strength < 1 else result


def _cut(
    image: np.ndarray, planes: np.ndarray, parts: list[tuple[Window, Window]]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield each window of the image and the masks, and the masks with zeros outside of the tile."""
    for rows, columns in parts:
        window = slice(rows.start, rows.stop), slice(columns.start, columns.stop)
        of_planes = planes[:, *window]
        owned = np.zeros_like(of_planes)
        tile = (
            slice(rows.first - rows.start, rows.last - rows.start),
            slice(columns.first - columns.start, columns.last - columns.start),
        )
        owned[:, *tile] = of_planes[:, *tile]
        yield image[window], of_planes, owned


def _scaled(start: int, stop: int, stride: int) -> slice:
    return slice(start // stride, stop // stride)


def _added(parts: list[dict[str, Sums]]) -> dict[str, Sums]:
    return jax.tree.map(lambda *each: sum(each[1:], each[0]), *parts)


@program()
def _own_sums(network: VGG, window: Image, _: Planes, owned: Planes) -> dict[str, Sums]:
    return code_sums(network, window, position_weights(owned))


_statistics_of = program()(statistics_of)
_faded_code = program()(faded_code)
_maps = program()(feature_maps)


@program()
def _recolored(content: Image, statistics: Statistics, planes: Planes) -> Image:
    weights = position_weights(planes)
    return recolor(content, sums_of(content, weights[1]), statistics, shares_of_regions(weights))


@program()
def _feature_sums(network: VGG, window: Image, _: Planes, owned: Planes) -> dict[str, Sums]:
    weights = position_weights(owned)
    activations = network(window, TRANSPORT_LAYERS)
    return {name: sums_of(each, weights[stride_of(name)]) for name, each in activations.items()}


@program(static_argnums=1)
def _noise(seed: Array, shape: tuple[int, int]) -> dict[int, Array]:
    return noise_maps(jax.random.key(seed), shape)


@program()
def _decoded(
    network: VGG,
    parameters: Parameters,
    window: Image,
    maps: Maps,
    code: StyleCode,
    noise: dict[int, Array],
    planes: Planes,
) -> Image:
    shares = shares_of_regions(position_weights(planes))
    inputs = decoder_inputs(network(window, TRANSPORT_LAYERS), window, maps, code, noise, shares)
    batched = jax.tree.map(lambda each: each[None], inputs)
    vectors = vectors_of(parameters, jax.tree.map(lambda each: each[None], code))
    return decode(parameters, batched, modulations(parameters, vectors, shares))[0]
