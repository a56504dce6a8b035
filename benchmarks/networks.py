"""The networks and images used by the benchmarks."""

import dataclasses
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from nst_jax import images
from nst_jax.files import bundled_dir
from nst_jax.images.picture import RGB
from nst_jax.networks.weights import NetworkWeights, load_network
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.vgg_layers import VGG19_WIDTHS, block_of

FULL_WIDTH, WIDENED = "full-width", "widened"
# An option of a command that names a network.
Name = Annotated[str, tyro.conf.arg(metavar="NETWORK")]


def network(name: str) -> NetworkWeights:
    """Load a network by name or path, or make one that is as fast as the pretrained VGG-19.

    Args:
        name: a name or path as for `--network`; "full-width" for VGG-19 with random filters; or "widened" for the
            embedded network in VGG-19's width. The latter has the losses of a trained network, while an optimization
            with random filters converges much sooner than with trained ones.
    """
    if name == FULL_WIDTH:
        return random_network(VGG19_WIDTHS)
    return widened(load_network("embedded")) if name == WIDENED else load_network(name)


def widened(weights: NetworkWeights) -> NetworkWeights:
    """Pad a narrow network to VGG-19's width with channels of zeros, which leave relative losses nearly unchanged.

    Losses of Gram matrices stay the same. Wasserstein distances change by less than a thousandth: the variance of the
    added channels is the constant that is added to every variance.
    """
    convolutions, width = {}, 3
    for name, (kernel, bias) in weights.convolutions.items():
        inputs, width = width, VGG19_WIDTHS[block_of(name) - 1]
        padding = width - kernel.shape[3]
        wide = np.pad(kernel, [(0, 0), (0, 0), (0, inputs - kernel.shape[2]), (0, padding)])
        convolutions[name] = (wide, np.pad(bias, (0, padding)))
    return dataclasses.replace(weights, name=f"{weights.name}, widened", convolutions=convolutions)


def sample_paths() -> tuple[Path, Path]:
    """Return the paths of a content and a style image that come with the package."""
    return bundled_dir("examples") / "astronaut.png", bundled_dir("examples") / "night-swirls.jpg"


def samples() -> tuple[RGB, RGB]:
    """Read the sample content and style images, (height, width, 3) in [0, 1]."""
    content, style = (images.read(path).rgb for path in sample_paths())
    return content, style
