"""A VGG-19 with random filters, by default a quarter as wide.

He, Wang & Hopcroft 2016 (arXiv:1606.04801) show that style transfer works even with random filters. The network serves
as a baseline for trained networks and as the initialization of training.
"""

from collections.abc import Mapping

import numpy as np

from nst_jax.networks.weights.parameters import NetworkWeights
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, VGG19_WIDTHS, block_of

QUARTER_WIDTHS = tuple(width // 4 for width in VGG19_WIDTHS)


def random_network(
    widths: tuple[int, ...] = QUARTER_WIDTHS, seed: int = 0, exceptions: Mapping[str, int] | None = None
) -> NetworkWeights:
    """Draw kernels from a normal distribution of variance 2 / (9 * input channels) (He et al. 2015); biases are zero.

    Args:
        widths: the number of channels of each of the five blocks.
        seed: the same seed gives the same filters on every machine and with every numpy version (a frozen generator).
        exceptions: the number of channels of single convolutions, by name, if it differs from that of their block.
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
