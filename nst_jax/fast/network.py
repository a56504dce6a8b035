"""The fast network as a whole: from a content image and a style code to a stylized image."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nst_jax.fast.decoder import ENTRANCES, NOISE, Inputs, Parameters, decode, modulations, style_vector
from nst_jax.fast.style_code import COVARIANCE_LAYERS, TRANSPORT_LAYERS, Image, StyleCode, code_vector
from nst_jax.fast.transport import apply_map, gaussian_map, moments_map
from nst_jax.losses.moments import moments
from nst_jax.losses.wasserstein import gaussian
from nst_jax.networks.vgg import VGG19

# The resolution of the deepest features; heights and widths of the content must be multiples of it.
STRIDE = max(ENTRANCES)


def transfer(
    network: VGG19,
    parameters: Parameters,
    contents: Float[Array, "n height width 3"],
    codes: StyleCode,
    keys: Key[Array, " n"],
) -> Float[Array, "n height width 3"]:
    """Stylize images in one pass.

    Args:
        network: the network that the decoder was trained with.
        parameters: of the decoder.
        contents: RGB in [0, 1], (n, height, width, 3), both multiples of STRIDE.
        codes: the style code of each, with a leading axis of n.
        keys: of the random numbers for each image's noise.

    Returns:
        RGB, nominally in [0, 1] but not clipped, of the shape of `contents`.
    """
    inputs = jax.vmap(decoder_inputs, (None, 0, 0, 0))(network, jax.vmap(recolor)(contents, codes), codes, keys)
    vectors = style_vector(parameters, jax.vmap(code_vector)(codes))
    return decode(parameters, inputs, modulations(parameters, vectors))


def recolor(content: Image, code: StyleCode) -> Image:
    """Give the content the mean and covariance of the style's colors, clipped to [0, 1]."""
    return jnp.clip(apply_map(content, gaussian_map(gaussian(content), code.colors)), 0, 1)


def decoder_inputs(network: VGG19, recolored: Image, code: StyleCode, key: Key[Array, ""]) -> dict[int, Inputs]:
    """Compute the transported features of the recolored content, its colors and the noise at each resolution."""
    activations = network(recolored, TRANSPORT_LAYERS)
    inputs = {}
    for stride, layer in ENTRANCES.items():
        features = activations[layer]
        map_ = (
            gaussian_map(gaussian(features), code.gaussians[layer])
            if layer in COVARIANCE_LAYERS
            else moments_map(moments(features), code.moments[layer])
        )
        height, width, _ = features.shape
        noise = jax.random.normal(jax.random.fold_in(key, stride), (height, width, NOISE[stride]), recolored.dtype)
        inputs[stride] = Inputs(apply_map(features, map_), _averaged(recolored, stride), noise)
    return inputs


def _averaged(image: Image, stride: int) -> Float[Array, "height2 width2 3"]:
    """Average squares of `stride` pixels."""
    height, width, channels = image.shape
    return jnp.mean(image.reshape(height // stride, stride, width // stride, stride, channels), (1, 3))
