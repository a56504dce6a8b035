"""Many pictures at once: finished pictures per minute, and how far they are from the same painted alone."""

import dataclasses
import time
from typing import NamedTuple

import nst_jax
from nst_jax import images
from nst_jax.images.picture import RGB
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.pyramid import scales
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import LAYERS, stride


class Row(NamedTuple):
    """One case.

    Attributes:
        network: what was measured.
        size: of the square pictures.
        pictures: painted at once.
        pictures_per_minute: with all scales of the recipe, compiled before.
        gigaflops: operations per second that the convolutions come to, as plain sums have them.
        difference: the largest of a picture from the same painted alone, after five steps at full size.
    """

    network: str
    size: int
    pictures: int
    pictures_per_minute: float
    gigaflops: float
    difference: float


def measure(name: str, weights: NetworkWeights, parts: list[RGB], style: RGB, recipe: Recipe) -> Row:
    """Paints all parts, square pictures of one size, at once."""
    five = dataclasses.replace(recipe, steps=5, scales=1)
    alone = nst_jax.stylize(parts[0], style, five, network=weights).picture
    first = nst_jax.stylize_batch(parts, style, five, network=weights)[0]
    nst_jax.stylize_batch(parts, style, recipe, network=weights, steps=1)
    began = time.perf_counter()
    nst_jax.stylize_batch(parts, style, recipe, network=weights)
    seconds = time.perf_counter() - began
    size = recipe.size
    sizes = scales(size, size, recipe)
    pixels = len(parts) * sum(
        scale.pixels * steps for scale, steps in zip(sizes, recipe.steps_at(len(sizes)), strict=True)
    )
    rate = pixels * operations_per_pixel(weights, recipe.layers) / seconds
    difference = float(abs(first.picture - alone).max())
    return Row(name, size, len(parts), 60 * len(parts) / seconds, rate / 1e9, difference)


def square_parts(content: RGB, count: int, size: int) -> list[RGB]:
    """So many square parts of a picture, each another one, of the size."""
    side = min(size, *content.shape[:2])
    free = [extent - side for extent in content.shape[:2]]
    places = [[number * extent // count for extent in free] for number in range(count)]
    return [images.resize(content[top : top + side, left : left + side], size, size) for top, left in places]


def operations_per_pixel(weights: NetworkWeights, layers: tuple[str, ...]) -> float:
    """Of the convolutions, forward and for the gradient of the picture: two for each multiplication and addition."""
    deepest = max(LAYERS.index(layer) for layer in layers)
    convolutions = [(name, weights.convolutions[name][0]) for name in LAYERS[:deepest] if name in weights.convolutions]
    return sum(2 * 2 * kernel.size / stride(name) ** 2 for name, kernel in convolutions)
