"""Scale factors that bring a network's activations to the size for which published weights were tuned.

Absolute loss weights fit only activations of one size: a Gram loss grows with their fourth power. If a recipe runs on
another network than the one it was tuned for, its activations are scaled to the size that the latter would have.
"""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax.networks.vgg import VGG
from nst_jax.networks.vgg_function import CAFFE_UNIT
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import VGG19_WIDTHS, block_of, stride

# L2 norms of the activations of torchvision's VGG-19 for an input of 256 x 256 pixels of uniform noise in [0, 1],
# without subtraction of the mean or division by the standard deviation, from the tests of pystiche (pmeier/pystiche,
# tests/assets).
SIZE = 256
_NORMS = {"relu1_1": 896, "relu2_1": 2110, "relu3_1": 2450, "relu4_1": 865, "relu4_2": 792, "relu5_1": 167}


def activation_scales(network: VGG, recipe: Recipe, layers: Iterable[str]) -> dict[str, float | Array]:
    """Compute the factor of the network's activations at each layer.

    The factor is 1 with relative losses, for recipes that are not tuned for a particular network, and on the network
    that the recipe is tuned for. On a narrower network, or one of the other input convention, it is the ratio between
    the published and the measured root mean square of the activations of uniform noise, at a layer of the same block.
    The published values are those of torchvision's network; for recipes tuned for the caffe convention they are
    multiplied by CAFFE_UNIT, the ratio of the input scales.

    Args:
        network: a network of any width.
        recipe: the settings; `tuned_for` names the network for which its weights were tuned.
        layers: names of layers.
    """
    is_tuned = network.preprocessing == recipe.tuned_for and network.widths[0] == VGG19_WIDTHS[0]
    if recipe.relative or recipe.tuned_for == "any" or is_tuned:
        return dict.fromkeys(layers, 1.0)
    unit = CAFFE_UNIT if recipe.tuned_for == "caffe" else 1.0
    measured = _noise_rms(network, tuple(sorted({_reference_layer(layer) for layer in layers})))
    return {
        layer: unit * _published_rms(_reference_layer(layer)) / measured[_reference_layer(layer)] for layer in layers
    }


def _reference_layer(layer: str) -> str:
    """Return the layer of the same block for which a norm is published."""
    return "relu4_2" if layer.endswith("4_2") else f"relu{block_of(layer)}_1"


def _published_rms(layer: str) -> float:
    """Convert the published L2 norm of a layer to a root mean square."""
    count = VGG19_WIDTHS[block_of(layer) - 1] * (SIZE // stride(layer)) ** 2
    return _NORMS[layer] / count**0.5


@jax.jit(static_argnames="layers")
def _noise_rms(network: VGG, layers: tuple[str, ...]) -> dict[str, Float[Array, ""]]:
    """Compute the root mean square of the activations of uniform noise at each layer."""
    noise = np.random.RandomState(0).random_sample((SIZE, SIZE, 3))
    activations = network.of_normalized(jnp.asarray(noise, network.dtype), layers)
    return {name: jnp.sqrt(jnp.mean(values**2)) for name, values in activations.items()}
