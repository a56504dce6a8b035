"""What the style of a layer's features is, also of a part of the image, and how two styles are compared."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Features, Scalar
from nst_jax.losses.gram import Gram, Guide, gram_matrix, gram_style_loss
from nst_jax.losses.moments import Moments, moments, moments_style_loss
from nst_jax.losses.wasserstein import Gaussian, GaussianTarget, gaussian, gaussian_target, wasserstein_loss
from nst_jax.recipes.types import GramNormalization, StyleStatistic

Statistics = Gram | Moments | Gaussian
StyleTarget = Gram | Moments | GaussianTarget
# The part of each style in a mixture; they add up to 1.
Shares = Float[Array, " styles"]


def style_statistics(
    features: Features, kind: StyleStatistic, normalization: GramNormalization, guide: Guide | None = None
) -> Statistics:
    """The style of features, all over or in a region.

    Args:
        features: feature map (height, width, channels).
        kind: which statistic.
        normalization: of Gram matrices.
        guide: how much each position belongs to the region, with a mean of 1; None means all the same.
    """
    if kind == "mean-std":
        return moments(features, guide=guide)
    if kind == "wasserstein":
        return gaussian(features, guide)
    return gram_matrix(features, normalization, guide)


def make_style_target(statistics: Statistics) -> StyleTarget:
    """The same, to hold others against."""
    return gaussian_target(statistics) if isinstance(statistics, Gaussian) else statistics


def style_loss(statistics: Statistics, target: StyleTarget) -> Scalar:
    """How far a style is from a target of the same kind; 0 where they are the same."""
    if isinstance(statistics, Gaussian) and isinstance(target, GaussianTarget):
        return wasserstein_loss(statistics, target)
    if isinstance(statistics, Moments) and isinstance(target, Moments):
        return moments_style_loss(statistics, target)
    assert isinstance(statistics, jax.Array)
    assert isinstance(target, jax.Array)
    return gram_style_loss(statistics, target)


def zero_feature_loss(target: Float[Array, "..."] | Statistics) -> Scalar:
    """The loss of zero activations: the mean square of a target, or what a distribution's distance is measured in."""
    if isinstance(target, Gaussian):
        return jnp.mean(target.mean**2) + jnp.mean(jnp.diagonal(target.covariance))
    return sum((jnp.mean(leaf**2) for leaf in jax.tree.leaves(target)), jnp.zeros(()))


def mix_statistics(statistics: Sequence[Statistics], parts: Shares) -> Statistics:
    """The weighted mean of Gram matrices, or of moments; of distributions, that of their mixture.

    Args:
        statistics: of one layer, of each style.
        parts: of each style, adding up to 1.
    """
    if len(statistics) == 1:
        return statistics[0]

    def mean(*leaves: Array) -> Array:
        return jnp.tensordot(parts, jnp.stack(leaves), 1)

    if not isinstance(statistics[0], Gaussian):
        return jax.tree.map(mean, *statistics)
    # Second moments can be averaged, covariances about different means cannot.
    moments = [
        Gaussian(each.mean, each.covariance + jnp.outer(each.mean, each.mean))
        for each in statistics
        if isinstance(each, Gaussian)
    ]
    mixed: Gaussian = jax.tree.map(mean, *moments)
    return Gaussian(mixed.mean, mixed.covariance - jnp.outer(mixed.mean, mixed.mean))
