"""Settings of other types than the declared ones: converted where they plainly mean the same, else refused."""

import dataclasses
import decimal
import enum
import fractions
import json
import pathlib
import typing

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from nst_jax.errors import InputError
from nst_jax.recipes.normalization import whole_number
from nst_jax.recipes.recipe import Recipe
from tests.recipes.drawn_recipes import recipes


class Color(enum.StrEnum):
    MATCH = "match"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("style_weight", 3, 3.0),
        ("style_weight", np.float32(3), 3.0),
        ("style_weight", np.int8(3), 3.0),
        ("style_weight", jnp.float32(3), 3.0),
        ("style_weight", np.array(3), 3.0),
        ("style_weight", decimal.Decimal("0.5"), 0.5),
        ("style_weight", fractions.Fraction(1, 2), 0.5),
        ("style_strength", np.float64(0.5), 0.5),
        ("style_strength", None, None),
        ("steps", 30.0, 30),
        ("steps", np.float32(30), 30),
        ("steps", jnp.int32(30), 30),
        ("seed", np.uint32(2**32 - 1), 2**32 - 1),
        ("relative", np.bool_(False), False),
        ("relative", 0, False),
        ("relative", np.int64(1), True),
        ("color", np.str_("match"), "match"),
        ("color", Color.MATCH, "match"),
        ("init", pathlib.PurePosixPath("a/start.png"), "a/start.png"),
        ("init", b"start.png", "start.png"),
        ("network", pathlib.PurePosixPath("tiny.h5"), "tiny.h5"),
        ("style_layers", ["relu1_1", "relu2_1"], ("relu1_1", "relu2_1")),
        ("style_layers", np.array(["relu1_1", "relu2_1"]), ("relu1_1", "relu2_1")),
        ("style_layers", dict.fromkeys(["relu1_1", "relu2_1"]).keys(), ("relu1_1", "relu2_1")),
        ("style_layers", (name for name in ["relu1_1", "relu2_1"]), ("relu1_1", "relu2_1")),
        ("style_layers", "relu1_1", ("relu1_1",)),
        ("content_layer_weights", jnp.array([1, 2]), (1.0, 2.0)),
        ("style_layer_weights", None, None),
        ("style_blend", [np.float32(3), 1], (3.0, 1.0)),
        ("style_blend", 2, (2.0,)),
        ("style_groups", [["relu1_1", "relu2_1"], "relu3_1,relu4_1"], ("relu1_1,relu2_1", "relu3_1,relu4_1")),
        ("style_crop", [1, 2, np.int64(30), 40.0], "1,2,30,40"),
        ("tile", np.int64(512), "512"),
        ("tile", 512.0, "512"),
        ("style_crop", np.array([1, 2, 30, 40]), "1,2,30,40"),
    ],
)
def test_a_value_of_another_type_becomes_that_of_its_field(name, given, expected):
    value = getattr(Recipe(**{name: given}), name)
    assert value == expected
    assert type(value) is type(expected)
    for element, wanted in zip(*((value, expected) if isinstance(value, tuple) else ((), ())), strict=True):
        assert type(element) is type(wanted)
    assert isinstance(hash(Recipe(style_weight=np.float32(3))), int)


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("steps", 30.5, "The steps must be a whole number, not 30.5."),
        ("steps", "30", "The steps must be a whole number, not '30'."),
        ("steps", True, "must be a whole number, not True"),
        ("coarse_steps", None, "must be a whole number, not None"),
        ("steps", float("inf"), "must be a whole number, not inf"),
        ("steps", float("nan"), "must be a whole number, not nan"),
        ("steps", np.array([30]), "must be a whole number"),
        ("style_weight", "3", "The style weight must be a number, not '3'."),
        ("style_weight", 3j, "must be a number"),
        ("style_weight", False, "must be a number"),
        ("style_weight", 10**400, "must be a number, not a value of type int"),
        ("style_weight", np.zeros((50, 50)), "must be a number, not a value of type ndarray"),
        ("style_strength", [0.5], "must be a number"),
        ("relative", "yes", "The relative must be true or false, not 'yes'."),
        ("relative", 2, "must be true or false"),
        ("relative", None, "must be true or false"),
        ("color", ["match"], "The color must be text"),
        ("color", pathlib.PurePosixPath("match"), "must be text"),
        ("init", np.zeros((40, 40, 3)), "The init must be text, not a value of type ndarray"),
        ("style_layers", {"relu1_1", "relu2_1"}, "The style layers must be a list"),
        ("style_layers", {"relu1_1": 1.0}, "must be a list"),
        ("style_layers", None, "must be a list"),
        ("style_layers", [1], "must be text"),
        ("style_layers", [["relu1_1"]], "must be text"),
        ("style_blend", ["3"], "must be a number"),
        ("style_blend", np.ones((2, 2)), "must be a number"),
        ("style_groups", [[1]], "must be text"),
        ("style_crop", None, "The style crop must be X,Y,W,H in pixels"),
        ("style_crop", [1, 2, 30], "must be X,Y,W,H in pixels"),
        ("style_crop", [1, 2, 30, 4.5], "must be a whole number"),
    ],
)
def test_what_would_change_its_meaning_is_refused(name, wrong, message):
    with pytest.raises(InputError) as raised:
        Recipe(**{name: wrong})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@given(recipes())
def test_any_recipe_of_numpy_values_is_the_same_recipe(recipe):
    kinds = {bool: np.bool_, int: np.int64, float: np.float64, str: np.str_}
    given = {
        name: [kinds[type(each)](each) for each in value]
        if isinstance(value, tuple)
        else None
        if value is None
        else kinds[type(value)](value)
        for name, value in dataclasses.asdict(recipe).items()
    }
    again = Recipe(**given)
    assert again == recipe
    assert hash(again) == hash(recipe)
    assert json.dumps(dataclasses.asdict(again)) == json.dumps(dataclasses.asdict(recipe))


def test_every_default_has_the_type_of_its_field():
    for field in dataclasses.fields(Recipe):
        value = getattr(Recipe(), field.name)
        kinds = typing.get_args(field.type) if typing.get_origin(field.type) is not typing.Literal else (str,)
        assert typing.get_origin(field.type) is tuple or value is None or type(value) in (field.type, *kinds)


def test_a_misspelled_setting_is_answered_by_the_closest_name():
    with pytest.raises(InputError, match=r"There is no setting 'sytle_weight'; did you mean 'style_weight'\?"):
        Recipe(sytle_weight=3)
    with pytest.raises(InputError, match="There is no setting 'qqq'; see the fields of Recipe"):
        dataclasses.replace(Recipe(), qqq=1)


def test_whole_numbers_of_any_kind():
    assert whole_number("steps", np.int16(5)) == 5
    with pytest.raises(InputError, match=r"The number of steps must be a whole number, not 2\.5"):
        whole_number("number_of_steps", 2.5)
