"""The style code: all that the fast network knows of a style picture.

Codes are statistics of the frozen VGG-19, so none of them is learned and they hold for any picture. They form a vector
space: codes of several styles, or of a style and the content itself, are interpolated number by number.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.gram import Guide
from nst_jax.losses.moments import Moments, moments
from nst_jax.losses.wasserstein import Gaussian, gaussian
from nst_jax.networks.vgg import VGG19

# Layers whose means and standard deviations form the vector from which the decoder's modulation is computed.
VECTOR_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# Layers of the content whose features are transported to the distribution of the style's, by the whole covariance or
# by each channel's mean and standard deviation.
COVARIANCE_LAYERS = ("relu3_1", "relu4_1")
MOMENT_LAYERS = ("relu2_1",)
TRANSPORT_LAYERS = (*MOMENT_LAYERS, *COVARIANCE_LAYERS)

Image = Float[Array, "height width 3"]


class StyleCode(NamedTuple):
    """The statistics of one style, a pytree of arrays.

    Attributes:
        colors: mean (3,) and covariance (3, 3) of the RGB values in [0, 1].
        moments: the mean and standard deviation of each channel at each of VECTOR_LAYERS.
        gaussians: the mean and covariance of the channels at each of COVARIANCE_LAYERS.
    """

    colors: Gaussian
    moments: dict[str, Moments]
    gaussians: dict[str, Gaussian]


def style_code(network: VGG19, image: Image) -> StyleCode:
    """Compute the style code of an image.

    Args:
        network: the network that the decoder was trained with.
        image: RGB in [0, 1], (height, width, 3), at least 16 pixels on each side.
    """
    activations = network(image, VECTOR_LAYERS)
    return code_of_activations(image, activations)


def code_of_activations(
    image: Image, activations: dict[str, Float[Array, "_ _ _"]], guides: dict[str, Guide] | None = None
) -> StyleCode:
    """Compute the style code from an image and its activations.

    Args:
        image: RGB in [0, 1], (height, width, 3).
        activations: the features at VECTOR_LAYERS.
        guides: weights of the positions in a region, each with a mean of 1, for every layer and for the image itself
            under the name "image"; None for the whole image.
    """
    of = dict[str, Guide]().get if guides is None else guides.__getitem__
    return StyleCode(
        gaussian(image, of("image")),
        {name: moments(activations[name], guide=of(name)) for name in VECTOR_LAYERS},
        {name: gaussian(activations[name], of(name)) for name in COVARIANCE_LAYERS},
    )


def mix_codes(codes: StyleCode, weights: Float[Array, " styles"]) -> StyleCode:
    """Average style codes.

    Means, standard deviations and covariances are averaged as they are. (The covariance of the mixed distribution would
    also contain the distances of the means, and would make the mixture of two flat colors a noisy one.)

    Args:
        codes: several codes, with a leading axis.
        weights: the weight of each, with a sum of 1.
    """
    return jax.tree.map(lambda each: jnp.tensordot(weights, each, 1), codes)


def code_vector(code: StyleCode) -> Float[Array, " numbers"]:
    """Concatenate the means and the logarithms of the standard deviations at VECTOR_LAYERS."""
    return jnp.concatenate(
        [part for name in VECTOR_LAYERS for part in (code.moments[name].mean, jnp.log(code.moments[name].std + 0.01))]
    )
