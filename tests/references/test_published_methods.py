"""The named recipes compared with independent implementations of the published methods in PyTorch."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.engine.preprocess import initial_image
from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.objective import Objective, Terms, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.optimizers.base import Evaluation, initial_state, take_step
from nst_jax.optimizers.build import build_optimizer
from nst_jax.recipes.phases import phases
from nst_jax.recipes.vgg_layers import VGG19_WIDTHS
from tests.conftest import shared
from tests.references.published_methods import (
    CONTENT,
    GOLDEN,
    PUBLISHED,
    STYLE,
    first_evaluation,
    network_of,
    recipe_for_any_network,
    reference,
)

# In double precision, losses and gradients agree to 1e-6. In single precision, losses agree to 1e-4 and the gradient
# less well: where two values of a pooling window nearly tie, rounding may choose the other one.
TOLERANCES = {np.float64: (1e-6, 1e-6), np.float32: (1e-4, 5e-3)}
IN_BOTH_PRECISIONS = pytest.mark.parametrize(
    "dtype",
    [pytest.param(np.float64, id="double"), pytest.param(np.float32, id="single", marks=pytest.mark.slow)],
)


def assert_first_evaluation(
    name: str, weights: NetworkWeights, terms: Terms, gradient: np.ndarray, dtype: type
) -> None:
    """Compare our first evaluation with the terms and the gradient of another implementation."""
    with jax.enable_x64(dtype == np.float64):
        our_terms, our_gradient = first_evaluation(recipe_for_any_network(name), weights, dtype)
    loss_tolerance, gradient_tolerance = TOLERANCES[dtype]
    ours, expected = (*our_terms, sum(map(float, our_terms))), (*terms, sum(terms))
    for value, expected_value in zip(ours, expected, strict=True):
        np.testing.assert_allclose(value, expected_value, rtol=loss_tolerance)
    assert np.linalg.norm(our_gradient - gradient) < gradient_tolerance * np.linalg.norm(gradient)


@IN_BOTH_PRECISIONS
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_first_evaluation_is_that_of_the_published_method(name, dtype):
    _, terms, gradient = reference(name, network_of(name))
    assert_first_evaluation(name, network_of(name), terms, gradient, dtype)


@pytest.mark.slow
@IN_BOTH_PRECISIONS
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_first_evaluation_with_pretrained_filters(name, dtype):
    """At full width; the first eight convolutions are Oxford's, deeper ones random."""
    with np.load(shared("data/teachers/vgg19_caffe_conv1_1-conv3_4.npz")) as file:
        real = {
            f"conv{layer[5]}_{layer[-1]}": (file[f"{layer}.kernel"], file[f"{layer}.bias"])
            for layer in sorted({key.partition(".")[0] for key in file})
        }
    wide = network_of(name, VGG19_WIDTHS)
    weights = dataclasses.replace(wide, convolutions={**wide.convolutions, **real})
    _, terms, gradient = reference(name, weights)
    assert_first_evaluation(name, weights, terms, gradient, dtype)


# Each recipe compiles an objective of its own; two stand for them all in the default run.
@IN_BOTH_PRECISIONS
@pytest.mark.parametrize(
    "name",
    [
        name if name in {"gatys", "pytorch-tutorial"} else pytest.param(name, marks=pytest.mark.slow)
        for name in PUBLISHED
    ],
)
def test_the_first_evaluation_has_the_golden_values(name, dtype):
    """These are the values of the PyTorch implementations, for machines without PyTorch."""
    with np.load(GOLDEN) as golden:
        terms, gradient = Terms(*golden[f"{name}.terms"]), golden[f"{name}.gradient"]
    assert_first_evaluation(name, network_of(name), terms, gradient, dtype)


@pytest.mark.parametrize("name", PUBLISHED)
def test_ten_evaluations_are_those_of_the_published_method(name, x64):
    """In double precision: in single, the losses of runs that begin wildly differ by percents after four steps."""
    method, *_ = reference(name, network_of(name))
    recipe = recipe_for_any_network(name)
    start = initial_image(recipe, CONTENT, STYLE)
    # Its random numbers differ from ours, so it starts from our image.
    expected = method.run(10, start) if name == "neural-style" else method.run(10)
    (phase,) = phases(recipe, 10, is_last_scale=True)
    module, optimizer = build_network(network_of(name), recipe, jnp.float64), build_optimizer(recipe, phase)
    targets = make_targets(module, jnp.asarray(CONTENT, jnp.float64), jnp.asarray(STYLE, jnp.float64), recipe)

    @jax.jit
    def step(state, module, targets):
        function = jax.value_and_grad(evaluate, has_aux=True)
        (loss, terms), gradient = function(state.trial, module, targets, Objective.of(recipe))
        return take_step(state, Evaluation(loss, terms, gradient), optimizer)

    state, losses = initial_state(jnp.asarray(start, jnp.float64), optimizer, Terms(*[jnp.zeros(())] * 3)), []
    for _ in range(10):
        state = step(state, module, targets)
        losses.append(float(state.loss))
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    assert max(losses) > 1.0001 * min(losses)
