"""Mean and covariance of an image's colors, and the map from one distribution to another.

Both computations visit an image in blocks of rows, because NumPy's float64 copies of a large one would be most of a
run's memory.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nst_jax.images.picture import RGB

# Added to the variances, so that the covariance of an image of a single color, or of grays, can be inverted.
EPSILON = 1e-5
# The number of pixels of a block.
BLOCK = 2**20


class ColorStatistics(NamedTuple):
    """A normal distribution of colors: mean of shape (3,) and covariance of shape (3, 3), float64."""

    mean: Float[np.ndarray, "3"]
    covariance: Float[np.ndarray, "3 3"]


def color_statistics(picture: RGB, weights: Float[np.ndarray, "_ _"] | None = None) -> ColorStatistics:
    """Compute the mean and covariance of an image's colors, with EPSILON added to the variances.

    Args:
        picture: (height, width, 3).
        weights: the weight of each pixel, (height, width), 0 or more; None, or zero throughout, means equal weights.
    """
    if weights is not None and not weights.any():
        weights = None
    parts, sizes = [], []
    for rows in _blocks(picture):
        own = None if weights is None else weights[rows].reshape(-1).astype(np.float64)
        # A row for each channel, because NumPy takes three times as long for sums of interleaved channels.
        colors = picture[rows].reshape(-1, 3).T.astype(np.float64, order="C")
        size = colors.shape[1] if own is None else own.sum()
        if size:
            mean = np.average(colors, axis=1, weights=own)
            colors -= mean[:, None]
            weighted = colors if own is None else colors * own
            parts.append(ColorStatistics(mean, colors @ weighted.T / size))
            sizes.append(size)
    mean, covariance = parts[0] if len(parts) == 1 else mixture_of_colors(parts, np.array(sizes) / sum(sizes))
    return ColorStatistics(mean, covariance + EPSILON * np.eye(3))


def mixture_of_colors(statistics: Sequence[ColorStatistics], weights: Float[np.ndarray, " parts"]) -> ColorStatistics:
    """Return the mean and covariance of a mixture of distributions with the given weights, which add up to 1."""
    pairs = [*zip(weights, statistics, strict=True)]
    mean = sum(weight * each.mean for weight, each in pairs)
    second = sum(weight * (each.covariance + np.outer(each.mean, each.mean)) for weight, each in pairs)
    return ColorStatistics(np.asarray(mean), np.asarray(second - np.outer(mean, mean)))


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
    root = symmetric_root(own.covariance)
    inverse = np.linalg.inv(root)
    change = inverse @ symmetric_root(root @ other.covariance @ root) @ inverse
    return map_colors(picture, own.mean, change, other.mean)


def map_colors(
    picture: RGB, mean: Float[np.ndarray, "3"], change: Float[np.ndarray, "3 3"], other_mean: Float[np.ndarray, "3"]
) -> RGB:
    """Map each color x of an image, (height, width, 3), to A (x - m) + n with the matrix A = `change`; float32."""
    moved = np.empty(picture.shape, np.float32)
    offset = other_mean - change @ mean
    for rows in _blocks(picture):
        moved[rows] = picture[rows] @ change.T + offset
    return moved


def symmetric_root(matrix: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the symmetric square root of a covariance matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T


def _blocks(picture: RGB) -> Iterator[slice]:
    """Yield the rows of each block."""
    height, width = picture.shape[:2]
    step = max(1, BLOCK // max(width, 1))
    return (slice(begin, begin + step) for begin in range(0, height, step))
