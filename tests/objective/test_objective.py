"""The objective: its terms, and the gradient that the optimizers follow."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.losses.content import content_loss
from nst_jax.losses.gram import gram_matrix, gram_style_loss
from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective, evaluate
from tests.objective.evaluation import (
    CONTENT,
    EVALUATE,
    IMAGE,
    RECIPE,
    STYLE,
    VALUE_AND_GRADIENT,
    targets_of,
    terms_and_gradient,
    terms_of,
)


@pytest.fixture(scope="module")
def network(tiny_network) -> VGG:
    return VGG.of(tiny_network)


def test_terms_by_hand(network):
    recipe = dataclasses.replace(RECIPE, relative=False, style_layer_weights=(1, 3))
    layers = ["relu1_1", "relu2_1", "relu2_2"]
    image, content, style = (network(jnp.asarray(array), layers) for array in (IMAGE, CONTENT, STYLE))
    style_losses = [
        float(gram_style_loss(gram_matrix(image[name]), gram_matrix(style[name]))) for name in recipe.style_layers
    ]
    parts = terms_of(network, recipe)
    assert parts.content == pytest.approx(2 * float(content_loss(image["relu2_2"], content["relu2_2"])), rel=1e-5)
    assert parts.style == pytest.approx(3 * (style_losses[0] * 0.25 + style_losses[1] * 0.75), rel=1e-5)


@pytest.mark.parametrize("statistic", ["gram", "mean-std"])
def test_the_targets_themselves_have_no_loss(network, statistic):
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    assert terms_of(network, recipe, image=CONTENT).content == 0
    # Compiled on their own and within the objective, the same statistics differ by rounding.
    assert terms_of(network, recipe, image=STYLE, content=STYLE).style < 1e-10


def test_terms_without_weight_are_not_computed(network):
    recipe = dataclasses.replace(RECIPE, content_weight=0, tv_weight=0, style_layers=("relu1_1",))
    objective = Objective.of(recipe)
    assert objective.content_layers == ()
    targets = targets_of(network, recipe)
    program = str(jax.make_jaxpr(lambda x: evaluate(x, network, targets, objective))(jnp.asarray(IMAGE)))
    assert program.count("conv_general_dilated[") == 1
    parts = terms_of(network, recipe)
    assert parts.content == 0
    assert parts.total_variation == 0


@pytest.mark.parametrize("pooling", ["max", "avg"])
@pytest.mark.parametrize("statistic", ["gram", "mean-std"])
def test_the_gradient_agrees_with_finite_differences(tiny_network, pooling, statistic, x64):
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    network = VGG.of(tiny_network, pooling=pooling, dtype=jnp.float64)
    targets, image = targets_of(network, recipe), jnp.asarray(IMAGE, jnp.float64)

    def loss_and_gradient(x):
        (value, _), gradient = VALUE_AND_GRADIENT(x, network, targets, objective=Objective.of(recipe))
        return value, gradient

    direction = jnp.asarray(np.random.default_rng(0).normal(size=image.shape))
    step = 1e-7
    plus, minus = (loss_and_gradient(image + sign * step * direction)[0] for sign in (1, -1))
    difference = float((plus - minus) / (2 * step))
    assert jnp.vdot(loss_and_gradient(image)[1], direction) == pytest.approx(difference, rel=1e-5)


TURNS = {"upside down": lambda x: x[::-1], "mirrored": lambda x: x[:, ::-1], "transposed": lambda x: x.swapaxes(0, 1)}


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("statistic", ["gram", "mean-std"])
def test_turning_all_images_and_the_kernels_turns_the_gradient(tiny_network, turn, statistic, x64):
    """The sides are even, so that the pooling has the same windows."""
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    turned_weights = dataclasses.replace(
        tiny_network,
        convolutions={name: (turn(kernel).copy(), bias) for name, (kernel, bias) in tiny_network.convolutions.items()},
    )
    terms, gradient = terms_and_gradient(VGG.of(tiny_network, dtype=jnp.float64), recipe, IMAGE)
    turned_terms, turned_gradient = terms_and_gradient(
        VGG.of(turned_weights, dtype=jnp.float64), recipe, turn(IMAGE), content=turn(CONTENT), style=turn(STYLE)
    )
    np.testing.assert_allclose(turned_terms, terms, rtol=1e-10)
    scale = float(jnp.abs(gradient).max())
    assert scale > 0
    np.testing.assert_allclose(turned_gradient, turn(gradient), rtol=0, atol=1e-10 * scale)


@pytest.mark.parametrize("factor", [1.0, 4.0])
def test_color_differences_count_by_a_factor_in_the_total_variation(network, factor):
    """With squares, a wave along a color axis counts the factor times what the same wave of gray does."""
    recipe = dataclasses.replace(RECIPE, content_weight=0.0, style_weight=0.0, tv_weight=1.0, tv_color=factor)
    wave = np.sin(np.arange(32)).reshape(-1, 1, 1) * np.ones((1, 32, 1))
    losses = []
    for axis in ((1, 1, 1), (1, 0, -1), (1, -2, 1)):
        image = jnp.asarray(0.5 + 0.1 * wave * np.array(axis) / np.linalg.norm(axis), jnp.float32)
        targets = targets_of(network, recipe, content=image, style=image)
        losses.append(float(EVALUATE(image, network, targets, objective=Objective.of(recipe))[0]))
    np.testing.assert_allclose(np.array(losses[1:]) / losses[0], factor, rtol=1e-3)
