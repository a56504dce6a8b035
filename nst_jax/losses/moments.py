"""Style as the mean and standard deviation of each channel (Li et al. 2017, arXiv:1701.01036)."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Features, Scalar
from nst_jax.losses.gram import Guide
from nst_jax.losses.shapes import check_channels, check_features

# Added to the variance, so that the gradient is finite for constant channels.
EPSILON = 1e-5


class Moments(NamedTuple):
    """Mean and standard deviation of each channel over all positions."""

    mean: Float[Array, " channels"]
    std: Float[Array, " channels"]


def moments(features: Features, epsilon: float = EPSILON, guide: Guide | None = None) -> Moments:
    """Compute the mean and the standard deviation of each channel over all positions.

    Li et al. 2017 (arXiv:1701.01036, section 4.2) match these statistics instead of Gram matrices.

    Args:
        features: feature map (height, width, channels).
        epsilon: added to the variance, so that the gradient is finite for constant channels.
        guide: weights of the positions in a region, (height, width) with a mean of 1; None for all positions.

    Raises:
        ValueError: if a shape is another one.
    """
    check_features(features, guide)
    weights = 1 if guide is None else guide[..., None]
    mean = jnp.mean(weights * features, (0, 1))
    variance = jnp.mean(weights * (features - mean.reshape(1, 1, -1)) ** 2, (0, 1))
    return Moments(mean, jnp.sqrt(variance + epsilon))


def moments_style_loss(statistics: Moments, target: Moments) -> Scalar:
    """Compute the mean squared difference of channel means plus that of standard deviations (Li et al. 2017, eq. 8).

    Args:
        statistics: the moments of the image that is optimized.
        target: those of the style image.

    Raises:
        ValueError: if they are not of one number of channels.
    """
    check_channels("Means and standard deviations", *statistics, *target)
    return jnp.mean((statistics.mean - target.mean) ** 2) + jnp.mean((statistics.std - target.std) ** 2)
