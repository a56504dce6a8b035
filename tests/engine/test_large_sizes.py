"""Scales after the main one, of pictures that are computed at many pixels; here, 50 are many."""

import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe
from nst_jax.engine import scale_problem
from nst_jax.recipes import recipe as recipe_module
from tests.conftest import QUICK, picture

SETTINGS = QUICK | {
    "size": 96,
    "min_size": 24,
    "steps": 3,
    "coarse_steps": 2,
    "fine_steps": 1,
    "style_layers": ("relu1_1",),
}


@pytest.fixture(autouse=True)
def fifty_pixels_are_many(monkeypatch):
    monkeypatch.setattr(recipe_module, "MOST_COMPUTED", 50)
    monkeypatch.setattr(recipe_module, "MAIN_SIZE", 30)


@pytest.fixture
def styles(monkeypatch):
    """The long sides of the style at all scales of a run."""
    seen, real = [], scale_problem.resize_style

    def resize_style(*args, **options):
        seen.append(max(real(*args, **options).shape))
        return real(*args, **options)

    monkeypatch.setattr(scale_problem, "resize_style", resize_style)
    return seen


@pytest.mark.parametrize(
    ("changes", "sides", "steps"),
    [
        ({}, [24, 48, 96], 3 + 1 + 1),
        ({"fine_steps": 0}, [24, 40, 40], 2 + 2 + 3),
        ({"size": 48}, [24, 40], 2 + 3),
    ],
)
def test_a_small_style_is_enlarged_where_its_strokes_are_only_sharpened(tiny_network, styles, changes, sides, steps):
    recipe = Recipe(**SETTINGS | changes)
    result = nst_jax.stylize(picture(1, 64, 96), picture(2, 30, 40), recipe, network=tiny_network)
    assert styles == sides
    assert result.steps == steps
    assert np.isfinite(result.picture).all()
