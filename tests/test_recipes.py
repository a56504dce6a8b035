"""The named recipes against independent implementations of what was published."""

import dataclasses
import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nst_jax
from nst_jax import InputError
from nst_jax.engine.preprocess import initial_image
from nst_jax.networks.vgg import VGG19, build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.random_init import random_network
from nst_jax.objective.activation_norms import activation_scales
from nst_jax.objective.objective import Objective, Terms, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.optimizers.base import Evaluation, initial_state, take_step
from nst_jax.optimizers.build import build_optimizer
from nst_jax.recipes.published import RECIPES, get_recipe
from nst_jax.recipes.vgg_layers import VGG19_WIDTHS
from tests.conftest import picture, shared

PUBLISHED = [name for name in RECIPES if name != "default"]
GOLDEN = Path(__file__).parent / "golden" / "recipes.npz"
CONTENT, STYLE, PAINTED = picture(1, 32, 48), picture(2, 48, 32), picture(3, 32, 48)


@functools.cache
def network(name: str, widths: tuple[int, ...] = (8, 8, 12, 12, 16)) -> NetworkWeights:
    """A VGG-19 with random filters, of the convention that a recipe was published with."""
    convention = get_recipe(name).tuned_for
    assert convention != "any"
    return dataclasses.replace(random_network(widths), preprocessing=convention)


def plain(name: str) -> nst_jax.Recipe:
    """The recipe, with the network taken for its own, though narrow."""
    return dataclasses.replace(get_recipe(name), tuned_for="any")


def first_evaluation(
    recipe: nst_jax.Recipe, weights: NetworkWeights, dtype: type = np.float32
) -> tuple[Terms, np.ndarray]:
    """Our terms and gradient at a picture."""
    module = build_network(weights, recipe, dtype)
    content, style, painted = (jnp.asarray(each, dtype) for each in (CONTENT, STYLE, PAINTED))
    targets = make_targets(module, content, style, recipe)
    function = jax.jit(jax.value_and_grad(evaluate, has_aux=True), static_argnums=3)
    (_, terms), gradient = function(painted, module, targets, Objective.of(recipe))
    assert gradient.dtype == dtype
    return terms, np.asarray(gradient)


def reference(name: str, weights: NetworkWeights):
    """The same in PyTorch, in float64."""
    torch = pytest.importorskip("torch")
    from tests.pytorch_references import METHODS, tensor

    method = METHODS[name](weights.convolutions, CONTENT, STYLE)
    x = tensor(PAINTED).requires_grad_()
    terms = method.terms(x)
    (gradient,) = torch.autograd.grad(sum(terms.values()), x)
    values = Terms(*(terms[key].item() for key in ("content", "style", "tv")))
    return method, values, gradient[0].permute(1, 2, 0).numpy()


def assert_same(name: str, weights: NetworkWeights, terms: Terms, gradient: np.ndarray) -> None:
    """In double precision to 1e-6. In single precision the losses to 1e-4.

    The gradient not: where two values of a pooling window nearly tie, rounding may choose the other one.
    """
    with jax.enable_x64(True):
        exact = first_evaluation(plain(name), weights, np.float64)
    rounded = first_evaluation(plain(name), weights)
    for ours, tolerance in ((exact, 1e-6), (rounded, 1e-4)):
        for value, expected in zip((*ours[0], sum(map(float, ours[0]))), (*terms, sum(terms)), strict=True):
            np.testing.assert_allclose(value, expected, rtol=tolerance)
    for ours, tolerance in ((exact, 1e-6), (rounded, 5e-3)):
        assert np.linalg.norm(ours[1] - gradient) < tolerance * np.linalg.norm(gradient)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_first_evaluation_is_that_of_the_published_method(name):
    _, terms, gradient = reference(name, network(name))
    assert_same(name, network(name), terms, gradient)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_first_evaluation_with_real_filters(name):
    """At full width; the first eight convolutions are Oxford's, deeper ones random."""
    with np.load(shared("data/teachers/vgg19_caffe_conv1_1-conv3_4.npz")) as file:
        real = {
            f"conv{layer[5]}_{layer[-1]}": (file[f"{layer}.kernel"], file[f"{layer}.bias"])
            for layer in sorted({key.partition(".")[0] for key in file})
        }
    wide = network(name, VGG19_WIDTHS)
    weights = dataclasses.replace(wide, convolutions={**wide.convolutions, **real})
    _, terms, gradient = reference(name, weights)
    assert_same(name, weights, terms, gradient)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_first_evaluation_is_the_golden_one(name):
    """What the references gave, for where there is no PyTorch; `python -m tests.make_golden` writes it."""
    with np.load(GOLDEN) as golden:
        terms, gradient = Terms(*golden[f"{name}.terms"]), golden[f"{name}.gradient"]
    assert_same(name, network(name), terms, gradient)


@pytest.mark.parametrize("name", PUBLISHED)
def test_ten_evaluations_are_those_of_the_published_method(name, x64):
    """Step by step, in double precision: in single, the losses of wild beginnings part by percents after four."""
    method, *_ = reference(name, network(name))
    recipe = plain(name)
    start = initial_image(recipe, CONTENT, STYLE)
    # Its random numbers are not ours.
    expected = method.run(10, start) if name == "neural-style" else method.run(10)
    module, optimizer = build_network(network(name), recipe, jnp.float64), build_optimizer(recipe)
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


@pytest.mark.parametrize("name", ["gatys", "pytorch-tutorial", "crowsonkb"])
def test_a_stand_ins_activations_are_taken_for_its_own(name):
    """A narrow network whose activations are all three times as large gives the same losses."""
    narrow = dataclasses.replace(network(name), preprocessing="torchvision")
    kernel, bias = narrow.convolutions["conv1_1"]
    larger = dataclasses.replace(narrow, convolutions={**narrow.convolutions, "conv1_1": (3 * kernel, 3 * bias)})
    ours, theirs = (first_evaluation(get_recipe(name), weights)[0] for weights in (narrow, larger))
    for one, other in zip(ours, theirs, strict=True):
        # The Wasserstein distance has a small constant in it.
        np.testing.assert_allclose(one, other, rtol=1e-2 if name == "crowsonkb" else 1e-3)


def test_the_embedded_networks_activations_have_the_published_size_on_noise():
    module = VGG19(nst_jax.load_network("embedded"))
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


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="no recipe 'gattys'; there are default, gatys"):
        get_recipe("gattys")
