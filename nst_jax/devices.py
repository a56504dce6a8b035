"""The device that jax computes on, and its memory; jax is imported only when one of the functions is called."""

import contextlib
import os
from collections.abc import Iterator

from nst_jax.errors import InputError


def has_accelerator() -> bool:
    """Return whether jax computes on a GPU or TPU."""
    import jax

    return jax.default_backend() != "cpu"


@contextlib.contextmanager
def out_of_memory_as_input_error() -> Iterator[None]:
    """Convert an out-of-memory error within the context into an `InputError`."""
    import jax

    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise InputError("The memory is used up; give a smaller --size.") from error


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error reports that the memory of the host or of the device is exhausted."""
    text = str(error)
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text or "out of memory" in text.lower()


def memory_bytes() -> int:
    """Return the memory of the first device in bytes; on a CPU, the physical memory of the machine."""
    import jax

    statistics = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in statistics:
        return statistics["bytes_limit"]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
