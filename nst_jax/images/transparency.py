"""Transparency: laying an image on white, and extending the colors of its visible pixels under the transparent ones."""

import numpy as np
from jaxtyping import Float
from PIL import Image

Pixels = Float[np.ndarray, "_ _ 3"]
Plane = Float[np.ndarray, "_ _"]

# Pixels of less opacity than this have no color of their own: 1/255 is the least that 8 bits can hold, and what such a
# pixel adds to any background is below what can be seen.
LEAST_ALPHA = 1.5 / 255


def on_white(rgb: Pixels, alpha: Plane | None) -> Pixels:
    """Lay an image on white.

    Args:
        rgb: (height, width, 3) in [0, 1], not multiplied by `alpha`.
        alpha: (height, width) in [0, 1]; None for an opaque image, which is returned as it is.
    """
    if alpha is None:
        return rgb
    return (rgb * alpha[..., None] + (1 - alpha[..., None])).astype(np.float32)


def solid_colors(flat: Pixels, alpha: Plane) -> Pixels:
    """Return the colors of an image without its transparency, extended to where it is transparent.

    A pixel at a soft edge keeps its own color, without the white that it was laid on, so that it shows no white when
    it is laid on another background. Transparent pixels get the colors of the visible pixels around them, the smoother
    the farther away these are.

    Args:
        flat: the image laid on white, (height, width, 3) float32 in [0, 1].
        alpha: (height, width) float32 in [0, 1].

    Returns:
        (height, width, 3) float32 in [0, 1]; white if no pixel is visible.
    """
    visible = alpha >= LEAST_ALPHA
    if not visible.any():
        return flat
    # Where a pixel is transparent, the quotient is not used, so any divisor will do.
    divisor = np.where(visible, alpha, 1)
    colors = [np.clip((plane - (1 - alpha)) / divisor, 0, 1) for plane in np.moveaxis(flat, -1, 0)]
    if visible.all():
        return np.stack(colors, axis=-1).astype(np.float32)
    weights = np.where(visible, alpha, 0).astype(np.float32)
    filled = (np.where(visible, plane, _fill(plane * weights, weights)) for plane in colors)
    return np.stack([*filled], axis=-1).astype(np.float32)


def _fill(weighted: Plane, weights: Plane) -> Plane:
    """Fill the pixels without weight from their neighbors: the pull-push algorithm (Gortler et al. 1996, section 3.4).

    Args:
        weighted: (height, width), values multiplied by their weights.
        weights: (height, width), 0 where there is no value.

    Returns:
        (height, width): the values; where there are none, those of the next coarser level, interpolated.
    """
    holes = weights <= 0
    values = weighted / np.where(holes, 1, weights)
    if not holes.any() or max(weights.shape) == 1:
        return values
    coarse = _fill(_halve(weighted), _halve(weights))
    height, width = weights.shape
    whole = Image.fromarray(coarse.astype(np.float32)).resize(
        (2 * coarse.shape[1], 2 * coarse.shape[0]), Image.Resampling.BILINEAR
    )
    return np.where(holes, np.asarray(whole)[:height, :width], values)


def _halve(plane: Plane) -> Plane:
    """Add up blocks of two by two pixels; a missing last row or column counts as zero."""
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)))
    return even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).sum((1, 3))
