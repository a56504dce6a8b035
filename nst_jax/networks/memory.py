"""The memory that the network's activations need, and a check before the run that they fit."""

from collections.abc import Sequence

from nst_jax.devices import memory_bytes
from nst_jax.errors import InputError
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.vgg_layers import LAYERS, stride


def check_memory(network: NetworkWeights, layers: Sequence[str], height: int, width: int) -> None:
    """Check that the activations for an image fit in memory.

    The activations are a lower bound of the required memory: a refused image cannot be processed, while an accepted one
    may still run out of memory. The check comes first, because on a CPU the operating system kills a process that uses
    too much memory without any message.

    Args:
        network: the parameters, which determine the number of channels.
        layers: names of the layers that the objective uses.
        height: the height of the image in pixels.
        width: the width of the image in pixels.

    Raises:
        InputError: if they do not fit; the message gives both sizes and the remedy.
    """
    needed, limit = activation_bytes(network, layers, height, width), memory_bytes()
    if needed > limit:
        raise InputError(
            f"A picture of {width}x{height} pixels needs more than {needed / 1e9:.0f} GB of memory, and there are "
            f"{limit / 1e9:.0f} GB; give a smaller --size."
        )


def activation_bytes(network: NetworkWeights, layers: Sequence[str], height: int, width: int) -> int:
    """Count the bytes of the float32 outputs of all convolutions up to the deepest of the given layers.

    The outputs of all these convolutions are in memory at the same time, because the gradient is computed from them.

    Args:
        network: the parameters, which determine the number of channels.
        layers: names of the layers that the objective uses; 0 bytes if there are none.
        height: the height of the image in pixels.
        width: the width of the image in pixels.
    """
    deepest = max((LAYERS.index(layer) for layer in layers), default=-1)
    return sum(
        4 * (height // stride(name)) * (width // stride(name)) * network.convolutions[name][1].size
        for name in LAYERS[: deepest + 1]
        if name in network.convolutions
    )
