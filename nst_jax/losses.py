"""Perceptual losses as pure functions of arrays.

Feature maps are float arrays of shape (height, width, channels); in the papers' notation F is the N x M matrix of N
channels and M = height * width positions. Every loss is a scalar of the features' dtype, differentiable, and fit for
jit and vmap (batches are made with vmap, so no function here knows of one).
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.settings import GramNormalization, TotalVariationNorm

Features = Float[Array, "height width channels"]
Gram = Float[Array, "channels channels"]
Scalar = Float[Array, ""]
# How much each position belongs to a region, with a mean of 1. In the notation of Gatys et al. 2017 (arXiv:1611.07865,
# section 4) a guidance channel is T = (guide / M)^(1/2).
Guide = Float[Array, "height width"]

# Positions in a block of a Gram matrix' sum. Of 1024, a step of the full-width network at 512 px takes 0.73 s, of 256
# 0.75 s, of all at once 0.82 s.
BLOCK = 1024


class Moments(NamedTuple):
    """Mean and standard deviation of each channel over all positions."""

    mean: Float[Array, " channels"]
    std: Float[Array, " channels"]


def gram_matrix(features: Features, normalization: GramNormalization = "hw", guide: Guide | None = None) -> Gram:
    """The Gram matrix G = F F^T / d: inner products of the channels, blind to where things are.

    Args:
        features: feature map (height, width, channels).
        normalization: the divisor d.
            "none": 1, as in eq. 3 of Gatys, Ecker & Bethge 2015 (arXiv:1508.06576);
            "hw": M, the number of positions, as in Gatys' PyTorch code and the TensorFlow tutorial: tiling the
                feature map leaves G as it was;
            "chw": N M, as in the PyTorch tutorial and in Johnson et al. 2016 (arXiv:1603.08155, eq. 3).
        guide: of a region, for its guided Gram matrix (Gatys et al. 2017, arXiv:1611.07865, eq. 5); None for all.

    Returns:
        (channels, channels), symmetric and positive semi-definite.
    """
    height, width, channels = features.shape
    divisor = {"none": 1, "hw": height * width, "chw": height * width * channels}[normalization]
    if guide is not None:
        features = features * jnp.sqrt(guide)[..., None]
    return _products(features.reshape(height * width, channels)) / divisor


@jax.custom_vjp
def _products(matrix: Float[Array, "positions channels"]) -> Gram:
    """F^T F, with its gradient F (g + g^T) as one product where jax derives two.

    Summed up in blocks of positions. On a CPU F is transposed before it is multiplied, block by block inside of its
    caches and on all its cores; and sums of sums round less.
    """
    # The sum runs over up to a million positions: the fast, inexact products of accelerators would show.
    exact = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)
    positions, channels = matrix.shape
    whole = positions // BLOCK * BLOCK
    sums = []
    if whole:
        blocks = matrix[:whole].reshape(-1, BLOCK, channels)
        sums.append(exact("bpc,bpd->bcd", blocks, blocks).sum(0))
    if whole < positions:
        sums.append(exact("pc,pd->cd", matrix[whole:], matrix[whole:]))
    return sum(sums[1:], sums[0])


_products.defvjp(
    lambda matrix: (_products(matrix), matrix),
    lambda matrix, cotangent: (jnp.matmul(matrix, cotangent + cotangent.T, precision=jax.lax.Precision.HIGHEST),),
)


def moments(features: Features, epsilon: float = 1e-5, guide: Guide | None = None) -> Moments:
    """Mean and standard deviation of each channel over all positions.

    The statistics that Li et al. 2017 (arXiv:1701.01036, section 4.2) match in place of Gram matrices.

    Args:
        features: feature map (height, width, channels).
        epsilon: added to the variance, so that the gradient stays finite where a channel is constant.
        guide: of a region; None for all positions.
    """
    weights = 1 if guide is None else guide[..., None]
    mean = jnp.mean(weights * features, (0, 1))
    variance = jnp.mean(weights * (features - mean.reshape(1, 1, -1)) ** 2, (0, 1))
    return Moments(mean, jnp.sqrt(variance + epsilon))


def content_loss(features: Features, target: Features) -> Scalar:
    """Mean squared difference of two feature maps: mean((F - P)^2).

    Gatys et al. 2015, eq. 1, is the sum instead, halved: N M / 2 times this value.
    """
    return jnp.mean((features - target) ** 2)


def gram_style_loss(gram: Gram, target: Gram) -> Scalar:
    """Mean squared difference of two Gram matrices: mean((G - A)^2).

    With "none" as normalization, Gatys et al. 2015, eq. 4, E_l = sum((G - A)^2) / (4 N^2 M^2), is this value over
    4 M^2; with "hw" it is this value over 4.
    """
    return jnp.mean((gram - target) ** 2)


def huber(squared: Scalar, curvature: Scalar) -> Scalar:
    """Huber's loss of a distance d, given its square: d^2 up to a threshold t, and 2 t d - t^2 beyond (Huber 1964).

    So what is far off pulls with a bounded force, in place of one that grows with the distance. Its derivative by d is
    continuous.

    Args:
        squared: d^2, 0 or more.
        curvature: 1 / t^2; 0 gives d^2 throughout.
    """
    # As a factor, which is finite for every curvature, as its derivative is.
    ratio = jnp.maximum(squared * curvature, 1)
    return squared * (2 * jnp.sqrt(ratio) - 1) / ratio


def moments_style_loss(statistics: Moments, target: Moments) -> Scalar:
    """Mean squared difference of channel means, plus that of their standard deviations (Li et al. 2017, eq. 8)."""
    return jnp.mean((statistics.mean - target.mean) ** 2) + jnp.mean((statistics.std - target.std) ** 2)


def total_variation(picture: Float[Array, "height width channels"], norm: TotalVariationNorm = "l2") -> Scalar:
    """How much neighbouring pixels differ, averaged over the pixels and their channels.

    Args:
        picture: (height, width, 3), any range.
        norm: "l1": absolute differences (anisotropic, Rudin, Osher & Fatemi 1992); "l2": squared differences
            (Mahendran & Vedaldi 2015, arXiv:1412.0035, eq. 5 with beta = 2); "l2-nine-point": the same with diagonal
            neighbours (crowsonkb/style-transfer-pytorch); "l2-half-sum": half of the sum of squared differences of each
            pixel that has both neighbours (jcjohnson/neural-style).

    Returns:
        With "l1" and "l2", the mean over neighbours below plus the mean over neighbours to the right; a direction in
        which the picture is one pixel long adds nothing.
    """
    if norm == "l2-nine-point":
        return _nine_point_variation(picture)
    if norm == "l2-half-sum":
        corner = picture[:-1, :-1]
        return (jnp.sum((corner - picture[1:, :-1]) ** 2) + jnp.sum((corner - picture[:-1, 1:]) ** 2)) / 2
    magnitude = {"l1": jnp.abs, "l2": jnp.square}[norm]
    differences = (picture[1:] - picture[:-1], picture[:, 1:] - picture[:, :-1])
    total = jnp.zeros((), picture.dtype)
    for difference in differences:
        if difference.size:
            total += jnp.mean(magnitude(difference))
    return total


def _nine_point_variation(picture: Float[Array, "height width channels"]) -> Scalar:
    """Squared differences, a third of those along the axes, a twelfth of the diagonals; edges go on outwards."""
    x = jnp.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    right = jnp.mean((x[1:-1, 2:] - x[1:-1, 1:-1]) ** 2)
    below = jnp.mean((x[2:, 1:-1] - x[1:-1, 1:-1]) ** 2)
    falling = jnp.mean((x[1:, 1:] - x[:-1, :-1]) ** 2)
    rising = jnp.mean((x[1:, :-1] - x[:-1, 1:]) ** 2)
    return 2 * ((right + below) / 3 + (falling + rising) / 12)
