"""Style as a normal distribution of features, and the Wasserstein distance between two such distributions."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Features, Scalar
from nst_jax.losses.gram import Gram, Guide, gram_matrix
from nst_jax.losses.matrix_sqrt import matrix_sqrt, product
from nst_jax.losses.shapes import check_channels, check_features, check_matrix, check_same

# Added to the diagonal of covariances to make them positive definite, as in crowsonkb/style-transfer-pytorch.
EPSILON = 1e-4


class Gaussian(NamedTuple):
    """The normal distribution with the mean and the covariance of features over all positions.

    Attributes:
        mean: (channels,).
        covariance: (channels, channels); EPSILON is added to its diagonal by `gaussian`.
    """

    mean: Float[Array, " channels"]
    covariance: Gram


class GaussianTarget(NamedTuple):
    """A Gaussian that others are compared with, including the precomputed square root of its covariance.

    Attributes:
        mean: (channels,).
        covariance: (channels, channels).
        root: the square root of the covariance by `matrix_sqrt`, (channels, channels).
    """

    mean: Float[Array, " channels"]
    covariance: Gram
    root: Gram


def gaussian(features: Features, guide: Guide | None = None) -> Gaussian:
    """Compute the mean and the covariance over all positions, with 1e-4 (EPSILON) added to the diagonal.

    The covariance is computed from the deviations from the mean. E[x y] - E[x] E[y] would lose the digits of small
    variances, and could have negative eigenvalues for images of a plain color.

    Args:
        features: feature map (height, width, channels).
        guide: weights of the positions in a region, (height, width) with a mean of 1; None for all positions.

    Raises:
        ValueError: if a shape is another one.
    """
    check_features(features, guide)
    mean = jnp.mean(features if guide is None else features * guide[..., None], (0, 1))
    return definite_gaussian(mean, gram_matrix(features, guide=guide, center=mean))


def definite_gaussian(mean: Float[Array, " channels"], covariance: Gram) -> Gaussian:
    """Make the distribution from the mean and the covariance of features, see `gaussian`."""
    return Gaussian(mean, covariance + EPSILON * jnp.eye(len(mean), dtype=mean.dtype))


def gaussian_target(statistics: Gaussian) -> GaussianTarget:
    """Precompute the square root of the covariance for `wasserstein_loss`, outside of what is differentiated.

    Raises:
        ValueError: if the covariance is not square.
    """
    check_matrix("A covariance", statistics.covariance)
    return GaussianTarget(*statistics, matrix_sqrt(statistics.covariance))


def wasserstein_loss(statistics: Gaussian, target: Gaussian | GaussianTarget) -> Scalar:
    """Compute the squared 2-Wasserstein distance of two normal distributions, divided by the number of channels.

    The distance is `|m - n|^2 + tr(C + D - 2 (D^(1/2) C D^(1/2))^(1/2))` (Dowson & Landau 1982, eq. 4), used for style
    by crowsonkb/style-transfer-pytorch. As there, both roots are those of 12 Newton-Schulz iterations, in which the
    roots of small eigenvalues have not converged and are too small, see `matrix_sqrt`. The value is therefore a little
    too large; for equal distributions it is small and positive, not 0. The gradient does not differentiate the
    iterations but solves the Lyapunov equation of the root, so it differs from finite differences of the value as well.
    The page on the objective has a table of both differences.

    Args:
        statistics: the mean m and the covariance C.
        target: the mean n, the covariance D and its root D^(1/2), from `gaussian_target`. For a `Gaussian` the root is
            computed at each call.

    Raises:
        ValueError: if the two do not have the same number of channels.
    """
    check_matrix("A covariance", statistics.covariance)
    check_channels("Means", statistics.mean, target.mean, jnp.diagonal(statistics.covariance))
    check_same("Covariances", statistics.covariance, target.covariance)
    if not isinstance(target, GaussianTarget):
        target = gaussian_target(target)
    cross_root = matrix_sqrt(product(product(target.root, statistics.covariance), target.root))
    spread = jnp.diagonal(statistics.covariance) + jnp.diagonal(target.covariance) - 2 * jnp.diagonal(cross_root)
    return jnp.mean((statistics.mean - target.mean) ** 2) + jnp.mean(spread)
