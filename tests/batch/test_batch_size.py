"""How many images are stylized at once."""

import dataclasses

import jax
import pytest

from nst_jax.batch import batch_size
from nst_jax.batch.batch_size import MOST_ON_CPU, bytes_per_image, max_batch_size
from nst_jax.networks.memory import activation_bytes
from nst_jax.networks.vgg import VGG, build_network
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from tests.conftest import QUICK

RECIPE = Recipe(**QUICK)
SIZE = Scale(64, 96)


@pytest.mark.slow
def test_the_compiler_counts_at_least_what_the_gradient_needs(tiny_network):
    network = VGG.of(tiny_network)
    needed = bytes_per_image(network, SIZE, RECIPE)
    image = 4 * 3 * SIZE.pixels
    assert needed > activation_bytes(tiny_network, RECIPE.layers, *SIZE) + 20 * image  # and ten pairs of L-BFGS
    assert bytes_per_image(network, Scale(128, 192), RECIPE) == pytest.approx(4 * needed, rel=0.2)
    assert bytes_per_image(network, SIZE, Recipe(**QUICK | {"optimizer": "adam"})) < needed


@pytest.mark.parametrize(("images_in_memory", "expected"), [(0.5, 1), (1.5, 1), (2.5, 2), (3.9, 2), (1e3, MOST_ON_CPU)])
def test_a_batch_is_the_largest_power_of_two_that_fits(tiny_network, monkeypatch, images_in_memory, expected):
    if jax.default_backend() != "cpu":
        pytest.skip("the limits of a CPU")
    usable = images_in_memory * bytes_per_image(build_network(tiny_network, RECIPE), SIZE, RECIPE)
    monkeypatch.setattr(batch_size, "memory_bytes", lambda: usable / batch_size.USABLE_ON_CPU)
    assert max_batch_size(tiny_network, SIZE, RECIPE) == expected * len(jax.local_devices())


def test_the_recipe_may_allow_less_memory_than_there_is(tiny_network, monkeypatch):
    monkeypatch.setattr(batch_size, "bytes_per_image", lambda *_: 10**9)
    monkeypatch.setattr(batch_size, "memory_bytes", lambda: 10**12)
    allowed = dataclasses.replace(RECIPE, max_memory="2.5GB")
    assert max_batch_size(tiny_network, SIZE, allowed) == 2 * len(jax.local_devices())
    assert max_batch_size(tiny_network, SIZE, RECIPE) > 2 * len(jax.local_devices())


def test_fast_pictures_are_stylized_one_by_one_on_a_cpu(tiny_network):
    expected = len(jax.local_devices()) if jax.default_backend() == "cpu" else 1
    assert max_batch_size(tiny_network, SIZE, Recipe(fast=True)) >= expected
    if jax.default_backend() == "cpu":
        assert max_batch_size(tiny_network, SIZE, Recipe(fast=True)) == expected
