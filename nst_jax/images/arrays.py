"""Arrays of any library as images: their axes, their types and their ranges."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from nst_jax.errors import InputError
from nst_jax.images.picture import Picture

CHANNELS = (1, 3, 4)
# Values this far outside of [0, 1] come from rounding and are clipped.
ROUNDING = 1e-5


@runtime_checkable
class SupportsArray(Protocol):
    """Anything that numpy can convert to an array, such as an array of jax."""

    def __array__(self) -> np.ndarray:
        """Return the values as a numpy array."""


def is_array(source: object) -> bool:
    """Tell whether an object is an array: of numpy, jax, PyTorch, or a buffer of several dimensions."""
    return isinstance(source, SupportsArray) or (isinstance(source, memoryview) and source.ndim > 1)


def as_array(source: Any) -> np.ndarray:
    """Convert an array of any library to numpy.

    Raises:
        InputError: when it cannot be converted, such as an array of jax that has been deleted, or when the order of a
            tensor's axes can be read in two ways.
    """
    try:
        # Tensors of PyTorch may be part of a graph or on a device. The package is recognized without importing it.
        if hasattr(source, "detach") and hasattr(source, "cpu"):
            _check_order(tuple(source.shape))
            source = source.detach().cpu()
            # numpy has no bfloat16, and PyTorch does not convert it.
            source = source.float() if str(source.dtype) == "torch.bfloat16" else source
            return np.asarray(source.numpy())
        return np.asarray(source)
    except InputError:
        raise
    except Exception as error:  # every library has its own errors
        raise InputError(
            f"The {type(source).__name__} cannot be converted to an array: {error}; give a numpy array."
        ) from error


def _check_order(shape: tuple[int, ...]) -> None:
    """Refuse a tensor of PyTorch whose first and last axes could both be the channels."""
    if len(shape) in (3, 4) and shape[-3] in CHANNELS and shape[-1] in CHANNELS:
        raise InputError(
            f"A tensor of the shape {shape} can be read in two ways; give a numpy array (height, width, channels)."
        )


def picture_of_array(array: np.ndarray, name: str = "array") -> Picture:
    """Make an image of an array.

    Args:
        array: (height, width), (height, width, 1, 3 or 4), or (1, 3 or 4, height, width), with a leading axis of 1 or
            without; uint8, uint16, or float in [0, 1].
        name: the name of the image.

    Raises:
        InputError: when shape, type or values are others.
    """
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        values = channels_last(array) / np.float32(np.iinfo(array.dtype).max)
    elif np.issubdtype(array.dtype, np.floating) or array.dtype.name == "bfloat16":
        values = channels_last(array)
    else:
        channels_last(array)
        raise InputError(
            f"A picture array must hold uint8, uint16 or floats in [0, 1], not {array.dtype}; convert it with "
            "array.astype('uint8') if its values are 0 to 255."
        )
    values = values.astype(np.float32)
    if not np.isfinite(values).all() or values.min() < -ROUNDING or values.max() > 1 + ROUNDING:
        raise InputError("A picture of floats must have finite values in [0, 1]; divide 0..255 values by 255.")
    values = np.clip(values, 0, 1)
    alpha = values[..., 3] if values.shape[2] == 4 else None
    colors = np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values[..., :3]
    return Picture.from_colors(colors, alpha, name)


def channels_last(array: np.ndarray) -> np.ndarray:
    """Bring the axes of an array into the order (height, width, channels).

    Raises:
        InputError: when the shape is not that of a single image, or can be read in two ways.
    """
    shape = array.shape
    if array.ndim == 4 and shape[0] > 1:
        raise InputError(f"An array of the shape {shape} holds {shape[0]} pictures; give one of them at a time.")
    array = array[0] if array.ndim == 4 and shape[0] == 1 else array
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or 0 in array.shape:
        raise InputError(f"A picture array must be (height, width, 3), not {shape}.")
    first, middle, last = array.shape
    # Arrays of PyTorch have their channels first.
    planar = first in CHANNELS and min(middle, last) > max(CHANNELS)
    if last in CHANNELS and not planar:
        return array
    if planar:
        return np.moveaxis(array, 0, -1)
    raise InputError(f"A picture array must be (height, width, 3), not {shape}.")
