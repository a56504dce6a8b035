"""The picture of the fast network as the start of an optimization."""

import dataclasses

import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe, images
from nst_jax.engine.fast_start import fast_starts
from nst_jax.engine.problem import Problem
from nst_jax.images import color_transfer
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

CONTENT, STYLE = images.read(picture(1, *CONTENT_SHAPE)), images.read(picture(2, *STYLE_SHAPE))


@pytest.mark.slow
@pytest.mark.parametrize("color", ["style", "luminance"])
def test_the_start_is_the_picture_of_the_fast_network_enlarged(tiny_network, color):
    recipe = Recipe(size=48, init="fast", supersampling=1.5, style_size=40, color=color)
    problem = Problem(contents=[CONTENT], styles=[STYLE], recipe=recipe, weights=tiny_network)
    (start,) = fast_starts(problem, *problem.working_size())
    made = nst_jax.stylize_fast(CONTENT, STYLE, size=48, style_size=40, color=color).picture
    made = images.resize(made, *problem.working_size())
    if color == "luminance":
        made = color_transfer.gray(color_transfer.luminance(made))
    np.testing.assert_array_equal(start, made)
    # In a folder, a content has been padded to the shape of others, and so is its start.
    padded = dataclasses.replace(problem, original_shapes=[(CONTENT_SHAPE[0] - 9, CONTENT_SHAPE[1])])
    np.testing.assert_array_equal(fast_starts(padded, *problem.working_size())[0], start)


@pytest.mark.slow
def test_an_optimization_goes_on_from_the_fast_picture(tiny_network):
    """A first step is small, so that the picture still is nearer to the start than to the photograph."""
    settings = QUICK | {"optimizer": "adam", "steps": 1, "scales": 1}
    result = nst_jax.stylize(CONTENT, STYLE, Recipe(**settings | {"init": "fast"}), network=tiny_network).picture
    fast = nst_jax.stylize_fast(CONTENT, STYLE, size=48).picture
    photograph = images.resize(CONTENT.rgb, *result.shape[:2])
    assert np.abs(result - fast).mean() < np.abs(result - photograph).mean() / 2
