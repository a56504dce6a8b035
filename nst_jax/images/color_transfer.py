"""Whose colors the painting has: the style's, or the content's.

Gatys, Bethge, Hertzmann & Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer" (arXiv:1606.05897).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nst_jax.images.picture import RGB
from nst_jax.recipes.types import ColorMethod

# Added to the variances, so that a picture of one color, or of grays, can be matched too.
EPSILON = 1e-5
# Of the luminance Y in RGB (ITU-R BT.601), as in the paper's YIQ.
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class ColorStatistics(NamedTuple):
    """A normal distribution of colors: mean (3,) and covariance (3, 3), float64."""

    mean: Float[np.ndarray, "3"]
    covariance: Float[np.ndarray, "3 3"]


class ColorInputs(NamedTuple):
    """A content and a style picture as the network is to see them."""

    content: RGB
    style: RGB


def prepare_colors(content: RGB, style: RGB, method: ColorMethod) -> ColorInputs:
    """The pictures with colors as the method wants them.

    Args:
        content: (height, width, 3) in [0, 1].
        style: the same, of any other size.
        method: "style": as they are;
            "match", "match-cholesky": the style recolored to the content's mean and covariance of colors (section 3),
            clipped to [0, 1];
            "luminance": both gray, the style with the content's mean and deviation of luminance (section 4); to be
            undone by `restore_chroma`.
    """
    if method == "style":
        return ColorInputs(content, style)
    if method == "luminance":
        own, theirs = luminance(content), luminance(style)
        matched = (theirs - theirs.mean()) * own.std() / np.sqrt(theirs.var() + EPSILON) + own.mean()
        return ColorInputs(gray(own), np.clip(gray(matched), 0, 1))
    return ColorInputs(content, np.clip(match_color_statistics(style, content, method), 0, 1))


def restore_chroma(painted: RGB, content: RGB, method: ColorMethod) -> RGB:
    """The painting in its final colors: with "luminance", its luminance and the content's chroma, clipped to [0, 1].

    Args:
        painted: (height, width, 3).
        content: of the same shape.
        method: as for `prepare_colors`.
    """
    if method != "luminance":
        return painted
    # In YIQ, another Y adds the same to all of R, G and B.
    return np.clip(content + (luminance(painted) - luminance(content))[..., None], 0, 1)


def match_color_statistics(picture: RGB, other: RGB, method: ColorMethod = "match") -> RGB:
    """The picture under the linear map of colors that gives it the other's mean and covariance, not clipped.

    Args:
        picture: (height, width, 3).
        other: of any other size.
        method: "match": by the square roots of both covariances, found by PCA, which turns colors least (eq. 4);
            "match-cholesky": by their Cholesky factors (eq. 3).
    """
    (mean, covariance), (other_mean, other_covariance) = color_statistics(picture), color_statistics(other)
    factor = _root if method == "match" else np.linalg.cholesky
    change = factor(other_covariance) @ np.linalg.inv(factor(covariance))
    return ((picture - mean) @ change.T + other_mean).astype(np.float32)


def transport_colors(picture: RGB, own: ColorStatistics, other: ColorStatistics) -> RGB:
    """The picture under the linear map of colors that moves one normal distribution to another by the least way.

    x -> A (x - m) + n with A = C^(-1/2) (C^(1/2) D C^(1/2))^(1/2) C^(-1/2), the optimal transport map of two normal
    distributions with means m, n and covariances C, D (Dowson & Landau 1982). Not clipped.

    Args:
        picture: (height, width, 3).
        own: the distribution of its colors.
        other: the one that they are to have.
    """
    root = _root(own.covariance)
    inverse = np.linalg.inv(root)
    change = inverse @ _root(root @ other.covariance @ root) @ inverse
    return ((picture - own.mean) @ change.T + other.mean).astype(np.float32)


def luminance(picture: RGB) -> Float[np.ndarray, "_ _"]:
    """Y of YIQ, in [0, 1] for pictures in [0, 1]."""
    return picture @ _LUMINANCE


def gray(values: Float[np.ndarray, "_ _"]) -> RGB:
    """A picture of grays: the values in all three channels, (height, width, 3) float32."""
    return np.repeat(values[..., None], 3, axis=2).astype(np.float32)


def color_statistics(picture: RGB, weights: Float[np.ndarray, "_ _"] | None = None) -> ColorStatistics:
    """The mean and the covariance of a picture's colors, with EPSILON added to the variances.

    Args:
        picture: (height, width, 3).
        weights: how much each pixel counts, (height, width), 0 or more; None counts all alike.
    """
    colors = picture.reshape(-1, 3).astype(np.float64)
    parts = None if weights is None or not weights.any() else weights.reshape(-1).astype(np.float64)
    covariance = np.cov(colors.T, bias=True, aweights=parts) + EPSILON * np.eye(3)
    return ColorStatistics(np.average(colors, axis=0, weights=parts), covariance)


def _root(matrix: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T
