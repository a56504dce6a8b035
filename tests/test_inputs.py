"""The style at the right size, parts of it, and what a painting begins with."""

import dataclasses

import numpy as np
import pytest

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.engine.preprocess import MEAN_COLOR, initial_image, resize_style
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.types import Box
from tests.conftest import picture

FINAL, HALF = Scale(60, 80), Scale(30, 40)
LARGE, SMALL = picture(1, 200, 100), picture(1, 20, 10)


@pytest.mark.parametrize(
    ("style", "changes", "scale", "expected"),
    [
        (LARGE, {}, FINAL, (80, 40)),
        (LARGE, {}, HALF, (40, 20)),
        (LARGE, {"resize": "short"}, FINAL, (120, 60)),
        (LARGE, {"resize": "squash"}, Scale(80, 80), (80, 80)),
        (LARGE, {"style_size": 120}, FINAL, (120, 60)),
        (LARGE, {"style_size": 120}, HALF, (60, 30)),
        (LARGE, {"style_scale": 0.5}, FINAL, (40, 20)),
        (LARGE, {"style_scale": 2.0}, FINAL, (160, 80)),
        # Filled up to the stride of relu5_1.
        (SMALL, {}, FINAL, (20, 16)),
        (SMALL, {"style_scale": 2.0}, FINAL, (40, 20)),
        (SMALL, {"style_size": 60}, FINAL, (60, 30)),
        (SMALL, {"enlarge_style": True}, FINAL, (80, 40)),
    ],
)
def test_the_styles_size(style, changes, scale, expected):
    final = FINAL if changes.get("resize") != "squash" else scale
    assert resize_style(style, scale, final, Recipe(**changes)).shape[:2] == expected


@pytest.mark.parametrize(("rule", "expected"), [("long", (30, 60)), ("short", (60, 120)), ("squash", (60, 60))])
def test_what_the_size_is(rule, expected):
    assert images.fitted_size((100, 200), 60, rule) == expected
    assert images.fitted_size((100, 200), 0, rule) == (100, 200)


def test_only_the_part_counts(tiny_network):
    """What lies beyond the crop may be anything."""
    recipe = Recipe(size=32, steps=3, style_layers=("relu1_1",), content_layers=("relu1_1",), style_crop="10,20,30,25")
    one, other = picture(1, 60, 60), picture(2, 60, 60)
    other[20:45, 10:40] = one[20:45, 10:40]
    made = [nst_jax.stylize(picture(3), style, recipe, network=tiny_network).picture for style in (one, other)]
    np.testing.assert_array_equal(*made)
    with pytest.raises(InputError, match="reaches beyond array, which has 60x60 pixels"):
        images.crop(images.read(one), Box(40, 0, 21, 5))


@pytest.mark.parametrize(("input_range", "full"), [("network", 255), ("0-256", 256)])
def test_grey_is_the_mean_color_with_hardly_any_noise(input_range, full):
    recipe = Recipe(init="grey", input_range=input_range)
    start = initial_image(recipe, picture(1), picture(2))
    assert start.shape == (32, 32, 3)
    assert 0 < np.abs(start * full - MEAN_COLOR).max() < 0.01
    np.testing.assert_array_equal(start, initial_image(recipe, picture(3), picture(2)))


def test_a_recipe_with_everything_carried_over(tiny_network):
    """Scales by the square root of 2, moments carried, an average shown, the first scale with steps of its own."""
    carried = Recipe(optimizer="adam", average=0.9, carry_moments=True, keep_detail=False, jitter=0.0)
    sizes = {"size": 64, "min_size": 32, "scale_factor": 2**0.5, "first_steps": 6, "coarse_steps": 4, "steps": 5}
    recipe = dataclasses.replace(carried, **sizes, content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"))
    reports = list(nst_jax.stylize_steps(picture(1), picture(2), recipe, network=tiny_network, every=1))
    assert [progress.scale for progress in reports] == [1] * 6 + [2] * 4 + [3] * 5
    result = reports[-1].result
    assert result.losses.total[-1] < 0.9 * result.losses.total[10]
    assert result.picture.min() >= 0
    assert result.picture.max() <= 1
