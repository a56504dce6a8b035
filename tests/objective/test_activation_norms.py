"""The factors that bring activations to the size for which published weights were tuned."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

import nst_jax
from nst_jax.networks.vgg import VGG
from nst_jax.objective.activation_norms import activation_scales
from nst_jax.recipes.published import get_recipe
from tests.references.published_methods import first_evaluation, network_of


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gatys", "pytorch-tutorial", "crowsonkb"])
def test_losses_on_another_network_do_not_depend_on_the_size_of_its_activations(name):
    """A narrow network whose activations are all three times as large gives the same losses."""
    narrow = dataclasses.replace(network_of(name), preprocessing="torchvision")
    kernel, bias = narrow.convolutions["conv1_1"]
    larger = dataclasses.replace(narrow, convolutions={**narrow.convolutions, "conv1_1": (3 * kernel, 3 * bias)})
    ours, scaled = (first_evaluation(get_recipe(name), weights)[0] for weights in (narrow, larger))
    for one, other in zip(ours, scaled, strict=True):
        # The Wasserstein distance contains a small constant.
        np.testing.assert_allclose(one, other, rtol=1e-2 if name == "crowsonkb" else 1e-3)


@pytest.mark.slow
def test_scaled_activations_of_the_embedded_network_have_the_published_size_on_noise():
    module = VGG.of(nst_jax.load_network("embedded"))
    layers = ("relu1_1", "conv2_2", "relu4_2", "relu5_1")
    torchvision = activation_scales(module, get_recipe("pytorch-tutorial"), layers)
    noise = np.random.RandomState(0).random_sample((256, 256, 3)).astype(np.float32)
    activations = module.of_normalized(jnp.asarray(noise), ("relu1_1", "relu4_2", "relu5_1"))
    for layer, norm, values in (
        ("relu1_1", 896, 64 * 256**2),
        ("relu4_2", 792, 512 * 32**2),
        ("relu5_1", 167, 512 * 16**2),
    ):
        size = jnp.sqrt(jnp.mean(activations[layer] ** 2))
        assert torchvision[layer] * size == pytest.approx(np.sqrt(norm**2 / values), rel=1e-4)
    caffe = activation_scales(module, get_recipe("gatys"), layers)
    assert caffe["relu5_1"] / torchvision["relu5_1"] == pytest.approx(57.63, abs=0.01)
    assert set(activation_scales(module, nst_jax.Recipe(), layers).values()) == {1.0}
