"""Gram matrices of features, and the style loss that compares two of them.

Notation as in the package's docstring: F is the N x M matrix of N channels and M positions.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Features, Scalar
from nst_jax.losses.shapes import check_channels, check_features, check_matrix, check_same
from nst_jax.recipes.types import GramNormalization

Gram = Float[Array, "channels channels"]
# The weight of each position in a region, with a mean of 1 over all positions. In the notation of Gatys et al. 2017
# (arXiv:1611.07865, section 4) a guidance channel is T = (guide / M)^(1/2).
Guide = Float[Array, "height width"]

# Number of positions per block in the sum of a Gram matrix. A step of the full-width network at 512 px takes 0.73 s
# with blocks of 1024, 0.75 s with blocks of 256, and 0.82 s with all positions in one block.
BLOCK = 1024


def gram_matrix(
    features: Features,
    normalization: GramNormalization = "hw",
    guide: Guide | None = None,
    center: Float[Array, " channels"] | None = None,
) -> Gram:
    """Compute the Gram matrix G = F F^T / d, the inner products of all pairs of channels over the positions.

    Args:
        features: feature map (height, width, channels).
        normalization: the divisor d.
            "none": 1, as in eq. 3 of Gatys, Ecker & Bethge 2015 (arXiv:1508.06576);
            "hw": M, the number of positions, as in Gatys' PyTorch code and the TensorFlow tutorial (tiling the
            feature map does not change G);
            "chw": N M, as in the PyTorch tutorial and in Johnson et al. 2016 (arXiv:1603.08155, eq. 3).
        guide: weights of the positions in a region, (height, width) with a mean of 1, for its guided Gram matrix
            (Gatys et al. 2017, arXiv:1611.07865, eq. 5); None for all positions.
        center: what is subtracted from the features at each position, (channels,), before they are multiplied; with
            their mean and "hw", the result is their covariance. Gradients regard it as a constant. None to subtract
            nothing.

    Returns:
        (channels, channels), symmetric and positive semi-definite.

    Raises:
        ValueError: if a shape is another one.

    >>> gram_matrix(jnp.array([[[1.0, 0.0], [0.0, 2.0]]]))
    Array([[0.5, 0. ],
           [0. , 2. ]], dtype=float32)
    """
    check_features(features, guide)
    if center is not None:
        check_channels("A center and features", center, features[0, 0])
    height, width, channels = features.shape
    if guide is not None:
        if center is not None:
            features, center = features - jax.lax.stop_gradient(center)[None, None], None
        features = features * jnp.sqrt(guide)[..., None]
    products = _inner_products(features.reshape(height * width, channels), center)
    return products / gram_divisor(normalization, height * width, channels)


def gram_divisor(normalization: GramNormalization, positions: int, channels: int) -> int:
    """Return the divisor of a Gram matrix, see `gram_matrix`."""
    return {"none": 1, "hw": positions, "chw": positions * channels}[normalization]


@jax.custom_vjp
def _inner_products(matrix: Float[Array, "positions channels"], center: Float[Array, " channels"] | None) -> Gram:
    """Compute F^T F for F of shape (positions, channels), after subtracting the center from each row of F.

    The gradient for a cotangent g is (F - center) (g + g^T), a single matrix product; JAX would derive two. The sum
    over positions is split into blocks: on a CPU, F is transposed before the product, which with blocks happens inside
    the caches and on all cores. Summing partial sums also reduces rounding errors.
    """
    # Full precision: over up to a million positions, the errors of accelerators' fast products would be noticeable.
    product = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)
    positions, channels = matrix.shape
    whole = positions // BLOCK * BLOCK
    sums = []
    if whole:
        blocks = matrix[:whole].reshape(-1, BLOCK, channels)
        blocks = blocks if center is None else blocks - center[None, None]
        sums.append(product("bpc,bpd->bcd", blocks, blocks).sum(0))
    if whole < positions:
        rest = matrix[whole:] if center is None else matrix[whole:] - center[None]
        sums.append(product("pc,pd->cd", rest, rest))
    return sum(sums[1:], sums[0])


_Residuals = tuple[Float[Array, "positions channels"], Float[Array, " channels"] | None]


def _forward(matrix: Float[Array, "positions channels"], center: Array | None) -> tuple[Gram, _Residuals]:
    return _inner_products(matrix, center), (matrix, center)


def _backward(residuals: _Residuals, cotangent: Gram) -> tuple[Array, Array | None]:
    matrix, center = residuals
    product = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    symmetric = cotangent + cotangent.T
    gradient = product(matrix, symmetric)
    if center is None:
        return gradient, None
    # The center is subtracted after the product, because a centered copy of the features would take memory.
    return gradient - product(center[None], symmetric), jnp.zeros_like(center)


_inner_products.defvjp(_forward, _backward)


def gram_style_loss(gram: Gram, target: Gram) -> Scalar:
    """Compute the mean squared difference of two Gram matrices, mean((G - A)^2), for G = `gram` and A = `target`.

    Eq. 4 of Gatys et al. 2015, E_l = sum((G - A)^2) / (4 N^2 M^2) for N channels and M positions, is this value divided
    by 4 M^2 if the normalization of `gram_matrix` is "none", and divided by 4 if it is "hw".

    Args:
        gram: the Gram matrix of the image that is optimized, (channels, channels).
        target: that of the style image, of the same shape and normalization.

    Raises:
        ValueError: if they are no matrices of one shape, but for example features.
    """
    check_matrix("A Gram matrix", gram)
    check_same("Gram matrices", gram, target)
    return jnp.mean((gram - target) ** 2)
