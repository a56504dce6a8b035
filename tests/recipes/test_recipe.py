"""The recipe as a value: its defaults, and what is derived from its fields."""

import dataclasses
import subprocess
import sys

import pytest

from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.types import Box


def test_recipes_are_frozen_and_hashable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().size = 3  # type: ignore[misc]
    assert hash(Recipe()) == hash(Recipe())


@pytest.mark.parametrize("field", dataclasses.fields(Recipe), ids=lambda field: field.name)
def test_the_default_of_every_field_is_valid_by_itself(field):
    assert field.default is not dataclasses.MISSING
    assert getattr(Recipe(**{field.name: field.default}), field.name) == field.default


def test_the_layers_in_use_are_those_of_terms_with_weight():
    recipe = Recipe(content_layers=("relu4_2",), style_layers=("relu1_1", "relu2_1"))
    assert recipe.layers == ("relu4_2", "relu1_1", "relu2_1")
    assert dataclasses.replace(recipe, content_weight=0.0).layers == ("relu1_1", "relu2_1")
    assert dataclasses.replace(recipe, style_weight=0.0).layers == ("relu4_2",)
    assert dataclasses.replace(recipe, style_strength=0.0).layers == ("relu4_2",)
    assert dataclasses.replace(recipe, style_strength=1.0).layers == ("relu1_1", "relu2_1")


def test_layer_weights_that_are_not_given_are_those_of_the_default_layers_and_equal_for_others():
    default = Recipe()
    assert len(set(default.weights_of_style_layers)) > 1
    assert len(default.weights_of_style_layers) == len(default.style_layers)
    assert dataclasses.replace(default, style_layers=("relu1_1", "relu4_1")).weights_of_style_layers == (1.0, 1.0)
    count = len(default.style_layers)
    for given, expected in (((), (1.0,) * count), ((2.0,) * count, (2.0,) * count)):
        assert dataclasses.replace(default, style_layer_weights=given).weights_of_style_layers == expected


@pytest.mark.parametrize(("optimizer", "expected"), [("adam", 1.0), ("lbfgs", 0.5), ("lbfgs-fixed", 0.5)])
def test_the_default_fraction_of_steps_with_jitter_depends_on_the_optimizer(optimizer, expected):
    assert Recipe(optimizer=optimizer).jitter_fraction == expected
    assert Recipe(optimizer=optimizer, jitter=0.25).jitter_fraction == 0.25


@pytest.mark.parametrize(
    ("first_steps", "sizes", "expected"),
    [(0, 1, (90,)), (0, 3, (30, 30, 90)), (7, 1, (90,)), (7, 2, (7, 90)), (7, 3, (7, 30, 90))],
)
def test_coarse_scales_have_coarse_steps_and_the_last_one_all_steps(first_steps, sizes, expected):
    recipe = Recipe(steps=90, coarse_steps=30, first_steps=first_steps)
    assert recipe.steps_at(sizes) == expected
    assert dataclasses.replace(recipe, steps=20, first_steps=0).steps_at(sizes) == (20,) * sizes


@pytest.mark.parametrize(
    ("settings", "sizes", "expected"),
    [
        ({"size": 1312}, 4, (45, 45, 45, 90)),
        ({"size": 1313}, 4, (45, 45, 62, 16)),
        ({"size": 4096}, 6, (45, 45, 45, 62, 16, 16)),
        ({"size": 4096, "coarse_steps": 12}, 6, (12, 12, 12, 62, 12, 16)),
        ({"size": 4096, "first_steps": 7}, 6, (7, 45, 45, 62, 16, 16)),
        ({"size": 4096}, 2, (45, 16)),
        ({"size": 1024, "supersampling": 2.0}, 5, (45, 45, 45, 62, 16)),
        # Nothing comes before the only size, and what a recipe gives is taken.
        ({"size": 4096, "scales": 1}, 1, (90,)),
        ({"size": 4096, "init": "fast"}, 1, (90,)),
        ({"size": 4096, "steps": 50}, 6, (45, 45, 45, 45, 45, 50)),
    ],
)
def test_large_sizes_have_few_steps_after_a_smaller_one(settings, sizes, expected):
    assert Recipe(**settings).steps_at(sizes) == expected


def test_the_style_box_is_the_parsed_crop():
    assert Recipe().style_box is None
    assert Recipe(style_crop="10,20,30,40").style_box == Box(left=10, top=20, width=30, height=40)


def test_the_command_line_imports_neither_jax_nor_numpy_before_there_is_work():
    code = "import sys, nst_jax.cli; sys.exit('jax' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
