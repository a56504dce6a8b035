"""A stand-in's activations against those of the network that published weights are meant for.

Weights that are not relative mean something only for activations of one size: a Gram loss grows with their fourth
power. Where a recipe runs on another network than its own, activations are taken for as large as its own would have.
"""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax.networks.vgg import CAFFE_UNIT, VGG19
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import VGG19_WIDTHS, block_of, stride

# L2 norms of torchvision's VGG-19 for an input of uniform noise in [0, 1], 256 x 256, without mean and deviation, as
# the tests of pystiche have them (pmeier/pystiche, tests/assets).
SIZE = 256
_NORMS = {"relu1_1": 896, "relu2_1": 2110, "relu3_1": 2450, "relu4_1": 865, "relu4_2": 792, "relu5_1": 167}


def activation_scales(network: VGG19, recipe: Recipe, layers: Iterable[str]) -> dict[str, float | Array]:
    """What this network's activations are multiplied with, for each layer.

    1 on the recipe's own network, and with relative losses. On a narrower one, or one of the other input convention,
    what brings the activations of noise, at a layer of the same block, to the size that they have in torchvision's
    network; for recipes that are meant for the caffe convention, times what its inputs are larger by.

    Args:
        network: of any width.
        recipe: says which activations its weights are meant for.
        layers: names.
    """
    own = network.preprocessing == recipe.tuned_for and network.widths[0] == VGG19_WIDTHS[0]
    if recipe.relative or recipe.tuned_for == "any" or own:
        return dict.fromkeys(layers, 1.0)
    unit = CAFFE_UNIT if recipe.tuned_for == "caffe" else 1.0
    measured = _noise_sizes(network, tuple(sorted({_likest(layer) for layer in layers})))
    return {layer: unit * _published(_likest(layer)) / measured[_likest(layer)] for layer in layers}


def _likest(layer: str) -> str:
    """The layer of the same block that something was published of."""
    return "relu4_2" if layer.endswith("4_2") else f"relu{block_of(layer)}_1"


def _published(layer: str) -> float:
    values = VGG19_WIDTHS[block_of(layer) - 1] * (SIZE // stride(layer)) ** 2
    return _NORMS[layer] / values**0.5


@jax.jit(static_argnames="layers")
def _noise_sizes(network: VGG19, layers: tuple[str, ...]) -> dict[str, Float[Array, ""]]:
    """Root mean squares of the activations of noise."""
    noise = np.random.RandomState(0).random_sample((SIZE, SIZE, 3))
    activations = network.of_normalized(jnp.asarray(noise, network.dtype), layers)
    return {name: jnp.sqrt(jnp.mean(values**2)) for name, values in activations.items()}
