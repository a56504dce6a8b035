"""Parameters of a decoder that change pictures visibly, without a training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import decoder
from nst_jax.fast.decoder import Parameters
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import NetworkWeights


def lively(channels: dict[str, int], vector_length: int, output: float = 5) -> Parameters:
    """Draw parameters with a modulation that follows the style and an output that is clearly seen.

    Args:
        channels: of the layers that the decoder reads.
        vector_length: of the style codes.
        output: how much larger the output is than at the start of a training.
    """
    parameters = decoder.random_parameters(channels, vector_length, 1)
    generator = np.random.default_rng(0)
    parameters["modulation"] = jax.tree.map(
        lambda leaf: jnp.asarray(generator.normal(size=leaf.shape) * 0.05, jnp.float32), parameters["modulation"]
    )
    parameters["output"]["kernel"] *= output
    return parameters


@pytest.fixture(scope="session")
def network(tiny_network: NetworkWeights) -> VGG:
    """The tiny network as the fast network uses it."""
    return VGG.of(tiny_network, padding="edges")


@pytest.fixture(scope="session")
def parameters(tiny_network: NetworkWeights) -> Parameters:
    """Parameters for the tiny network."""
    widths = {name: bias.size for name, (_, bias) in tiny_network.convolutions.items()}
    channels = {layer: widths[layer.replace("relu", "conv")] for layer in decoder.ENTRANCES.values()}
    return lively(channels, 2 * sum(widths[f"conv{block}_1"] for block in range(1, 6)), output=2)
