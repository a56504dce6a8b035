"""Too large a picture for the memory: said beforehand where it can be known, and in a sentence where it happens."""

import contextlib
import os
from collections.abc import Iterator, Sequence

import jax

from nst_jax.errors import InputError
from nst_jax.layers import LAYERS, stride
from nst_jax.weights import NetworkWeights


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


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns running out of memory into an InputError of one sentence."""
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if not is_used_up(error):
            raise
        raise InputError("The memory is used up; give a smaller --size.") from error


def is_used_up(error: Exception) -> bool:
    """Whether an error says that the host's or the device's memory is used up."""
    text = str(error)
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text or "out of memory" in text.lower()


def memory_bytes() -> int:
    """Of the device; on a CPU, the machine's."""
    statistics = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in statistics:
        return statistics["bytes_limit"]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
