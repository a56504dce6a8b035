"""Style statistics of a layer's features, of the whole image or a region, and the losses that compare them."""

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
StyleTarget = Gram | Moments | Gaussian | GaussianTarget
# The weight of each style in a mixture; the weights sum to 1.
Shares = Float[Array, " styles"]


def style_statistics(
    features: Features, kind: StyleStatistic, normalization: GramNormalization, guide: Guide | None = None
) -> Statistics:
    """Compute the style statistics of features, over all positions or in a region.

    Args:
        features: feature map (height, width, channels).
        kind: the statistic to compute.
        normalization: the divisor of Gram matrices, see `gram_matrix`; other statistics ignore it.
        guide: weights of the positions in a region, (height, width) with a mean of 1; None for all positions.

    Returns:
        The statistics of one region, without an axis for regions.
        "gram": the Gram matrix, (channels, channels);
        "mean-std": `Moments`, the mean and the standard deviation of each channel, (channels,) each;
        "wasserstein": `Gaussian`, the mean, (channels,), and the covariance, (channels, channels).
    """
    if kind == "mean-std":
        return moments(features, guide=guide)
    if kind == "wasserstein":
        return gaussian(features, guide)
    return gram_matrix(features, normalization, guide)


def make_style_target(statistics: Statistics) -> StyleTarget:
    """Convert statistics into a target for `style_loss`; for Gaussians, precompute the root of the covariance."""
    return gaussian_target(statistics) if isinstance(statistics, Gaussian) else statistics


def style_loss(statistics: Statistics, target: StyleTarget) -> Scalar:
    """Compute the distance of style statistics from a target of the same kind.

    For equal statistics it is 0, except for Gaussians, for which it is small and positive: see `wasserstein_loss`.

    Args:
        statistics: of the image that is optimized, as `style_statistics` returns them.
        target: those of the style image. For Gaussians also their `gaussian_target`, which is made at each call
            otherwise.

    Raises:
        ValueError: if the two are of different kinds or shapes.
    """
    if isinstance(statistics, Gaussian) and isinstance(target, Gaussian | GaussianTarget):
        return wasserstein_loss(statistics, target)
    if isinstance(statistics, Moments) and isinstance(target, Moments):
        return moments_style_loss(statistics, target)
    if isinstance(statistics, tuple) or isinstance(target, tuple):
        raise ValueError(
            f"The statistics are of the kind {_kind(statistics)} and the target is of the kind {_kind(target)}; both "
            "must come from style_statistics with the same kind."
        )
    return gram_style_loss(statistics, target)


def _kind(statistics: object) -> str:
    """Name the kind of statistics in a message."""
    return type(statistics).__name__ if isinstance(statistics, tuple) else "Gram matrix"


def zero_feature_loss(target: Float[Array, "..."] | Statistics) -> Scalar:
    """Compute the loss that activations of zero would have: the unit in which relative losses are measured.

    Args:
        target: the content features of a layer, (height, width, channels), or its style statistics.

    Returns:
        A scalar, 0 or more.
        For features or a Gram matrix: the mean of the squared entries.
        For `Moments`: the mean of the squared means plus the mean of the squared standard deviations.
        For a `Gaussian`, the statistics of "wasserstein": the squared Wasserstein distance to the distribution with
        mean 0 and covariance 0, |mean|^2 + trace(covariance), divided by the number of channels as in
        `wasserstein_loss`.
    """
    if isinstance(target, Gaussian):
        return jnp.mean(target.mean**2) + jnp.mean(jnp.diagonal(target.covariance))
    return sum((jnp.mean(leaf**2) for leaf in jax.tree.leaves(target)), jnp.zeros(()))


def mix_statistics(statistics: Sequence[Statistics], parts: Shares) -> Statistics:
    """Mix the statistics of several styles.

    Gram matrices and moments are averaged; Gaussians are replaced by the mean and covariance of their mixture.

    Args:
        statistics: the statistics of each style at one layer, all of the same kind.
        parts: the weight of each style, (styles,), summing to 1.

    Raises:
        ValueError: if there is not one weight for each of the statistics, or these are of different kinds or shapes.
    """
    if jnp.shape(parts) != (len(statistics),):
        raise ValueError(f"{len(statistics)} statistics take as many weights, not an array of {jnp.shape(parts)}.")
    if len({(_kind(each), *map(jnp.shape, jax.tree.leaves(each))) for each in statistics}) > 1:
        raise ValueError("The statistics to be mixed must be of one kind and one number of channels.")
    if len(statistics) == 1:
        return statistics[0]

    def mean(*leaves: Array) -> Array:
        return jnp.tensordot(parts, jnp.stack(leaves), 1)

    if not isinstance(statistics[0], Gaussian):
        return jax.tree.map(mean, *statistics)
    gaussians = [each for each in statistics if isinstance(each, Gaussian)]
    common = mean(*(each.mean for each in gaussians))
    # The covariances about the common mean.
    shifts = [each.mean - common for each in gaussians]
    about = [each.covariance + jnp.outer(shift, shift) for each, shift in zip(gaussians, shifts, strict=True)]
    return Gaussian(common, mean(*about))
