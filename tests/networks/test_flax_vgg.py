"""The Flax module: it computes what the network without Flax does, of parameters that Flax's functions see."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import nst_jax
from nst_jax.networks.vgg import VGG
from tests.conftest import picture

LAYERS = ("relu1_1", "relu2_1", "relu3_2")


def energy(network, image):
    return sum((values**2).sum() for values in network(image, LAYERS).values())


@pytest.mark.parametrize(
    "options",
    [{}, {"padding": "replicate", "pooling": "avg", "input_range": "0-256"}, {"convolution": "winograd"}],
    ids=str,
)
def test_it_computes_what_the_network_without_flax_does(tiny_network, options):
    module, network, image = nst_jax.VGG19(tiny_network, **options), VGG.of(tiny_network, **options), picture(0, 20, 28)
    for name, values in module(jnp.asarray(image), LAYERS).items():
        np.testing.assert_array_equal(values, network(jnp.asarray(image), LAYERS)[name])
    for name, values in module.of_normalized(jnp.asarray(image), LAYERS).items():
        np.testing.assert_array_equal(values, network.of_normalized(jnp.asarray(image), LAYERS)[name])
    assert (module.widths, module.dtype) == (network.widths, network.dtype)


def test_its_parameters_are_flax_parameters(tiny_network):
    module = nst_jax.VGG19(tiny_network)
    _, parameters, rest = nnx.split(module, nnx.Param, ...)
    assert not jax.tree.leaves(rest)
    for name, (kernel, bias) in tiny_network.convolutions.items():
        np.testing.assert_array_equal(parameters["convolutions"][name]["kernel"][0][...], kernel)
        np.testing.assert_array_equal(parameters["convolutions"][name]["bias"][...], bias)


def test_an_update_of_a_parameter_changes_the_activations(tiny_network):
    module, image = nst_jax.VGG19(tiny_network), jnp.asarray(picture(1))
    before = module(image, ["conv1_1"])["conv1_1"]
    module.convolutions["conv1_1"].bias[...] += 1
    np.testing.assert_allclose(module(image, ["conv1_1"])["conv1_1"], before + 1, rtol=1e-5, atol=1e-5)


def test_jit_grad_and_vmap_take_it_as_an_argument(tiny_network):
    module, network = nst_jax.VGG19(tiny_network), VGG.of(tiny_network)
    images = jnp.asarray(np.stack([picture(seed, 20, 28) for seed in range(2)]))
    gradient = jax.jit(jax.grad(energy))(module, images[0])
    expected = jax.jit(jax.grad(energy))(network, images[0])
    for one, other in zip(jax.tree.leaves(gradient.function()), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * float(jnp.abs(other).max()))
    mapped = jax.vmap(energy, (None, 0))(module, images)
    np.testing.assert_allclose(mapped, [energy(module, image) for image in images], rtol=1e-4)


def test_it_can_be_pickled(tiny_network):
    module, image = nst_jax.VGG19(tiny_network, padding="replicate"), jnp.asarray(picture(2))
    copy = pickle.loads(pickle.dumps(module))
    np.testing.assert_array_equal(copy(image, LAYERS)["relu3_2"], module(image, LAYERS)["relu3_2"])
