"""The networks of the benchmarks: wider ones that compute the same."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.networks import widened
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import load_network
from nst_jax.objective.objective import Objective, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

RECIPE = Recipe(size=64, steps=6, min_size=32)


@pytest.mark.slow
# Channels of zeros have EPSILON as their variance, whose root has not converged in the Wasserstein distance.
@pytest.mark.parametrize(("statistic", "tolerance"), [("gram", 1e-4), ("wasserstein", 1e-3)])
def test_a_widened_network_has_the_losses_of_the_narrow_one(statistic, tolerance):
    content, style = (jnp.asarray(picture(seed, 48, 40)) for seed in (1, 2))
    narrow = load_network("embedded")
    wide = widened(narrow)
    assert wide.convolutions["conv5_1"][0].shape == (3, 3, 512, 512)
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    losses = []
    for weights in (narrow, wide):
        network = VGG.of(weights)
        targets = make_targets(network, content, style, recipe)
        losses.append(evaluate(content, network, targets, Objective.of(recipe)))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=tolerance), *losses)
