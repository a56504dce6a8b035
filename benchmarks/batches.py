"""Throughput of batches: finished images per minute, and the difference from the same images stylized one by one."""

import dataclasses
import time
from typing import NamedTuple

import nst_jax
from nst_jax import images
from nst_jax.engine.preprocess import computed_scales
from nst_jax.images.picture import RGB
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import LAYERS, stride


class Row(NamedTuple):
    """The results of one case.

    Attributes:
        network: name of the network.
        size: side of the square images in pixels.
        pictures: number of images stylized at once.
        pictures_per_minute: finished images per minute, with all scales of the recipe, compilation excluded.
        gigaflops: billions of floating-point operations per second, counting only the operations of direct convolutions
            (see `operations_per_pixel`).
        difference: largest absolute difference between the first image of the batch and the same image stylized alone,
            after five steps at full size.
    """

    network: str
    size: int
    pictures: int
    pictures_per_minute: float
    gigaflops: float
    difference: float


def measure(name: str, weights: NetworkWeights, parts: list[RGB], style: RGB, recipe: Recipe) -> Row:
    """Stylize images in one batch and measure the throughput.

    Args:
        name: name of the network, for the table.
        weights: the network.
        parts: the contents, square images of one size.
        style: the style image.
        recipe: the settings.
    """
    five = dataclasses.replace(recipe, steps=5, scales=1)
    alone = nst_jax.stylize(parts[0], style, five, network=weights).picture
    first = nst_jax.stylize_batch(parts, style, five, network=weights)[0]
    nst_jax.stylize_batch(parts, style, recipe, network=weights, steps=1)
    began = time.perf_counter()
    nst_jax.stylize_batch(parts, style, recipe, network=weights)
    seconds = time.perf_counter() - began
    rate = len(parts) * operations(weights, recipe) / seconds
    difference = float(abs(first.picture - alone).max())
    return Row(name, recipe.size, len(parts), 60 * len(parts) / seconds, rate / 1e9, difference)


def square_parts(content: RGB, count: int, size: int) -> list[RGB]:
    """Cut the given number of different squares out of an image and resize them.

    Args:
        content: the image.
        count: the number of squares.
        size: side of the results in pixels.
    """
    side = min(size, *content.shape[:2])
    free = [extent - side for extent in content.shape[:2]]
    places = [[number * extent // count for extent in free] for number in range(count)]
    return [images.resize(content[top : top + side, left : left + side], size, size) for top, left in places]


def operations(weights: NetworkWeights, recipe: Recipe) -> float:
    """Count the floating-point operations of the convolutions for one square picture, over all its scales and steps."""
    sizes = computed_scales((recipe.size, recipe.size), recipe)
    pixels = sum(scale.pixels * steps for scale, steps in zip(sizes, recipe.steps_at(sizes), strict=True))
    return pixels * operations_per_pixel(weights, recipe.layers)


def operations_per_pixel(weights: NetworkWeights, layers: tuple[str, ...]) -> float:
    """Count the floating-point operations of the convolutions for one evaluation, per pixel of the image.

    The forward pass and the gradient with respect to the image are counted, with two operations for each multiply-add.

    Args:
        weights: the network.
        layers: the layers in use; the network is evaluated up to the deepest of them.
    """
    deepest = max(LAYERS.index(layer) for layer in layers)
    convolutions = [(name, weights.convolutions[name][0]) for name in LAYERS[:deepest] if name in weights.convolutions]
    return sum(2 * 2 * kernel.size / stride(name) ** 2 for name, kernel in convolutions)
