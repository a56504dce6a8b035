"""The networks and pictures that are measured with."""

import dataclasses
from pathlib import Path

import numpy as np

from nst_jax import images
from nst_jax.files import bundled_dir
from nst_jax.images.picture import RGB
from nst_jax.networks.weights import NetworkWeights, load_network
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.vgg_layers import VGG19_WIDTHS, block_of

FULL_WIDTH, WIDENED = "full-width", "widened"


def network(name: str) -> NetworkWeights:
    """By name or path, as `--network` has it, or one of two that are as fast as the pretrained VGG-19.

    "full-width" has random filters. "widened" has the losses of the embedded network: with random filters an
    optimization is over much sooner than with filters that were learnt.
    """
    if name == FULL_WIDTH:
        return random_network(VGG19_WIDTHS)
    return widened(load_network("embedded")) if name == WIDENED else load_network(name)


def widened(weights: NetworkWeights) -> NetworkWeights:
    """A narrow network in VGG-19's width: the channels that are added do nothing, and relative losses stay the same."""
    convolutions, width = {}, 3
    for name, (kernel, bias) in weights.convolutions.items():
        inputs, width = width, VGG19_WIDTHS[block_of(name) - 1]
        added = width - kernel.shape[3]
        wide = np.pad(kernel, [(0, 0), (0, 0), (0, inputs - kernel.shape[2]), (0, added)])
        convolutions[name] = (wide, np.pad(bias, (0, added)))
    return dataclasses.replace(weights, name=f"{weights.name}, widened", convolutions=convolutions)


def sample_paths() -> tuple[Path, Path]:
    """A content and a style picture that come with the program."""
    return bundled_dir("examples") / "astronaut.png", bundled_dir("examples") / "night-swirls.jpg"


def samples() -> tuple[RGB, RGB]:
    """The same, read."""
    content, style = (images.read(path).rgb for path in sample_paths())
    return content, style
