"""A VGG-19 of a quarter of the width with random filters.

He, Wang & Hopcroft 2016 (arXiv:1606.04801) show that style transfer works even with random filters: something to
compare trained networks with, and to begin training from.
"""

from collections.abc import Mapping

import numpy as np

from nst_jax.networks.weights.parameters import NetworkWeights
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, VGG19_WIDTHS, block_of

QUARTER_WIDTHS = tuple(width // 4 for width in VGG19_WIDTHS)


def random_network(
    widths: tuple[int, ...] = QUARTER_WIDTHS, seed: int = 0, exceptions: Mapping[str, int] | None = None
) -> NetworkWeights:
    """Kernels drawn from a normal distribution of variance 2 / (9 in) (He et al. 2015), zero biases.

    Args:
        widths: channels of the five blocks.
        seed: the same seed gives the same filters on every machine and numpy version (a frozen generator).
        exceptions: channels of single convolutions, by name, where they differ from their block's.
    """
    generator = np.random.RandomState(seed)
    convolutions = {}
    channels = 3
    for name in CONVOLUTIONS:
        width = (exceptions or {}).get(name, widths[block_of(name) - 1])
        kernel = generator.standard_normal((3, 3, channels, width)) * np.sqrt(2 / (9 * channels))
        convolutions[name] = (kernel.astype(np.float32), np.zeros(width, np.float32))
        channels = width
    return NetworkWeights(f"random-filter VGG-19 (seed {seed})", convolutions, "torchvision")
