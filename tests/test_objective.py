"""The objective: terms, weights, and the gradient that the optimizers follow."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_jax.losses.content import content_loss
from nst_jax.losses.gram import gram_matrix, gram_style_loss
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.objective import Objective, Terms, evaluate, without_huber
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

RECIPE = Recipe(
    content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"), content_weight=2, style_weight=3, tv_weight=5
)
IMAGE, CONTENT, STYLE = picture(0), picture(1), picture(2, 40, 24)


@pytest.fixture(scope="module")
def network(tiny_network) -> VGG19:
    return VGG19(tiny_network)


def terms(network, recipe, image=IMAGE, content=CONTENT, style=STYLE):
    targets = make_targets(network, jnp.asarray(content), jnp.asarray(style), recipe)
    total, parts = jax.jit(evaluate, static_argnums=3)(jnp.asarray(image), network, targets, Objective.of(recipe))
    parts = Terms(*(float(part) for part in parts))
    assert float(total) <= sum(parts) * (1 + 1e-6)
    assert recipe.style_huber or float(total) == pytest.approx(sum(parts), rel=1e-6)
    return parts


def with_first_layer(weights, change):
    convolutions = dict(weights.convolutions)
    return dataclasses.replace(weights, convolutions=convolutions | {"conv1_1": change(*convolutions["conv1_1"])})


def test_terms_by_hand(network):
    recipe = dataclasses.replace(RECIPE, relative=False, style_layer_weights=(1, 3))
    layers = ["relu1_1", "relu2_1", "relu2_2"]
    image, content, style = (network(jnp.asarray(array), layers) for array in (IMAGE, CONTENT, STYLE))
    style_losses = [
        float(gram_style_loss(gram_matrix(image[name]), gram_matrix(style[name]))) for name in recipe.style_layers
    ]
    parts = terms(network, recipe)
    assert parts.content == pytest.approx(2 * float(content_loss(image["relu2_2"], content["relu2_2"])), rel=1e-5)
    assert parts.style == pytest.approx(3 * (style_losses[0] * 0.25 + style_losses[1] * 0.75), rel=1e-5)


@pytest.mark.parametrize("statistic", ["gram", "mean-std"])
def test_the_targets_themselves_cost_nothing(network, statistic):
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    assert terms(network, recipe, image=CONTENT).content == 0
    # Compiled on their own and within the objective, the same statistics differ by rounding.
    assert terms(network, recipe, image=STYLE, content=STYLE).style < 1e-10


@settings(max_examples=10)
@given(st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0.1, 100))
def test_weights_act_linearly(network, content_weight, style_weight, tv_weight):
    one = terms(network, dataclasses.replace(RECIPE, content_weight=1, style_weight=1, tv_weight=1))
    weights = {"content_weight": content_weight, "style_weight": style_weight, "tv_weight": tv_weight}
    parts = terms(network, dataclasses.replace(RECIPE, **weights))
    np.testing.assert_allclose(parts, np.array(one) * list(weights.values()), rtol=1e-5)


@settings(max_examples=5)
@given(st.floats(0.5, 20))
def test_of_layer_weights_only_ratios_count(network, factor):
    one = terms(network, dataclasses.replace(RECIPE, style_layer_weights=(1, 2)))
    scaled = terms(network, dataclasses.replace(RECIPE, style_layer_weights=(factor, 2 * factor)))
    assert scaled.style == pytest.approx(one.style, rel=1e-5)


def test_relative_terms_do_not_depend_on_the_networks_scale(tiny_network):
    """With zero biases, a first kernel twice as large doubles all activations; the relative objective must not care."""
    louder = with_first_layer(tiny_network, lambda kernel, bias: (kernel * 2, bias))
    quiet, loud = (terms(VGG19(weights), RECIPE) for weights in (tiny_network, louder))
    np.testing.assert_allclose(loud, quiet, rtol=1e-5)
    absolute = dataclasses.replace(RECIPE, relative=False)
    assert terms(VGG19(louder), absolute).content == pytest.approx(
        4 * terms(VGG19(tiny_network), absolute).content, rel=1e-5
    )


def test_a_target_without_any_activation_has_no_scale(tiny_network):
    """Biases that silence the network leave a zero target, which must not become a division by zero."""
    silent = with_first_layer(tiny_network, lambda kernel, bias: (kernel, bias - 1e3))
    assert np.isfinite(terms(VGG19(silent), RECIPE)).all()


def test_terms_without_weight_are_left_out(network):
    recipe = dataclasses.replace(RECIPE, content_weight=0, tv_weight=0, style_layers=("relu1_1",))
    objective = Objective.of(recipe)
    assert objective.content_layers == ()
    targets = make_targets(network, jnp.asarray(CONTENT), jnp.asarray(STYLE), recipe)
    program = str(jax.make_jaxpr(lambda x: evaluate(x, network, targets, objective))(jnp.asarray(IMAGE)))
    assert program.count("conv_general_dilated[") == 1
    parts = terms(network, recipe)
    assert parts.content == 0
    assert parts.total_variation == 0


@pytest.mark.parametrize("content_weight", [0, 0.01, 2])
@pytest.mark.parametrize("relative", [True, False])
def test_hubers_loss_is_measured_by_the_terms_of_silence(network, relative, content_weight):
    """Two layers: each is a square up to a part of half of the content term that no activations have, or of its own."""
    recipe = dataclasses.replace(
        RECIPE, style_huber=0.01, relative=relative, content_weight=content_weight, tv_weight=0
    )
    targets = make_targets(network, jnp.asarray(CONTENT), jnp.asarray(STYLE), recipe)
    activations = network(jnp.asarray(IMAGE), ["relu1_1", "relu2_1"])
    silence = sum(
        float(targets.coefficients.content[name] * jnp.mean(target**2)) for name, target in targets.content.items()
    )
    assert silence == pytest.approx(content_weight, rel=1e-5) or not relative
    pull = 0.0
    for name, features in activations.items():
        (target,), (coefficient,) = targets.style[name], targets.coefficients.style[name]
        loss = float(coefficient * gram_style_loss(gram_matrix(features), target))
        threshold = (0.01 * max(silence / 2, float(coefficient * jnp.mean(target**2)) / 30)) ** 0.5
        assert loss > threshold**2
        pull += 2 * threshold * loss**0.5 - threshold**2
    total, parts = evaluate(jnp.asarray(IMAGE), network, targets, Objective.of(recipe))
    assert float(total - parts.content) == pytest.approx(pull, rel=1e-3)
    plain, same = evaluate(jnp.asarray(IMAGE), network, without_huber(targets), Objective.of(recipe))
    assert float(plain) == pytest.approx(float(same.content + same.style), rel=1e-6)
    np.testing.assert_allclose(parts, same, rtol=1e-6)


@pytest.mark.parametrize("pooling", ["max", "avg"])
@pytest.mark.parametrize("statistic", ["gram", "mean-std"])
def test_the_gradient_agrees_with_finite_differences(tiny_network, pooling, statistic, x64):
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    network = VGG19(tiny_network, pooling=pooling, dtype=jnp.float64)
    image, content, style = (jnp.asarray(array, jnp.float64) for array in (IMAGE, CONTENT, STYLE))
    targets = make_targets(network, content, style, recipe)

    @jax.jit
    def loss(x):
        return evaluate(x, network, targets, Objective.of(recipe))[0]

    direction = jnp.asarray(np.random.default_rng(0).normal(size=image.shape))
    step = 1e-7
    difference = (loss(image + step * direction) - loss(image - step * direction)) / (2 * step)
    assert jnp.vdot(jax.grad(loss)(image), direction) == pytest.approx(float(difference), rel=1e-5)


@pytest.mark.parametrize("factor", [1.0, 4.0])
def test_color_differences_count_more_in_the_total_variation(tiny_network, factor):
    """Of squares, a wave of one color axis counts its factor times what the same wave of gray does."""
    recipe = dataclasses.replace(RECIPE, content_weight=0.0, style_weight=0.0, tv_weight=1.0, tv_color=factor)
    network, wave = VGG19(tiny_network), np.sin(np.arange(32)).reshape(-1, 1, 1) * np.ones((1, 32, 1))
    values = []
    for axis in ((1, 1, 1), (1, 0, -1), (1, -2, 1)):
        image = jnp.asarray(0.5 + 0.1 * wave * np.array(axis) / np.linalg.norm(axis), jnp.float32)
        targets = make_targets(network, image, image, recipe)
        values.append(float(evaluate(image, network, targets, Objective.of(recipe))[0]))
    np.testing.assert_allclose(np.array(values[1:]) / values[0], factor, rtol=1e-3)
