"""Masks as they are handed over: images, boolean arrays and arrays of labels."""

import dataclasses

import numpy as np

from nst_jax.errors import InputError
from nst_jax.images.arrays import as_array, channels_last, is_array
from nst_jax.images.masks import BLACK, MAX_REGIONS
from nst_jax.images.picture import Picture
from nst_jax.images.reading import Source, read

MAX_LABEL = 255
# Gray levels below this count as black, so labels below it are shown as dark blues.
FIRST_GRAY = BLACK // 3


def read_mask(source: Source) -> Picture:
    """Read a mask.

    Args:
        source: what `images.read` takes, or an array of booleans or integers, (height, width), with further axes of 1
            or without. Integers of at most 8 different values besides 0 are labels: each is a region, the same in all
            masks, and 0 is none. Transparent parts belong to no region.

    Returns:
        The mask as an opaque image. A label of 8 or more is the gray of that value, as in an image of 8 bits; a smaller
        one is a dark blue, because such grays count as black. Higher labels are brighter.

    Raises:
        InputError: as `images.read`, or for labels that are too many, negative, or above 255.
    """
    if is_array(source):
        array = as_array(source)
        labels = _labels(array)
        picture = read(array) if labels is None else Picture(_colors(labels))
    else:
        picture = read(source)
    if picture.alpha is None:
        return picture
    return dataclasses.replace(picture, rgb=picture.solid * picture.alpha[..., None], alpha=None)


def _labels(array: np.ndarray) -> np.ndarray | None:
    """Return the labels that an array holds, (height, width); None if it is an image."""
    if array.dtype.kind not in "bui" or array.ndim not in (2, 3, 4):
        return None
    plane = channels_last(array)
    if plane.shape[2] != 1:
        return None
    plane = plane[..., 0].astype(np.int64)
    is_few = len(np.unique(plane)) <= MAX_REGIONS + 1
    if is_few and plane.min() >= 0 and plane.max() <= MAX_LABEL:
        return plane
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        return None
    raise InputError(
        f"A mask of integers must hold at most {MAX_REGIONS} different labels from 1 to {MAX_LABEL}, and 0 for none; "
        "give such labels, or a picture of uint8."
    )


def _colors(labels: np.ndarray) -> np.ndarray:
    """Return the color of each label, (height, width, 3) float32 in [0, 1]."""
    gray = np.where(labels < FIRST_GRAY, 0, labels)
    blue = np.where((labels > 0) & (labels < FIRST_GRAY), BLACK + labels, gray)
    return (np.stack([gray, gray, blue], axis=2) / np.float32(255)).astype(np.float32)
