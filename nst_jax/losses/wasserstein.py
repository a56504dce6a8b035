"""Style as a normal distribution of features, and the Wasserstein distance of two of them."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Features, Scalar
from nst_jax.losses.gram import Gram, Guide, gram_matrix
from nst_jax.losses.matrix_sqrt import matrix_sqrt, product

EPSILON = 1e-4


class Gaussian(NamedTuple):
    """The normal distribution with the mean and the covariance that features have over all positions."""

    mean: Float[Array, " channels"]
    covariance: Gram


class GaussianTarget(NamedTuple):
    """One that others are held against, with the square root of its covariance found beforehand."""

    mean: Float[Array, " channels"]
    covariance: Gram
    root: Gram


def gaussian(features: Features, guide: Guide | None = None) -> Gaussian:
    """Mean and covariance over all positions; EPSILON on the diagonal makes the covariance positive definite.

    Args:
        features: feature map (height, width, channels).
        guide: of a region; None for all positions.
    """
    mean = jnp.mean(features if guide is None else features * guide[..., None], (0, 1))
    second = gram_matrix(features, guide=guide)
    return Gaussian(mean, second - jnp.outer(mean, mean) + EPSILON * jnp.eye(len(mean), dtype=mean.dtype))


def gaussian_target(statistics: Gaussian) -> GaussianTarget:
    """The same, to hold others against."""
    return GaussianTarget(*statistics, matrix_sqrt(statistics.covariance))


def wasserstein_loss(statistics: Gaussian, target: GaussianTarget) -> Scalar:
    """The squared 2-Wasserstein distance of two normal distributions over the number of channels.

    |m - n|^2 + tr(C + D - 2 (D^(1/2) C D^(1/2))^(1/2)) (Dowson & Landau 1982, eq. 4), as it is used for style by
    crowsonkb/style-transfer-pytorch.
    """
    between = matrix_sqrt(product(product(target.root, statistics.covariance), target.root))
    spread = jnp.diagonal(statistics.covariance) + jnp.diagonal(target.covariance) - 2 * jnp.diagonal(between)
    return jnp.mean((statistics.mean - target.mean) ** 2) + jnp.mean(spread)
