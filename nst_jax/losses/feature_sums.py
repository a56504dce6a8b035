"""Sums over positions, from which all style statistics can be computed; those of the parts of an image can be merged.

For "wasserstein" and "mean-std", the sums are of deviations from a center, because the difference of a mean square and
a squared mean loses the digits of a small variance. Sums about different centers are brought to the common mean before
they are added (Chan, Golub & LeVeque 1983, "Algorithms for Computing the Sample Variance", eq. 2.1, where each center
is the mean of its part).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Features, Scalar
from nst_jax.losses.gram import Gram, Guide, gram_divisor, gram_matrix
from nst_jax.losses.moments import EPSILON, Moments
from nst_jax.losses.statistics import Statistics
from nst_jax.losses.wasserstein import definite_gaussian
from nst_jax.recipes.types import GramNormalization, StyleStatistic

Channels = Float[Array, " channels"]


class FeatureSums(NamedTuple):
    """Weighted sums over positions of one layer and region; what a statistic does not need is None.

    Attributes:
        second: the sum of products of channels, (channels, channels), or for "mean-std" of squares, (channels,).
        first: the sum of features, (channels,); None for "gram".
        weight: the sum of the weights; None for "gram".
        center: what is subtracted from the features before they are summed, (channels,); None for "gram".
    """

    second: Gram | Channels
    first: Channels | None = None
    weight: Scalar | None = None
    center: Channels | None = None


def feature_sums(
    features: Features, kind: StyleStatistic, weights: Guide, center: Channels | None = None
) -> FeatureSums:
    """Sum over the positions of a part of an image.

    Args:
        features: feature map of the part, (height, width, channels).
        kind: the statistic for which the sums are needed.
        weights: the weight of each position, (height, width); 0 leaves a position out.
        center: what to subtract, unless the kind is "gram"; None for the mean of these positions.
    """
    if kind == "gram":
        return FeatureSums(gram_matrix(features, "none", weights))
    spread = weights[..., None]
    weight = jnp.sum(weights)
    if center is None:
        center = jnp.sum(spread * features, (0, 1)) / jnp.where(weight > 0, weight, 1)
    offset = features - center.reshape(1, 1, -1)
    second = gram_matrix(offset, "none", weights) if kind == "wasserstein" else jnp.sum(spread * offset**2, (0, 1))
    return FeatureSums(second, jnp.sum(spread * offset, (0, 1)), weight, center)


def add_sums(a: FeatureSums, b: FeatureSums) -> FeatureSums:
    """Add the sums of two parts; those about a center are then about the mean of both."""
    if a.center is None or b.center is None:
        return FeatureSums(*(jax.tree.map(jnp.add, *each) for each in zip(a, b, strict=True)))
    assert a.first is not None
    assert b.first is not None
    assert a.weight is not None
    assert b.weight is not None
    weight = a.weight + b.weight
    total = a.first + a.weight * a.center + b.first + b.weight * b.center
    center = total / jnp.where(weight > 0, weight, 1)
    second, first = jnp.zeros_like(a.second), jnp.zeros_like(center)
    for part in (a, b):
        assert part.first is not None
        assert part.weight is not None
        assert part.center is not None
        shift = center - part.center
        second += _shifted(part.second, part.first, part.weight, shift)
        first += part.first - part.weight * shift
    return FeatureSums(second, first, weight, center)


def _shifted(second: Gram | Channels, first: Channels, weight: Scalar, shift: Channels) -> Gram | Channels:
    """Compute the sum of products, or of squares, about the center plus a shift."""
    if second.ndim == 1:
        return second - 2 * shift * first + weight * shift**2
    return second - jnp.outer(shift, first) - jnp.outer(first, shift) + weight * jnp.outer(shift, shift)


def statistics_of_sums(
    sums: FeatureSums, kind: StyleStatistic, normalization: GramNormalization, positions: int
) -> Statistics:
    """Compute what `style_statistics` computes, from the sums over all positions of an image.

    Args:
        sums: those of the whole image; they may be differentiated with respect to `second` and `first`.
        kind: the statistic.
        normalization: the divisor of Gram matrices.
        positions: the number of positions of the whole image at that layer.
    """
    if kind == "gram":
        return sums.second / gram_divisor(normalization, positions, len(sums.second))
    assert sums.first is not None
    assert sums.weight is not None
    assert sums.center is not None
    mean = (sums.first + sums.weight * sums.center) / positions
    # The weights of a region have a mean of 1, so that this is the mean of the center; but rounding, and regions
    # without any position, are treated as `moments` and `gaussian` do.
    shift = mean - sums.center
    variance = _shifted(sums.second, sums.first, sums.weight, shift) / positions
    if kind == "wasserstein":
        return definite_gaussian(mean, variance)
    return Moments(mean, jnp.sqrt(variance + EPSILON))
