"""The memory that a run needs, estimated before it begins.

The estimates are for the peak of the whole process. They are made of counts of arrays, and of factors that were
measured (`docs/project/performance.md`).
"""

from nst_jax.devices import has_accelerator
from nst_jax.networks.memory import activation_bytes
from nst_jax.networks.vgg import WIDE
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.jitter import OFFSETS
from nst_jax.objective.tile_grid import Segment, make_grid, segments
from nst_jax.recipes.phases import phases
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.vgg_layers import block_of, stride

# What a process takes without any images: libraries and compiled programs, in bytes.
BASE = 530_000_000
# Bytes for each pixel of a content or style as it was read: that image and its recolored copy.
READ_BYTES = 24
# Memory of the gradient of a segment, as a multiple of its activations: the first segment, the second, and the second
# with Winograd's algorithm.
SHALLOW, DEEP, WINOGRAD = 2.8, 1.4, 2.2
# The size of a kernel of 6x6, transformed for Winograd's algorithm, relative to that of 3x3.
TRANSFORMED = 4
# The number of images, of 12 bytes for each pixel, that a run holds besides the optimizer's history: the content and
# the style in their sizes, the state, the gradient, and what a step of the optimizer computes. In tiles they are fewer,
# because freed memory is given back.
IMAGES, IMAGES_IN_TILES = 24, 10


def estimated_bytes(
    weights: NetworkWeights,
    recipe: Recipe,
    size: Scale,
    tile: int | None,
    examples: int = 1,
    *,
    recompute: bool = False,
    read: int = 0,
) -> int:
    """Estimate the peak memory of a run at one scale.

    Args:
        weights: the network's parameters.
        recipe: the settings.
        size: the size of the image.
        tile: the side of the tiles in pixels; None for the whole image.
        examples: the number of images that one device optimizes at the same time.
        recompute: whether the content's features are computed anew in each step with jitter.
        read: the number of pixels of all contents and styles, as they were read.
    """
    pixel = 4 * 3
    images = ((IMAGES if tile is None else IMAGES_IN_TILES) + _history(recipe)) * pixel * size.pixels
    offsets = 1
    if recipe.jitter_fraction > 0:
        # In tiles, the features at two more offsets are in memory while those at all offsets are computed in turn.
        offsets += 1 if recompute else len(OFFSETS) + (0 if tile is None else 2)
    content = offsets * _feature_bytes(weights, recipe, size)
    parts = segments(recipe.layers)
    if tile is None:
        # On a CPU, examples are evaluated one after the other.
        together = examples if has_accelerator() else 1
        evaluation = together * sum(_segment_bytes(weights, recipe, part, *size) for part in parts)
    else:
        grids = [make_grid(part, *size, tile) for part in parts]
        windows = [
            _segment_bytes(weights, recipe, part, grid.height * part.stride, grid.width * part.stride)
            for part, grid in zip(parts, grids, strict=True)
        ]
        # The output of the first segment, and the gradient with respect to it.
        between = [2 * _map_bytes(weights, part.output, size) for part in parts if part.output is not None]
        evaluation = max(windows, default=0) + examples * sum(between)
    return BASE + _network_bytes(weights, recipe) + READ_BYTES * read + examples * (images + content) + evaluation


def _history(recipe: Recipe) -> int:
    """Return the number of images in the optimizer's history."""
    uses_lbfgs = recipe.optimizer != "adam" and any(
        not phase.jitter for phase in phases(recipe, recipe.main_steps, is_last_scale=True)
    )
    return 2 * recipe.lbfgs_memory if uses_lbfgs else 2


def _feature_bytes(weights: NetworkWeights, recipe: Recipe, size: Scale) -> int:
    layers = recipe.content_layers if term_weights(recipe).content > 0 else ()
    return sum(_map_bytes(weights, layer, size) for layer in layers)


def _map_bytes(weights: NetworkWeights, layer: str, size: Scale) -> int:
    """Return the bytes of a layer's activations; 0 for a layer that the network does not have."""
    convolution = weights.convolutions.get(f"conv{block_of(layer)}_1")
    side = stride(layer)
    positions = (size.height // side) * (size.width // side)
    return 0 if convolution is None else 4 * positions * convolution[1].size


def _segment_bytes(weights: NetworkWeights, recipe: Recipe, part: Segment, height: int, width: int) -> int:
    """Return the memory of the gradient of a segment for an image, or a window, of the given size in pixels."""
    own = activation_bytes(weights, part.taps, height, width)
    if part.after is not None:
        own -= activation_bytes(weights, (part.after,), height, width)
    factor = SHALLOW if part.after is None else WINOGRAD if _has_winograd(weights, recipe) else DEEP
    return int(factor * own)


def _network_bytes(weights: NetworkWeights, recipe: Recipe) -> int:
    """Return the memory of the kernels: as read, on the device, and transformed for Winograd's algorithm."""
    copies = 2 + (TRANSFORMED if _has_winograd(weights, recipe) else 0)
    return copies * sum(kernel.nbytes for kernel, _ in weights.convolutions.values())


def _has_winograd(weights: NetworkWeights, recipe: Recipe) -> bool:
    """Return whether `build_network` takes Winograd's algorithm."""
    is_wide = weights.convolutions["conv1_1"][1].size >= WIDE
    return recipe.convolution == "winograd" or (recipe.convolution == "auto" and not has_accelerator() and is_wide)
