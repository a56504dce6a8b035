"""The first evaluation of each published recipe, by this package and by the independent implementations in PyTorch."""

import dataclasses
import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.random_init import random_network
from nst_jax.objective.objective import Objective, Terms, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.published import RECIPES, get_recipe
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

PUBLISHED = [name for name in RECIPES if name != "default"]
GOLDEN = Path(__file__).parent / "golden" / "recipes.npz"
CONTENT, STYLE, STYLIZED = picture(1, 32, 48), picture(2, 48, 32), picture(3, 32, 48)
VALUE_AND_GRADIENT = jax.jit(jax.value_and_grad(evaluate, has_aux=True), static_argnums=3)


@functools.cache
def network_of(name: str, widths: tuple[int, ...] = (8, 8, 12, 12, 16)) -> NetworkWeights:
    """Make a VGG-19 with random filters and the input convention that a recipe was published with."""
    convention = get_recipe(name).tuned_for
    assert convention != "any"
    return dataclasses.replace(random_network(widths), preprocessing=convention)


def recipe_for_any_network(name: str) -> Recipe:
    """Return a recipe whose weights are not adapted to the activations of a narrow network."""
    return dataclasses.replace(get_recipe(name), tuned_for="any")


def first_evaluation(recipe: Recipe, weights: NetworkWeights, dtype: type = np.float32) -> tuple[Terms, np.ndarray]:
    """Compute this package's terms and gradient at the stylized image."""
    module = build_network(weights, recipe, dtype)
    content, style, stylized = (jnp.asarray(each, dtype) for each in (CONTENT, STYLE, STYLIZED))
    targets = make_targets(module, content, style, recipe)
    (_, terms), gradient = VALUE_AND_GRADIENT(stylized, module, targets, Objective.of(recipe))
    assert gradient.dtype == dtype
    return terms, np.asarray(gradient)


def reference(name: str, weights: NetworkWeights):
    """Compute the same in PyTorch, in float64; return the method, its terms and its gradient."""
    torch = pytest.importorskip("torch")
    from tests.references.pytorch_references import METHODS, tensor

    method = METHODS[name](weights.convolutions, CONTENT, STYLE)
    x = tensor(STYLIZED).requires_grad_()
    terms = method.terms(x)
    (gradient,) = torch.autograd.grad(sum(terms.values()), x)
    values = Terms(*(terms[key].item() for key in ("content", "style", "tv")))
    return method, values, gradient[0].permute(1, 2, 0).numpy()
