"""The factors of all losses: weights of terms and layers, units, regions, and Huber's loss."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_jax.losses.gram import gram_matrix, gram_style_loss
from nst_jax.networks.vgg import VGG
from nst_jax.objective.coefficients import Units, make_coefficients
from nst_jax.objective.objective import Objective, without_huber
from tests.objective.evaluation import EVALUATE, IMAGE, RECIPE, targets_of, terms_of


@pytest.fixture(scope="module")
def network(tiny_network) -> VGG:
    return VGG.of(tiny_network)


def with_first_layer(weights, change):
    """Return the weights with a changed kernel and bias of conv1_1."""
    convolutions = dict(weights.convolutions)
    return dataclasses.replace(weights, convolutions=convolutions | {"conv1_1": change(*convolutions["conv1_1"])})


@settings(max_examples=10)
@given(st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0.1, 100))
def test_terms_are_proportional_to_their_weights(network, content_weight, style_weight, tv_weight):
    one = terms_of(network, dataclasses.replace(RECIPE, content_weight=1, style_weight=1, tv_weight=1))
    weights = {"content_weight": content_weight, "style_weight": style_weight, "tv_weight": tv_weight}
    parts = terms_of(network, dataclasses.replace(RECIPE, **weights))
    np.testing.assert_allclose(parts, np.array(one) * list(weights.values()), rtol=1e-5)


@settings(max_examples=5)
@given(st.floats(0.5, 20))
def test_only_the_ratios_of_layer_weights_count(network, factor):
    one = terms_of(network, dataclasses.replace(RECIPE, style_layer_weights=(1, 2)))
    scaled = terms_of(network, dataclasses.replace(RECIPE, style_layer_weights=(factor, 2 * factor)))
    assert scaled.style == pytest.approx(one.style, rel=1e-5)


def test_relative_terms_do_not_depend_on_the_size_of_activations(tiny_network):
    """With zero biases, a first kernel twice as large doubles all activations."""
    doubled = with_first_layer(tiny_network, lambda kernel, bias: (kernel * 2, bias))
    small, large = (terms_of(VGG.of(weights), RECIPE) for weights in (tiny_network, doubled))
    np.testing.assert_allclose(large, small, rtol=1e-5)
    absolute = dataclasses.replace(RECIPE, relative=False)
    assert terms_of(VGG.of(doubled), absolute).content == pytest.approx(
        4 * terms_of(VGG.of(tiny_network), absolute).content, rel=1e-5
    )


def test_terms_are_finite_for_targets_without_any_activation(tiny_network):
    """Large negative biases make all targets zero, which must not lead to a division by zero."""
    silent = with_first_layer(tiny_network, lambda kernel, bias: (kernel, bias - 1e3))
    assert np.isfinite(terms_of(VGG.of(silent), RECIPE)).all()


@pytest.mark.parametrize("content_weight", [0, 0.01, 2])
@pytest.mark.parametrize("relative", [True, False])
def test_the_threshold_of_hubers_loss_is_relative_to_the_losses_of_zero_features(network, relative, content_weight):
    """Of two layers, each has half of the content term of zero features as its unit, or a thirtieth of its own."""
    recipe = dataclasses.replace(
        RECIPE, style_huber=0.01, relative=relative, content_weight=content_weight, tv_weight=0
    )
    targets = targets_of(network, recipe)
    activations = network(jnp.asarray(IMAGE), ["relu1_1", "relu2_1"])
    content_of_zeros = sum(
        float(targets.coefficients.content[name] * jnp.mean(target**2)) for name, target in targets.content.items()
    )
    assert content_of_zeros == pytest.approx(content_weight, rel=1e-5) or not relative
    robust_style = 0.0
    for name, features in activations.items():
        (target,), (coefficient,) = targets.style[name], targets.coefficients.style[name]
        loss = float(coefficient * gram_style_loss(gram_matrix(features), target))
        threshold = (0.01 * max(content_of_zeros / 2, float(coefficient * jnp.mean(target**2)) / 30)) ** 0.5
        assert loss > threshold**2
        robust_style += 2 * threshold * loss**0.5 - threshold**2
    objective = Objective.of(recipe)
    total, parts = EVALUATE(jnp.asarray(IMAGE), network, targets, objective=objective)
    assert float(total - parts.content) == pytest.approx(robust_style, rel=1e-3)
    plain, same = EVALUATE(jnp.asarray(IMAGE), network, without_huber(targets), objective=objective)
    assert float(plain) == pytest.approx(float(same.content + same.style), rel=1e-6)
    np.testing.assert_allclose(parts, same, rtol=1e-6)


@pytest.mark.parametrize("changes", [{"relative": True}, {"relative": False}, {"style_strength": 0.6}])
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=4))
def test_coefficients_of_regions_that_partition_the_image_add_up_to_those_without_regions(changes, sizes):
    """Here all regions have the same style; a region counts by its area."""
    recipe = dataclasses.replace(RECIPE, **changes)

    def style_coefficients(areas):
        count = len(areas)
        units = Units(
            {"relu2_2": jnp.asarray(2.0)},
            {"relu1_1": (jnp.asarray(3.0),) * count, "relu2_1": (jnp.asarray(5.0),) * count},
            {"relu1_1": (jnp.asarray(0.7),) * count, "relu2_1": (jnp.asarray(0.9),) * count},
        )
        scales = {"relu1_1": 1.1, "relu2_1": 1.2, "relu2_2": 1.3}
        return make_coefficients(recipe, units, scales, areas, np.float32).style

    areas = tuple(size / sum(sizes) for size in sizes)
    whole, parts = style_coefficients((1.0,)), style_coefficients(areas)
    for layer, (expected,) in whole.items():
        assert expected > 0
        assert len(parts[layer]) == len(areas)
        assert float(sum(parts[layer])) == pytest.approx(float(expected), rel=1e-5)
        np.testing.assert_allclose(jnp.stack(parts[layer]), np.array(areas) * float(expected), rtol=1e-5)
