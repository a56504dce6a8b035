"""Recipes are checked when they are made."""

import dataclasses
import subprocess
import sys

import pytest

from nst_jax import InputError, Recipe
from nst_jax.recipes.published import QUALITIES, RECIPES, get_recipe


def test_the_default_recipe_is_possible():
    assert Recipe().style_layers == ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def test_recipes_are_frozen_and_hashable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().size = 3  # type: ignore[misc]
    assert hash(Recipe()) == hash(Recipe())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 3}, "size must be 0 or between 16"),
        ({"size": -1}, "size must be 0"),
        ({"size": 10**6}, "size must be 0"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"learning_rate": 0.0}, "learning rate must be a positive"),
        ({"learning_rate": float("nan")}, "learning rate must be a positive"),
        ({"seed": -1}, "seed must be between"),
        ({"content_weight": -1.0}, "content weight must be zero or a positive"),
        ({"style_weight": float("inf")}, "style weight must be zero or a positive"),
        ({"content_weight": 0.0, "style_weight": 0.0, "tv_weight": 0.0}, "All weights are zero"),
        ({"content_layers": ()}, "no content layer is named"),
        ({"style_layers": ("relu1_1", "relu9_1")}, "no layer 'relu9_1'"),
        ({"style_layers": ("relu1_1", "relu1_1")}, "named twice"),
        ({"style_layer_weights": (1.0,)}, "5 style layers but 1 weights"),
        ({"content_layer_weights": (-1.0,)}, "zero or positive"),
        ({"content_layer_weights": (0.0,)}, "all zero"),
        ({"optimizer": "sgd"}, "optimizer must be one of lbfgs, lbfgs-fixed, adam, not 'sgd'"),
        ({"average": 0.99}, "Only Adam can average over the steps"),
        ({"average": 1.0, "optimizer": "adam"}, "average must be at least 0 and less than 1"),
        ({"adam_beta1": -0.1}, "adam beta1 must be at least 0"),
        ({"pixel_range": 0.0}, "pixel range must be a positive"),
        ({"lbfgs_memory": 0}, "remembers between 1 and 1000"),
        ({"scale_factor": 1.0}, "scale factor must be between"),
        ({"first_steps": -1}, "first steps must be 0"),
        ({"style_size": 5}, "style size must be 0 or between 16"),
        ({"style_scale": 0.0}, "style scale must be between"),
        ({"style_crop": "1,2,3"}, "style crop must be X,Y,W,H"),
        ({"style_crop": "1,2,0,5"}, "style crop must be X,Y,W,H"),
        ({"size": 0, "resize": "short"}, "leave --resize out"),
        ({"pooling": "min"}, "pooling must be one of"),
        ({"jitter": 1.5}, "jitter must be a fraction of the steps between 0 and 1"),
        ({"jitter": float("nan")}, "jitter must be a fraction of the steps"),
        ({"start_colors": "mine"}, "start colors must be one of content, style"),
    ],
)
def test_impossible_settings_are_explained(changes, message):
    with pytest.raises(InputError, match=message):
        Recipe(**changes)


def test_a_quality_changes_the_default_alone():
    assert get_recipe("default", "normal") == Recipe()
    work = [get_recipe("default", quality).steps + get_recipe("default", quality).coarse_steps for quality in QUALITIES]
    assert work == sorted(set(work))
    for name in RECIPES:
        assert get_recipe(name, "normal") == RECIPES[name].recipe
        if name != "default":
            with pytest.raises(InputError, match=f"The recipe {name} has a number of steps of its own"):
                get_recipe(name, "best")
    with pytest.raises(InputError, match="no quality 'good'; there are draft, normal, best"):
        get_recipe("default", "good")  # type: ignore[arg-type]


def test_published_methods_have_nothing_of_ours():
    for name, (recipe, _) in RECIPES.items():
        if name != "default":
            assert (recipe.jitter, recipe.start_colors, recipe.opponent_colors) == (0.0, "content", False)


def test_nothing_needs_jax_before_there_is_work():
    """--help is to be instant."""
    code = "import sys, nst_jax.cli; sys.exit('jax' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
