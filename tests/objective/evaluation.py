"""The objective of a small recipe at three images, compiled once for all tests of this package."""

import jax
import jax.numpy as jnp
import pytest

from nst_jax.objective.objective import Masks, Objective, Targets, Terms, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

IMAGE, CONTENT, STYLE = picture(0), picture(1), picture(2, 40, 24)
RECIPE = Recipe(
    content_layers=("relu2_2",),
    style_layers=("relu1_1", "relu2_1"),
    style_statistic="gram",
    content_weight=2,
    style_weight=3,
    tv_weight=5,
)
EVALUATE = jax.jit(evaluate, static_argnames="objective")
VALUE_AND_GRADIENT = jax.jit(jax.value_and_grad(evaluate, has_aux=True), static_argnames="objective")


def targets_of(network, recipe, masks=None, content=CONTENT, style=STYLE) -> Targets:
    """Compute targets in the network's dtype."""
    content, style = (jnp.asarray(array, network.dtype) for array in (content, style))
    return make_targets(network, content, style, recipe, masks)


def terms_of(network, recipe, image=IMAGE, content=CONTENT, style=STYLE) -> Terms:
    """Compute the terms as floats, and check that they add up to the total."""
    targets = targets_of(network, recipe, content=content, style=style)
    total, parts = EVALUATE(jnp.asarray(image), network, targets, objective=Objective.of(recipe))
    parts = Terms(*(float(part) for part in parts))
    assert float(total) <= sum(parts) * (1 + 1e-6)
    assert recipe.style_huber or float(total) == pytest.approx(sum(parts), rel=1e-6)
    return parts


def masks_of(*planes, shares=None) -> Masks:
    """Make regions of the content, each with the whole of the style as its source."""
    content = jnp.stack([jnp.asarray(plane, jnp.float32) for plane in planes])
    return Masks(content, (jnp.ones((len(planes), *STYLE.shape[:2])),), shares)


def terms_and_gradient(network, recipe, image, masks=None, content=CONTENT, style=STYLE) -> tuple[Terms, jax.Array]:
    """Compute the terms and the gradient of the objective at an image."""
    targets = targets_of(network, recipe, masks, content, style)
    image = jnp.asarray(image, network.dtype)
    (_, terms), gradient = VALUE_AND_GRADIENT(image, network, targets, objective=Objective.of(recipe))
    return terms, gradient
