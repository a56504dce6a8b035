"""Preprocessing: the style at the right size, the image to start from, and the detail that is given back."""

import numpy as np
import pytest

import nst_jax
from nst_jax import images
from nst_jax.engine.preprocess import MEAN_COLOR, initial_image, resize_style, upsample_with_detail
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

FINAL, HALF = Scale(60, 80), Scale(30, 40)
LARGE, SMALL = picture(1, 200, 100), picture(1, 20, 10)
CONTENT = picture(3, 40, 60)


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
        # Padded to the stride of relu5_1.
        (SMALL, {"style_scale": 0.25}, FINAL, (20, 16)),
        (SMALL, {}, FINAL, (80, 40)),
        (SMALL, {"style_size": 60}, FINAL, (60, 30)),
        (SMALL, {"enlarge_style": True}, FINAL, (80, 40)),
        (LARGE, {"supersampling": 1.5}, FINAL, (80, 40)),
        (LARGE, {"supersampling": 1.5, "style_size": 40}, FINAL, (60, 30)),
    ],
)
def test_the_size_of_the_style(style, changes, scale, expected):
    final = FINAL if changes.get("resize") != "squash" else scale
    recipe = Recipe(**{"supersampling": 1.0, "style_layers": ("relu5_1",), "style_layer_weights": ()} | changes)
    assert resize_style(style, scale, final, recipe).shape[:2] == expected


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        ("relu1_1", (20, 10), (20, 10)),
        ("relu3_1", (20, 10), (32, 16)),
        ("relu4_1", (20, 10), (64, 32)),
        ("relu4_1", (64, 10), (64, 10)),
        ("relu4_1", (100, 50), (100, 50)),
        ("relu5_1", (20, 16), (128, 102)),
    ],
)
def test_a_tiny_style_is_enlarged_to_eight_positions_of_the_deepest_layer(layer, shape, expected):
    """Otherwise the network would see nothing but its borders, and draw bright dots on a grid."""
    recipe = Recipe(style_layers=(layer,), content_layers=("relu1_1",), supersampling=1.0)
    assert resize_style(picture(2, *shape), Scale(200, 150), Scale(200, 150), recipe).shape[:2] == expected


def test_what_lies_beyond_the_crop_of_the_style_does_not_count(tiny_network):
    recipe = Recipe(**QUICK | {"steps": 3, "style_crop": "0,10,50,60"})
    one, other = picture(1, *STYLE_SHAPE), picture(2, *STYLE_SHAPE)
    other[10:] = one[10:]
    content = picture(3, *CONTENT_SHAPE)
    results = [nst_jax.stylize(content, style, recipe, network=tiny_network).picture for style in (one, other)]
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(("input_range", "full"), [("network", 255), ("0-256", 256)])
def test_grey_is_the_mean_color_with_hardly_any_noise(input_range, full):
    recipe = Recipe(init="grey", input_range=input_range)
    start = initial_image(recipe, picture(1), picture(2))
    assert start.shape == (32, 32, 3)
    assert 0 < np.abs(start * full - MEAN_COLOR).max() < 0.01
    np.testing.assert_array_equal(start, initial_image(recipe, picture(3), picture(2)))


def test_an_unchanged_image_is_enlarged_to_the_content_with_all_its_detail():
    coarse = images.resize(CONTENT, 20, 30)
    np.testing.assert_allclose(upsample_with_detail(coarse, coarse, CONTENT, [CONTENT], Recipe()), CONTENT, atol=1e-6)
    stylized = np.clip(coarse + 0.1, 0, 1)
    difference = upsample_with_detail(stylized, coarse, CONTENT, [CONTENT], Recipe()) - CONTENT
    inside = (CONTENT > 0.05) & (CONTENT < 0.85)
    assert np.abs(difference[inside] - 0.1).max() < 0.1
    assert difference[inside].mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("contrast", "expected"), [(0.0, 0.0), (0.4, 0.4), (1.0, 1.0), (2.0, 1.0)])
def test_detail_is_given_back_no_stronger_than_the_style_has_it(contrast, expected):
    content = 0.25 + CONTENT / 2
    # Of another size, for what counts is the style's detail at this scale.
    style = 0.5 + contrast * (np.tile(content, (2, 2, 1)) - 0.5)
    coarse = images.resize(content, 20, 30)
    lost = content - images.enlarge_smoothly(coarse, 40, 60)
    given = upsample_with_detail(coarse, coarse, content, [style], Recipe()) - (content - lost)
    inside = np.abs(content - 0.5) < 0.2
    np.testing.assert_allclose(given[inside], expected * lost[inside], atol=0.01)


def test_the_detail_of_all_styles_counts():
    coarse, flat = images.resize(CONTENT, 20, 30), np.full((40, 60, 3), 0.5, np.float32)
    alone, both, without = (
        upsample_with_detail(coarse, coarse, CONTENT, styles, Recipe())
        for styles in ([CONTENT], [CONTENT, flat], [flat])
    )
    assert 0 < np.square(both - without).mean() < np.square(alone - without).mean()


def test_without_a_style_all_detail_is_given_back():
    coarse, flat = images.resize(CONTENT, 20, 30), np.full((40, 60, 3), 0.5, np.float32)
    made = upsample_with_detail(coarse, coarse, CONTENT, [flat], Recipe(style_weight=0.0))
    np.testing.assert_allclose(made, CONTENT, atol=1e-6)


@pytest.mark.parametrize("changes", [{"init": "noise"}, {"init": "style"}, {"content_weight": 0.0}])
def test_no_detail_of_the_content_is_added_where_it_is_not_asked_for(changes):
    stylized = picture(4, 20, 30)
    made = upsample_with_detail(stylized, images.resize(CONTENT, 20, 30), CONTENT, [CONTENT], Recipe(**changes))
    np.testing.assert_array_equal(made, images.enlarge_smoothly(stylized, 40, 60))


def test_without_the_detail_an_image_is_resampled_as_in_published_methods():
    stylized, coarse = picture(4, 20, 30), images.resize(CONTENT, 20, 30)
    made = upsample_with_detail(stylized, coarse, CONTENT, [CONTENT], Recipe(keep_detail=False))
    np.testing.assert_array_equal(made, images.resize(stylized, 40, 60))
