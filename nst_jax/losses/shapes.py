"""Checks of the shapes of arguments. They run while a program is traced, not when it is executed."""

from typing import Any

import jax.numpy as jnp

BATCH_HINT = "A batch is handled by jax.vmap."


def check_features(features: Any, guide: Any = None) -> None:
    """Check that features are those of one image, and that a guide has a weight for each of their positions.

    Args:
        features: an array that should be (height, width, channels).
        guide: an array that should be (height, width), or None.

    Raises:
        ValueError: if a shape is another one.
    """
    shape = jnp.shape(features)
    if len(shape) != 3:
        raise ValueError(f"Features have the shape (height, width, channels), not {shape}. {BATCH_HINT}")
    if guide is not None and jnp.shape(guide) != shape[:2]:
        raise ValueError(
            f"A guide for features of shape {shape} has the shape {shape[:2]}, not {jnp.shape(guide)}; there is one "
            "guide for each region."
        )


def check_matrix(name: str, matrix: Any) -> None:
    """Check that a Gram matrix or a covariance is square.

    Args:
        name: what it is, at the beginning of the message.
        matrix: an array that should be (channels, channels).

    Raises:
        ValueError: if the shape is another one.
    """
    shape = jnp.shape(matrix)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"{name} has the shape (channels, channels), not {shape}. {BATCH_HINT}")


def check_same(name: str, value: Any, target: Any) -> None:
    """Check that a value and its target have one shape; NumPy's rules would broadcast one of them without a word.

    Args:
        name: what they are, at the beginning of the message, in the plural.
        value: an array of the image that is optimized.
        target: the array that it is compared with.

    Raises:
        ValueError: if the shapes differ.
    """
    if jnp.shape(value) != jnp.shape(target):
        raise ValueError(
            f"{name} of {jnp.shape(value)} and of {jnp.shape(target)} cannot be compared; both must come from the same "
            "layer, and features from images of one size."
        )


def check_channels(name: str, *vectors: Any) -> None:
    """Check that statistics are vectors with one entry for each channel.

    Args:
        name: what they are, at the beginning of the message, in the plural.
        vectors: arrays that should be (channels,), of one length.

    Raises:
        ValueError: if a shape is another one.
    """
    shapes = [jnp.shape(vector) for vector in vectors]
    if any(len(shape) != 1 for shape in shapes) or len(set(shapes)) > 1:
        found = ", ".join(map(str, shapes))
        raise ValueError(
            f"{name} have the shape (channels,) with the same number of channels, not {found}. {BATCH_HINT}"
        )
