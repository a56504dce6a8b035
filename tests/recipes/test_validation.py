"""Validation of recipes: every allowed value is accepted, and errors say what is wrong."""

import dataclasses
import re
import typing
from typing import Literal

import pytest

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.validation import FAST_SETTINGS

CHOICES = {
    field.name: typing.get_args(field.type)
    for field in dataclasses.fields(Recipe)
    if typing.get_origin(field.type) is Literal
}


def test_there_are_fields_with_a_choice_of_values():
    """Otherwise the two tests below would have no cases."""
    assert {"optimizer", "pooling", "color", "style_statistic", "resize"} <= set(CHOICES)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in CHOICES.items() for value in values])
def test_every_value_of_a_choice_is_accepted(name, value):
    assert getattr(Recipe(**{name: value}), name) == value


@pytest.mark.parametrize("name", CHOICES)
def test_other_values_of_a_choice_are_refused_and_the_error_lists_the_choices(name):
    with pytest.raises(InputError, match=f"must be one of {', '.join(CHOICES[name])}, not 'other'"):
        Recipe(**{name: "other"})


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 0}, {"size": 16}, {"size": 16384}, {"style_size": 16}, {"style_scale": 0.05}, {"style_scale": 20.0},
        {"steps": 1}, {"coarse_steps": 1}, {"scale_factor": 1.1}, {"scale_factor": 8.0}, {"min_size": 16},
        {"jitter": 0.0}, {"jitter": 1.0}, {"jitter": None}, {"learning_rate": 0.0}, {"lbfgs_memory": 1},
        {"lbfgs_memory": 1000}, {"spectral_exponent": 0.0}, {"spectral_exponent": 2.0},
        {"seed": 2**32 - 1}, {"style_strength": 0.0}, {"style_strength": 1.0},
        {"content_weight": 0.0}, {"style_weight": 0.0}, {"tv_weight": 0.0}, {"style_huber": 0.0}, {"adam_beta1": 0.0},
        {"content_layers": (), "content_weight": 0.0}, {"style_layers": (), "style_weight": 0.0},
    ],
    ids=str,
)  # fmt: skip
def test_values_at_the_limits_are_accepted(changes):
    recipe = Recipe(**changes)
    assert {name: getattr(recipe, name) for name in changes} == changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 3}, "size must be 0 or between 16"),
        ({"size": -1}, "size must be 0"),
        ({"size": 10**6}, "size must be 0"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"learning_rate": -1.0}, "learning rate must be 0 (automatic) or a positive"),
        ({"learning_rate": float("nan")}, "learning rate must be 0 (automatic) or a positive"),
        ({"seed": -1}, "seed must be between"),
        ({"content_weight": -1.0}, "content weight must be zero or a positive"),
        ({"style_weight": float("inf")}, "style weight must be zero or a positive"),
        ({"content_weight": 0.0, "style_weight": 0.0, "tv_weight": 0.0}, "All weights are zero"),
        ({"content_layers": ()}, "no content layer is named"),
        ({"style_layers": ("relu1_1", "relu9_1")}, "no layer 'relu9_1'"),
        ({"style_layers": ("relu1_1", "relu1_1")}, "named twice"),
        ({"style_layers": ("relu1_1", "relu2_1"), "style_layer_weights": (1.0,)}, "2 style layers but 1 weights"),
        ({"content_layers": ("relu4_2",), "content_layer_weights": (-1.0,)}, "zero or positive"),
        ({"content_layers": ("relu4_2",), "content_layer_weights": (0.0,)}, "all zero"),
        ({"optimizer": "sgd"}, "optimizer must be one of lbfgs, lbfgs-fixed, adam, not 'sgd'"),
        ({"average": 0.99, "optimizer": "lbfgs"}, "Only Adam can average over the steps"),
        ({"average": 1.0, "optimizer": "adam"}, "average must be at least 0 and less than 1"),
        ({"adam_beta1": -0.1}, "adam beta1 must be at least 0"),
        ({"pixel_range": 0.0}, "pixel range must be a positive"),
        ({"lbfgs_memory": 0}, "remembers between 1 and 1000"),
        ({"scale_factor": 1.0}, "scale factor must be between"),
        ({"first_steps": -1}, "first steps must be 0"),
        ({"style_size": 5}, "style size must be 0 or between 16"),
        ({"style_scale": 0.0}, "style scale must be between"),
        ({"supersampling": 0.9}, "supersampling must be between 1 and 4"),
        ({"supersampling": 4.1}, "supersampling must be between 1 and 4"),
        ({"supersampling": float("nan")}, "supersampling must be between 1 and 4"),
        ({"supersampling": 1.5, "fast": True}, "no supersampling, which belongs to the optimization"),
        ({"style_crop": "1,2,3"}, "style crop must be X,Y,W,H"),
        ({"tile": "large"}, "tile must be auto, off or 16 to 16384 pixels, not 'large'"),
        ({"tile": 8}, "tile must be auto, off or 16 to 16384 pixels, not '8'"),
        ({"tile": "-512"}, "tile must be auto, off or"),
        ({"max_memory": "much"}, "max memory must be an amount such as 4GB or 800MB, not 'much'"),
        ({"max_memory": "0GB"}, "max memory must be an amount"),
        ({"max_memory": "4 gallons"}, "max memory must be an amount"),
        ({"style_crop": "1,2,0,5"}, "style crop must be X,Y,W,H"),
        ({"size": 0, "resize": "short"}, "leave --resize out"),
        ({"pooling": "min"}, "pooling must be one of"),
        ({"jitter": 1.5}, "jitter must be a fraction of the steps between 0 and 1"),
        ({"jitter": float("nan")}, "jitter must be a fraction of the steps"),
        ({"smooth_chroma": -1.0}, "smooth chroma must be between 0 and 20 pixels"),
        ({"smooth_chroma": float("nan")}, "smooth chroma must be between 0 and 20 pixels"),
        ({"start_colors": "mine"}, "start colors must be one of content, style"),
    ],
)
def test_impossible_settings_are_explained(changes, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Recipe(**changes)


def other_value(field: dataclasses.Field) -> object:
    """A value of a setting that is not its default."""
    default, choices = field.default, typing.get_args(field.type)
    if typing.get_origin(field.type) is Literal:
        return next(each for each in choices if each != default)
    if isinstance(default, bool):
        return not default
    if isinstance(default, tuple):
        return ("relu1_1",) if field.name.endswith(("layers", "groups")) else (1.0,) * len(default or (1,) * 6)
    if isinstance(default, str):
        return {"tile": "off", "max_memory": "4GB"}.get(field.name, "noise")
    return (default or 0) + 1 if isinstance(default, int) else (default or 0.0) * 0.5 + 0.2


SETTINGS = {field.name: field for field in dataclasses.fields(Recipe)}


def test_the_settings_of_the_fast_network_are_settings():
    assert set(FAST_SETTINGS) < set(SETTINGS)
    assert len(set(FAST_SETTINGS)) == len(FAST_SETTINGS)


@pytest.mark.parametrize("name", sorted(set(SETTINGS) - set(FAST_SETTINGS)))
def test_the_fast_network_refuses_each_setting_of_the_optimization_by_its_name(name):
    changes = {name: other_value(SETTINGS[name])}
    # The number of weights is that of the layers, and only Adam averages.
    changes |= {"content_layers": {"content_layer_weights": ()}, "style_layers": {"style_layer_weights": ()}}.get(
        name, {}
    )
    if name == "average":
        changes["optimizer"] = "adam"
    if name == "content_layer_weights":
        changes[name] = (2.0,) * len(Recipe().content_layers)
    if name == "style_layer_weights":
        changes[name] = (2.0,) * len(Recipe().style_layers)
    changes |= {"supersampling": {name: 1.5}, "steps": {name: 3}}.get(name, {})
    Recipe(**changes)
    with pytest.raises(InputError, match="fast network has no") as caught:
        Recipe(fast=True, **changes)
    assert any(changed.replace("_", " ") in str(caught.value) for changed in changes)
    assert "--fast" in str(caught.value)


def test_the_fast_network_has_sizes_colors_strength_and_mixtures():
    changes = {
        "size": 300, "resize": "short", "upscale_to_original": True, "style_size": 64, "style_scale": 0.5,
        "style_crop": "1,2,30,40", "enlarge_style": True, "style_strength": 0.3, "color": "match",
        "smooth_chroma": 2.0, "style_blend": (1.0, 2.0), "network": "embedded", "seed": 3,
    }  # fmt: skip
    recipe = Recipe(fast=True, **changes)
    assert {name: getattr(recipe, name) for name in changes} == changes
    assert {*changes, "fast"} == set(FAST_SETTINGS)


def test_a_fast_picture_that_was_saved_with_former_defaults_can_be_made_again():
    """They do nothing with the fast network, and are no settings of the optimization that somebody asked for."""
    assert Recipe(fast=True, steps=90, supersampling=1.0).supersampling_factor == 1
