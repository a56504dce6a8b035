"""Perceptual losses as pure functions of arrays.

Feature maps are float arrays of shape (height, width, channels); in the papers' notation F is the N x M matrix of N
channels and M = height * width positions. Every loss is a scalar of the features' dtype, differentiable, and fit for
jit and vmap (batches are made with vmap, so no function here knows of one).
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Features, Scalar
from nst_jax.recipes.types import GramNormalization

Gram = Float[Array, "channels channels"]
# How much each position belongs to a region, with a mean of 1. In the notation of Gatys et al. 2017 (arXiv:1611.07865,
# section 4) a guidance channel is T = (guide / M)^(1/2).
Guide = Float[Array, "height width"]

# Positions in a block of a Gram matrix' sum. Of 1024, a step of the full-width network at 512 px takes 0.73 s, of 256
# 0.75 s, of all at once 0.82 s.
BLOCK = 1024


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


def gram_style_loss(gram: Gram, target: Gram) -> Scalar:
    """Mean squared difference of two Gram matrices: mean((G - A)^2).

    With "none" as normalization, Gatys et al. 2015, eq. 4, E_l = sum((G - A)^2) / (4 N^2 M^2), is this value over
    4 M^2; with "hw" it is this value over 4.
    """
    return jnp.mean((gram - target) ** 2)
