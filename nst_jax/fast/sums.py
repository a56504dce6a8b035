"""Sums over the positions of a feature map, from which means and covariances of a whole image are computed in parts."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.gram import gram_matrix
from nst_jax.losses.moments import Moments
from nst_jax.losses.wasserstein import EPSILON, Gaussian

# Added to variances, as in `losses.moments`.
VARIANCE_EPSILON = 1e-5


class Sums(NamedTuple):
    """Weighted sums over positions for each region; those of the parts of an image add up to those of the whole.

    Attributes:
        weight: of the weights.
        first: of weight times feature.
        second: of weight times the outer product of the feature with itself.
    """

    weight: Float[Array, " regions"]
    first: Float[Array, "regions channels"]
    second: Float[Array, "regions channels channels"]


def sums_of(features: Float[Array, "height width channels"], weights: Float[Array, "regions height width"]) -> Sums:
    """Compute the sums of a feature map.

    Args:
        features: (height, width, channels).
        weights: how much each position counts in each region, 0 or more.
    """
    second = jax.vmap(lambda guide: gram_matrix(features, "none", guide))(weights)
    return Sums(jnp.sum(weights, (1, 2)), jnp.einsum("rhw,hwc->rc", weights, features), second)


def gaussian_of(sums: Sums) -> Gaussian:
    """Compute the mean (regions, channels) and covariance (regions, channels, channels), as `losses.wasserstein`."""
    mean = sums.first / sums.weight[:, None]
    covariance = sums.second / sums.weight[:, None, None] - mean[:, :, None] * mean[:, None]
    return Gaussian(mean, covariance + EPSILON * jnp.eye(mean.shape[-1], dtype=mean.dtype)[None])


def moments_of(sums: Sums) -> Moments:
    """Compute the mean and standard deviation of each channel, (regions, channels) each, as `losses.moments`."""
    mean = sums.first / sums.weight[:, None]
    variance = jnp.diagonal(sums.second, axis1=1, axis2=2) / sums.weight[:, None] - mean**2
    # Rounding may make the variance of a constant channel slightly negative.
    return Moments(mean, jnp.sqrt(jnp.maximum(variance, 0) + VARIANCE_EPSILON))
