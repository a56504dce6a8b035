"""Pictures per second on an accelerator: both networks and the fast one, by size and batch, and against PyTorch."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import nst_jax
from benchmarks.batches import operations, square_parts
from nst_jax.images.picture import RGB
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.recipe import Recipe

FAST = "fast"
# Floating-point operations per second, in 10^12, that cards can do at most, by a part of jax's name of the device: of
# dense products of float32 in the form that XLA uses by default, TF32 where the card has it. From the makers' data
# sheets.
PEAK_TERAFLOPS = {
    "H100": 495.0,
    "H200": 495.0,
    "A100": 156.0,
    "L40S": 183.0,
    "L4": 60.0,
    "A10": 62.5,
    "V100": 15.7,
    "T4": 8.1,
}


class Row(NamedTuple):
    """The results of one case.

    Attributes:
        method: "fast", or the name of the network of an optimization.
        size: side of the square pictures in pixels.
        batch: the number of pictures at once.
        pictures_per_second: finished pictures per second with all steps of the recipe, compilation excluded; None if
            the memory is too small.
        teraflops: floating-point operations per second of the convolutions, in 10^12; None for the fast network.
        share_of_peak: that, divided by what the card can do at most; None if that is not known.
        torch_ratio: evaluations per second of ours, divided by those of PyTorch on the same card; None without it.
    """

    method: str
    size: int
    batch: int
    pictures_per_second: float | None
    teraflops: float | None
    share_of_peak: float | None
    torch_ratio: float | None


def measure(
    method: str,
    weights: NetworkWeights,
    parts: list[RGB],
    style: RGB,
    recipe: Recipe,
    peak: float | None,
    ratio_to_torch: Callable[[int, int], float] | None = None,
) -> Row:
    """Stylize pictures in one batch, three times, and take the shortest time.

    Args:
        method: "fast", or the name of the network.
        weights: the network; not used by the fast one.
        parts: the contents, square pictures of one size.
        style: the style picture.
        recipe: the settings.
        peak: what the card can do at most, in 10^12 operations per second.
        ratio_to_torch: returns the ratio to PyTorch, by the number and the size of the pictures.
    """
    size, count = recipe.size, len(parts)
    used = Recipe(fast=True, size=size) if method == FAST else recipe
    network = None if method == FAST else weights
    try:
        seconds = min(_seconds(parts, style, used, network) for _ in range(3))
    except nst_jax.InputError as error:
        if "memory" not in str(error):
            raise
        return Row(method, size, count, None, None, None, None)
    flops = None if network is None else operations(network, used) * count / seconds / 1e12
    share = flops / peak if flops is not None and peak else None
    ratio = ratio_to_torch(count, size) if ratio_to_torch and network is not None else None
    return Row(method, size, count, count / seconds, flops, share, ratio)


def peak_of(device_kind: str) -> float | None:
    """Return what a card can do at most, in 10^12 operations per second; None for one that is not in the table."""
    # The longest name first, since "L4" is a part of "L40S".
    for name in sorted(PEAK_TERAFLOPS, key=len, reverse=True):
        if name in device_kind:
            return PEAK_TERAFLOPS[name]
    return None


def contents(content: RGB, count: int, size: int) -> list[RGB]:
    """Return different square pictures of one size."""
    return [np.ascontiguousarray(part) for part in square_parts(content, count, size)]


def _seconds(parts: list[RGB], style: RGB, recipe: Recipe, network: NetworkWeights | None) -> float:
    began = time.perf_counter()
    nst_jax.stylize_batch(parts, style, recipe, network=network)
    return time.perf_counter() - began
