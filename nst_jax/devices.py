"""The device that jax computes on, and its memory; jax is imported only when one of the functions is called."""

import contextlib
import os
import types
from collections.abc import Callable, Iterator
from pathlib import Path

from nst_jax.errors import InputError

# The files in which Linux says how much memory a container may use, in both versions of its control groups.
CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def usable_cores() -> list[int]:
    """Return the processor cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def load_jax() -> types.ModuleType:
    """Import jax and return it.

    Raises:
        InputError: when jax is missing, its installation is incomplete or broken, or one of its environment variables
            has an invalid value.
    """
    try:
        import jax
    except (ImportError, RuntimeError, ValueError) as error:
        raise InputError(
            f"jax cannot be loaded: {_one_line(error)}; correct that setting, or install jax again."
        ) from error
    return jax


def current_platform() -> str:
    """Return the platform that jax computes on, such as "cpu", "gpu" or "tpu".

    Raises:
        InputError: when there is no device of the platforms that JAX_PLATFORMS asks for, or no device at all.
    """
    jax = load_jax()
    try:
        return jax.default_backend()
    # jax fails by an assertion if JAX_PLATFORMS names CUDA and there is no GPU.
    except (AssertionError, RuntimeError, ValueError) as error:
        # jax adds advice, which is ours to give.
        reason = _one_line(error).partition(" (set JAX_PLATFORMS")[0].partition(" (you may need")[0]
        asked_for = jax.config.values.get("jax_platforms")
        wanted = asked_for or os.environ.get("JAX_PLATFORM_NAME")
        if not wanted:
            raise InputError(
                f"jax finds no device to compute on ({reason}); set JAX_PLATFORMS=cpu to compute on the CPU."
            ) from error
        there = _usable_platforms()
        variable = "JAX_PLATFORMS" if asked_for else "JAX_PLATFORM_NAME"
        raise InputError(
            f"jax cannot compute on {wanted}, which {variable} asks for ({reason}); there is only "
            f"{' and '.join(there)}: set {variable}={there[0]}, or unset it to use the best one."
        ) from error


def _usable_platforms() -> list[str]:
    """Return the names of all platforms that have a device, as JAX_PLATFORMS takes them; forgets jax's devices."""
    import jax
    import jax.extend

    asked_for = jax.config.values.get("jax_platforms")
    update: Callable[[str, object], None] = jax.config.update
    forget: Callable[[], None] = jax.extend.backend.clear_backends
    update("jax_platforms", "")
    try:
        return sorted(jax.extend.backend.backends(), key=lambda each: each == "cpu")
    finally:
        update("jax_platforms", asked_for)
        # Otherwise jax would silently compute on what it has found now.
        forget()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or "no such device"


def has_accelerator() -> bool:
    """Return whether jax computes on a GPU or TPU.

    Raises:
        InputError: when jax has no device to compute on.
    """
    return current_platform() != "cpu"


def device_kinds() -> list[str]:
    """Return the kind of each device that a batch is divided among, such as "NVIDIA H100 80GB HBM3" or "cpu".

    Raises:
        InputError: when jax has no device to compute on.
    """
    current_platform()
    import jax

    return [device.device_kind for device in jax.local_devices()]


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
    """Return the memory of the first device in bytes; on a CPU, that of the machine or of the container it is in.

    Raises:
        InputError: when jax has no device to compute on.
    """
    current_platform()
    import jax

    statistics = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in statistics:
        return statistics["bytes_limit"]
    if hasattr(os, "sysconf"):
        return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_container_limits()])
    # Windows, where alone this package is installed.
    import psutil

    return int(psutil.virtual_memory().total)


def _container_limits() -> list[int]:
    """Return the limits that Linux sets to the memory of a container, in bytes; empty where there is none."""
    limits = []
    for path in CONTAINER_LIMITS:
        # The file is missing outside of Linux, and says "max" where there is no limit.
        with contextlib.suppress(OSError, ValueError):
            limits.append(int(path.read_text()))
    return limits
