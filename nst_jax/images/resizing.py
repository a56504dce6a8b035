"""Changes of an image's size: resampling, cropping, padding."""

import dataclasses

import numpy as np
from PIL import Image

from nst_jax.errors import InputError
from nst_jax.images.picture import RGB, Picture, Planes
from nst_jax.images.smoothing import blur
from nst_jax.recipes.types import Box, Resize


def resize(picture: Planes, height: int, width: int) -> Planes:
    """Resample an image with a Lanczos filter (area-aware when shrinking), and clip it to [0, 1].

    Args:
        picture: (h, w, 3), or (h, w) for transparency or a mask.
        height: the height of the result.
        width: the width of the result.
    """
    if picture.shape[:2] == (height, width):
        return picture
    if picture.ndim == 3:
        return np.stack([resize(plane, height, width) for plane in np.moveaxis(picture, -1, 0)], axis=-1)
    image = Image.fromarray(np.asarray(picture, np.float32))
    return np.clip(np.asarray(image.resize((width, height), Image.Resampling.LANCZOS)), 0, 1)


def enlarge_smoothly(picture: Planes, height: int, width: int) -> Planes:
    """Resample an image to a larger size, and blur it by a Gaussian whose deviation is half a pixel of the smaller one.

    A Lanczos filter alone keeps the noise of pixels at full strength, modulated with the period of the smaller image's
    grid; in even areas, this looks like bricks or canvas. The result is clipped to [0, 1].

    Args:
        picture: (h, w, 3), or (h, w).
        height: the height of the result.
        width: the width of the result.
    """
    enlarged = resize(picture, height, width)
    for axis, (new, old) in enumerate(zip((height, width), picture.shape[:2], strict=True)):
        enlarged = blur(enlarged, 0.5 * new / old, axis)
    return enlarged


def fitted_size(shape: tuple[int, ...], size: int, rule: Resize = "long") -> tuple[int, int]:
    """Return the height and width that an image gets when it is resized.

    Args:
        shape: the shape of the image, (height, width, ...).
        size: the size in pixels of the side that `rule` names; 0 keeps height and width.
        rule: the side that gets the size: "long" or "short", with the aspect ratio kept, or "squash" for both sides,
            which makes the image a square.

    >>> fitted_size((300, 400, 3), 200)
    (150, 200)
    >>> fitted_size((300, 400, 3), 200, "short")
    (200, 267)
    """
    height, width = shape[:2]
    if size == 0:
        return height, width
    if rule == "squash":
        return size, size
    scale = size / (max if rule == "long" else min)(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def pad_reflect(planes: Planes, height: int, width: int) -> Planes:
    """Pad an image, or its transparency, to a size by reflection at its right and lower edges."""
    border = ((0, height - planes.shape[0]), (0, width - planes.shape[1]), (0, 0))
    return np.pad(planes, border[: planes.ndim], mode="symmetric")


def shrink(picture: RGB, size: int) -> RGB:
    """Shrink an image so that its long side is at most `size` pixels; smaller images stay as they are."""
    return resize(picture, *fitted_size(picture.shape, min(size, max(picture.shape[:2]))))


def crop(picture: Picture, box: Box) -> Picture:
    """Crop an image to a box.

    Raises:
        InputError: when the box is not within the image.
    """
    height, width = picture.rgb.shape[:2]
    if box.left + box.width > width or box.top + box.height > height:
        raise InputError(
            f"The part {','.join(map(str, box))} reaches beyond {picture.name}, which has {width}x{height} pixels; "
            "give X,Y,W,H within it."
        )
    part = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    alpha = None if picture.alpha is None else picture.alpha[part]
    return dataclasses.replace(picture, rgb=np.ascontiguousarray(picture.rgb[part]), alpha=alpha)


def cover(picture: RGB, height: int, width: int) -> RGB:
    """Resize an image without distortion until it covers a shape, and crop what exceeds it evenly on both sides."""
    scale = max(height / picture.shape[0], width / picture.shape[1])
    tall, wide = max(height, round(picture.shape[0] * scale)), max(width, round(picture.shape[1] * scale))
    top, left = (tall - height) // 2, (wide - width) // 2
    return resize(picture, tall, wide)[top : top + height, left : left + width]
