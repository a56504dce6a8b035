"""The fast network of this project as a method of `fast_run`: sizes, batches over devices, and tiles."""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import jax
import numpy as np
from jax.sharding import NamedSharding
from jaxtyping import Float

from nst_jax import images
from nst_jax.engine.mesh import BATCH, batch_devices, make_mesh
from nst_jax.fast import stylizer, tiling
from nst_jax.fast.style_code import Statistics, StyleCode
from nst_jax.fast.tiling import ALIGNMENT
from nst_jax.fast.weights import FastWeights, bundled
from nst_jax.images.masks import Planes, resize_regions
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.programs import make_room

# Sides of style images are rounded to multiples of this number of pixels, because each shape is compiled anew.
STYLE_GRID = 32
# The least side of a style image, for which the deepest layer of a style code has one position.
LEAST_SIDE = 16
# Number of pixels of an image from which it is computed in tiles of TILE x TILE pixels.
UNTILED_PIXELS = 1400 * 1400
TILE = 512

# Bytes of the style codes that are kept, so that the next photograph need not wait for them. The code of one region has
# 6.4 MB, nearly all of it samples: 2048 x (195 of keys + 256 and 128 of features + 192 of pixels) numbers. So there is
# room for ten, more styles than are used by turns as a rule, and a tenth is added to the 600 MB that a process takes
# for pictures of 512 pixels. The limit is in bytes because codes of several regions are as many times as large.
MOST_CODE_BYTES = 64 * 2**20

# Bytes of the statistics of photographs that are kept for further strengths; those of one take 0.1 MB for each region.
MOST_STATISTICS_BYTES = 2**20

_loaded: dict[str, tuple[VGG, FastWeights]] = {}
# Of the network, an image and its regions.
_Key = tuple[str, str, str]
_Kept = TypeVar("_Kept")
_codes: dict[_Key, StyleCode] = {}
_content_statistics: dict[_Key, Statistics] = {}


class EmbeddedMethod:
    """The embedded VGG-19 and the decoder that was trained with it; see `fast_run.FastMethod`.

    Args:
        weights: the network.

    Raises:
        InputError: when the decoder was trained with another network, or its file is damaged.
    """

    def __init__(self, weights: NetworkWeights):
        if weights.sha256 not in _loaded:
            fast = bundled(weights)
            on_device = dataclasses.replace(fast, parameters=jax.device_put(fast.parameters))
            _loaded[weights.sha256] = VGG.of(weights, padding="edges"), on_device
        self._network, self._fast = _loaded[weights.sha256]

    def code(self, style: RGB, planes: Planes | None) -> StyleCode:
        """Compute the code of a style image."""
        height, width = (max(LEAST_SIDE, round(side / STYLE_GRID) * STYLE_GRID) for side in style.shape[:2])
        ones = np.ones((1, height, width), np.float32)
        planes = ones if planes is None else resize_regions(planes, height, width)
        resized = images.resize(style, height, width)
        key = self._fast.network, _digest(resized), _digest(planes)
        if key not in _codes:
            make_room(("style code", *planes.shape))
            code = stylizer.encode(self._network, resized, planes)
            _keep(_codes, key, code, MOST_CODE_BYTES)
            return code
        return _codes[key]

    def mix(self, codes: Sequence[StyleCode], shares: Float[np.ndarray, "styles regions"]) -> StyleCode:
        """Mix the codes of several styles by their weights in each region."""
        return stylizer.mix(codes, shares)

    def stylize(
        self, contents: list[RGB], codes: list[StyleCode], strength: float, planes: Planes | None, seed: int
    ) -> list[RGB]:
        """Stylize images of one size."""
        height, width = contents[0].shape[:2]
        ones = np.ones((1, height, width), np.float32)
        # The padding belongs to no region, so that it does not count in the statistics.
        missing = (0, -height % ALIGNMENT), (0, -width % ALIGNMENT)
        padded_planes = np.pad(ones if planes is None else planes, [(0, 0), *missing])
        padded = [np.pad(content, [*missing, (0, 0)], mode="edge") for content in contents]
        pairs = [*zip(padded, codes * (len(contents) // len(codes)), strict=True)]
        if height * width > UNTILED_PIXELS:
            stylized = self._in_tiles(pairs, strength, padded_planes, seed)
        else:
            stylized = iter(self._together(pairs, strength, padded_planes, seed))
        return [image[:height, :width] for image in stylized]

    def identity(self) -> dict[str, str]:
        """Return the name and the hash of the decoder."""
        return {"decoder": self._fast.name, "decoder_sha256": self._fast.sha256}

    def _together(self, pairs: list[tuple[RGB, StyleCode]], strength: float, planes: Planes, seed: int) -> np.ndarray:
        """Stylize a batch, distributed over the local devices."""
        mesh = make_mesh(len(pairs))
        pairs = [*pairs, *pairs[-1:] * (-len(pairs) % batch_devices(mesh))]
        sharding = NamedSharding(mesh, BATCH)
        stack = np.stack([content for content, _ in pairs])
        contents = jax.device_put(stack, sharding)
        codes = jax.tree.map(lambda *each: np.stack(each), *[code for _, code in pairs])
        make_room(("fast", contents.shape, planes.shape, strength < 1))
        own = self._statistics(stack, contents, planes, strength)
        stylized = stylizer.stylize(
            self._network,
            self._fast.parameters,
            contents,
            jax.device_put(codes, sharding),
            np.float32(strength),
            np.uint32(seed),
            planes,
            own,
        )
        return np.asarray(stylized)

    def _statistics(self, stack: np.ndarray, contents: jax.Array, planes: Planes, strength: float) -> Statistics | None:
        """Return the statistics of contents for a strength below 1, kept from an earlier one where there was one.

        For a strength of 1 it is None, even if they are kept: what was done before must not change a result.

        Args:
            stack: the contents in the memory of the host.
            contents: the same on the devices.
            planes: as for `stylizer.stylize`.
            strength: from 0 to 1.
        """
        if strength >= 1:
            return None
        key = self._fast.network, _digest(stack), _digest(planes)
        own = _content_statistics.get(key)
        if own is None:
            own = stylizer.content_statistics(self._network, contents, planes)
            _keep(_content_statistics, key, own, MOST_STATISTICS_BYTES)
        return own

    def _in_tiles(
        self, pairs: list[tuple[RGB, StyleCode]], strength: float, planes: Planes, seed: int
    ) -> Iterator[RGB]:
        """Stylize large images one after the other, tile by tile."""
        make_room(("fast tiles", pairs[0][0].shape, planes.shape))
        for content, code in pairs:
            yield tiling.stylize_in_tiles(
                self._network, self._fast.parameters, content, code, strength, seed, planes, TILE
            )


def _keep(kept: dict[_Key, _Kept], key: _Key, value: _Kept, most_bytes: float) -> None:
    """Keep a pytree of arrays, and forget the oldest ones that then are too many."""
    kept[key] = value
    sizes = {each: sum(leaf.nbytes for leaf in jax.tree.leaves(other)) for each, other in [*kept.items()]}
    total = sum(sizes.values())
    for each in [*sizes][:-1]:
        if total <= most_bytes:
            break
        kept.pop(each, None)
        total -= sizes[each]


def _digest(array: np.ndarray) -> str:
    """Return a hash of an array's shape and values."""
    return hashlib.blake2b(repr(array.shape).encode() + array.tobytes()).hexdigest()
