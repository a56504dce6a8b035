"""Too large a picture for the memory: said beforehand where it can be known, and in a sentence where it happens."""

from collections.abc import Sequence

from nst_jax.devices import memory_bytes
from nst_jax.errors import InputError
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.vgg_layers import LAYERS, stride


def check_memory(network: NetworkWeights, layers: Sequence[str], height: int, width: int) -> None:
    """Refuses a picture whose activations alone, without anything else, do not fit.

    This is the least that can be needed: what passes may still run out of memory, what is refused never could have run.
    On a CPU the operating system kills a program that takes too much, without a word, so it is better said before.

    Raises:
        InputError: with the sizes, and what to do.
    """
    needed, limit = activation_bytes(network, layers, height, width), memory_bytes()
    if needed > limit:
        raise InputError(
            f"A picture of {width}x{height} pixels needs more than {needed / 1e9:.0f} GB of memory, and there are "
            f"{limit / 1e9:.0f} GB; give a smaller --size."
        )


def activation_bytes(network: NetworkWeights, layers: Sequence[str], height: int, width: int) -> int:
    """Bytes of the convolutions' float32 outputs up to the deepest layer, which the gradient needs all at once."""
    deepest = max((LAYERS.index(layer) for layer in layers), default=-1)
    return sum(
        4 * (height // stride(name)) * (width // stride(name)) * network.convolutions[name][1].size
        for name in LAYERS[: deepest + 1]
        if name in network.convolutions
    )
