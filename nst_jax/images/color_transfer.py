"""Color transfer: give the result the colors of the style or those of the content.

Gatys, Bethge, Hertzmann & Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer" (arXiv:1606.05897).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nst_jax.images.picture import RGB
from nst_jax.recipes.types import ColorMethod

# Added to the variances, so that the covariance of an image of a single color, or of grays, can be inverted.
EPSILON = 1e-5
# Weights of R, G and B in the luminance Y (ITU-R BT.601), as in the YIQ space of the paper.
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class ColorStatistics(NamedTuple):
    """A normal distribution of colors: mean of shape (3,) and covariance of shape (3, 3), float64."""

    mean: Float[np.ndarray, "3"]
    covariance: Float[np.ndarray, "3 3"]


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
    factor = _root if method == "match" else np.linalg.cholesky
    change = factor(other_covariance) @ np.linalg.inv(factor(covariance))
    return ((picture - mean) @ change.T + other_mean).astype(np.float32)


def transport_colors(picture: RGB, own: ColorStatistics, other: ColorStatistics) -> RGB:
    """Map the colors of an image by the optimal transport from one normal distribution to another.

    The map is linear, x -> A (x - m) + n with A = C^(-1/2) (C^(1/2) D C^(1/2))^(1/2) C^(-1/2), for means m, n and
    covariances C, D (Dowson & Landau 1982).

    Args:
        picture: (height, width, 3).
        own: the distribution of its colors, with mean m and covariance C.
        other: the distribution to map them to, with mean n and covariance D.

    Returns:
        The shape of `picture`, float32, not clipped.
    """
    root = _root(own.covariance)
    inverse = np.linalg.inv(root)
    change = inverse @ _root(root @ other.covariance @ root) @ inverse
    return ((picture - own.mean) @ change.T + other.mean).astype(np.float32)


def luminance(picture: RGB) -> Float[np.ndarray, "_ _"]:
    """Return the luminance, Y of YIQ: (height, width), in [0, 1] for an image in [0, 1]."""
    return picture @ _LUMINANCE


def gray(values: Float[np.ndarray, "_ _"]) -> RGB:
    """Return a gray image: the values in all three channels, (height, width, 3) float32."""
    return np.repeat(values[..., None], 3, axis=2).astype(np.float32)


def color_statistics(picture: RGB, weights: Float[np.ndarray, "_ _"] | None = None) -> ColorStatistics:
    """Compute the mean and covariance of an image's colors, with EPSILON added to the variances.

    Args:
        picture: (height, width, 3).
        weights: the weight of each pixel, (height, width), 0 or more; None, or zero throughout, means equal weights.
    """
    colors = picture.reshape(-1, 3).astype(np.float64)
    flat_weights = None if weights is None or not weights.any() else weights.reshape(-1).astype(np.float64)
    covariance = np.cov(colors.T, bias=True, aweights=flat_weights) + EPSILON * np.eye(3)
    return ColorStatistics(np.average(colors, axis=0, weights=flat_weights), covariance)


def _root(matrix: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T
