"""The style code: all that the fast network knows of a style picture.

Codes are statistics of the frozen VGG-19, so none of them is learned and they hold for any picture. They form a vector
space: codes of several styles, or of a style and the content itself, are interpolated number by number.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.fast.sums import Sums, gaussian_of, moments_of
from nst_jax.losses.moments import Moments
from nst_jax.losses.wasserstein import Gaussian

# Layers whose means and standard deviations form the vector from which the decoder's modulation is computed.
VECTOR_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# Layers of the content whose features are transported to the distribution of the style's, by the whole covariance or
# by each channel's mean and standard deviation.
COVARIANCE_LAYERS = ("relu3_1", "relu4_1")
MOMENT_LAYERS = ("relu2_1",)
TRANSPORT_LAYERS = (*MOMENT_LAYERS, *COVARIANCE_LAYERS)

# The name of the image itself among the layers.
IMAGE = "image"


class StyleCode(NamedTuple):
    """The statistics of the style of each region, a pytree of arrays with a leading axis for the regions.

    Attributes:
        colors: mean (regions, 3) and covariance (regions, 3, 3) of the RGB values in [0, 1].
        moments: the mean and standard deviation of each channel at each of VECTOR_LAYERS, (regions, channels) each.
        gaussians: the mean and covariance of the channels at each of COVARIANCE_LAYERS.
    """

    colors: Gaussian
    moments: dict[str, Moments]
    gaussians: dict[str, Gaussian]


def code_of_sums(sums: dict[str, Sums]) -> StyleCode:
    """Compute a style code from the sums over the positions of IMAGE and of VECTOR_LAYERS."""
    return StyleCode(
        gaussian_of(sums[IMAGE]),
        {name: moments_of(sums[name]) for name in VECTOR_LAYERS},
        {name: gaussian_of(sums[name]) for name in COVARIANCE_LAYERS},
    )


def mix_codes(codes: StyleCode, shares: Float[Array, "styles regions"]) -> StyleCode:
    """Average style codes.

    Means, standard deviations and covariances are averaged as they are. (The covariance of the mixed distribution would
    also contain the distances of the means, and would make the mixture of two flat colors a noisy one.)

    Args:
        codes: several codes, with a leading axis for the styles before that for the regions.
        shares: the weight of each style in each region; the weights of a region sum to 1.
    """
    return jax.tree.map(lambda each: jnp.einsum("sr,sr...->r...", shares, each), codes)


def code_vector(code: StyleCode) -> Float[Array, "regions numbers"]:
    """Concatenate the means and the logarithms of the standard deviations at VECTOR_LAYERS."""
    parts = [
        part
        for name in VECTOR_LAYERS
        for part in (code.moments[name].mean, jnp.log(code.moments[name].std + LEAST_DEVIATION))
    ]
    return jnp.concatenate(parts, -1)


# Added to standard deviations before their logarithm is taken.
LEAST_DEVIATION = 0.01
