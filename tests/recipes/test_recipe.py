"""The recipe as a value: its defaults, and what is derived from its fields."""

import dataclasses
import subprocess
import sys

import hypothesis
import pytest
from hypothesis import strategies as st

from nst_jax.engine.preprocess import computed_scales
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
    scales = [(300, 200)] * sizes
    assert recipe.steps_at(scales) == expected
    assert dataclasses.replace(recipe, steps=20, first_steps=0).steps_at(scales) == (20,) * sizes


@pytest.mark.parametrize(
    ("settings", "sides", "expected"),
    [
        ({"size": 1312}, (656, 1312), (45, 90)),
        ({"size": 1313}, (656, 1313), (62, 16)),
        ({"size": 4096}, (256, 512, 1024, 2048, 4096), (45, 62, 16, 16, 16)),
        ({"size": 4096, "coarse_steps": 12, "fine_steps": 5}, (256, 512, 1024, 4096), (12, 62, 5, 5)),
        ({"size": 4096, "steps": 10}, (256, 512, 1024, 4096), (10, 10, 10, 10)),
        ({"size": 4096, "steps": 100}, (256, 512, 1024, 4096), (45, 100, 16, 16)),
        ({"size": 4096, "first_steps": 7}, (256, 512, 1024, 4096), (7, 62, 16, 16)),
        ({"size": 4096, "fine_steps": 0}, (256, 512, 1024, 4096), (45, 45, 45, 62)),
        # The size of a photograph that is kept is known only when it is read.
        ({"size": 0}, (500, 1000, 2000), (90, 16, 16)),
        # Pixels of the result count, before supersampling.
        ({"size": 1024, "supersampling": 2.0, "steps": 90}, (512, 1024, 2048), (45, 45, 90)),
        ({"size": 2048, "supersampling": 2.0, "steps": 90}, (512, 1024, 2048, 4096), (45, 90, 16, 16)),
        # The first size is never a fine one.
        ({"size": 4096}, (2048, 4096), (62, 16)),
        ({"size": 4096}, (4096,), (62,)),
    ],
)
def test_sizes_above_the_main_one_have_fine_steps(settings, sides, expected):
    assert Recipe(**settings).steps_at([(side // 2, side) for side in sides]) == expected


@hypothesis.given(size=st.integers(1025, 1312))
def test_up_to_1312_pixels_the_final_size_is_the_main_one(size):
    """The supersampling, a rounded number, brings these sizes to 1312 pixels, and no further."""
    recipe = Recipe(size=size)
    assert recipe.steps_at(computed_scales((size, size), recipe))[-1] == recipe.main_steps


def test_the_style_box_is_the_parsed_crop():
    assert Recipe().style_box is None
    assert Recipe(style_crop="10,20,30,40").style_box == Box(left=10, top=20, width=30, height=40)


def test_the_command_line_imports_neither_jax_nor_numpy_before_there_is_work():
    code = "import sys, nst_jax.cli; sys.exit('jax' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
