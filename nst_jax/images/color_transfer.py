"""Color transfer: give the result the colors of the style or those of the content.

Gatys, Bethge, Hertzmann & Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer" (arXiv:1606.05897).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nst_jax.images.color_statistics import EPSILON, color_statistics, map_colors, symmetric_root
from nst_jax.images.picture import RGB
from nst_jax.recipes.types import ColorMethod

# Weights of R, G and B in the luminance Y (ITU-R BT.601), as in the YIQ space of the paper.
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class ColorInputs(NamedTuple):
    """A content and a style image, prepared for the network."""

    content: RGB
    style: RGB


def prepare_colors(content: RGB, style: RGB, method: ColorMethod) -> ColorInputs:
    """Prepare the colors of a content and a style image for a method of color transfer.

    Args:
        content: (height, width, 3) in [0, 1].
        style: (h, w, 3) in [0, 1], of any size.
        method: "style": both images unchanged;
            "match", "match-cholesky": the style recolored to the mean and covariance of the content's colors
            (section 3), clipped to [0, 1];
            "luminance": both images gray, the style with the mean and standard deviation of the content's luminance
            (section 4), clipped to [0, 1]; `restore_chroma` brings the colors back.

    Returns:
        Both images, float32, of their own shapes.
    """
    if method == "style":
        return ColorInputs(content, style)
    if method == "luminance":
        target, source = luminance(content), luminance(style)
        matched = (source - source.mean()) * target.std() / np.sqrt(source.var() + EPSILON) + target.mean()
        return ColorInputs(gray(target), np.clip(gray(matched), 0, 1))
    return ColorInputs(content, np.clip(match_color_statistics(style, content, method), 0, 1))


def restore_chroma(painted: RGB, content: RGB, method: ColorMethod) -> RGB:
    """Return a stylized image in its final colors.

    Args:
        painted: the stylized image, (height, width, 3).
        content: the content image, of the same shape.
        method: the method that `prepare_colors` was called with.

    Returns:
        With "luminance", the luminance of `painted` and the chroma of `content`, clipped to [0, 1]; else `painted`.
    """
    if method != "luminance":
        return painted
    # In YIQ, a change of Y adds the same amount to R, G and B.
    return np.clip(content + (luminance(painted) - luminance(content))[..., None], 0, 1)


def match_color_statistics(picture: RGB, other: RGB, method: ColorMethod = "match") -> RGB:
    """Map the colors of an image linearly to the mean and covariance of another image's colors.

    Args:
        picture: (height, width, 3).
        other: (h, w, 3), of any size.
        method: "match": by the square roots of both covariances, computed by PCA, which changes hues least (eq. 4);
            "match-cholesky": by their Cholesky factors (eq. 3).

    Returns:
        The shape of `picture`, float32, not clipped.
    """
    (mean, covariance), (other_mean, other_covariance) = color_statistics(picture), color_statistics(other)
    factor = symmetric_root if method == "match" else np.linalg.cholesky
    change = factor(other_covariance) @ np.linalg.inv(factor(covariance))
    return map_colors(picture, mean, change, other_mean)


def luminance(picture: RGB) -> Float[np.ndarray, "_ _"]:
    """Return the luminance, Y of YIQ: (height, width), in [0, 1] for an image in [0, 1]."""
    return picture @ LUMINANCE


def gray(values: Float[np.ndarray, "_ _"]) -> RGB:
    """Return a gray image: the values in all three channels, (height, width, 3) float32."""
    return np.repeat(values[..., None], 3, axis=2).astype(np.float32)
