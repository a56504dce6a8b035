"""Masks: from flat colors to regions of the content and the styles, and runs with them."""

import dataclasses

import numpy as np
import pytest

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.images.masks import WHITE, extract_regions, regions
from tests.conftest import QUICK, picture

RECIPE = Recipe(**QUICK | {"size": 32})
RED, BLUE = (255, 0, 0), (0, 0, 255)
CONTENT, STYLE = picture(1), picture(2, 40, 24)


def mask_of(*areas, shape=(32, 32)):
    """Make a mask that is black except in areas, each given as (rows, columns, color)."""
    values = np.zeros((*shape, 3), np.uint8)
    for rows, columns, color in areas:
        values[rows, columns] = color
    return images.read(values)


LEFT, RIGHT, ALL = np.s_[:, :16], np.s_[:, 16:], np.s_[:, :]
HALF = mask_of((*LEFT, WHITE))


def test_many_gray_levels_are_one_region():
    ramp = np.linspace(0, 1, 32, dtype=np.float32)
    planes = extract_regions(images.read(np.tile(ramp, (32, 1))))
    assert list(planes) == [WHITE]
    np.testing.assert_allclose(planes[WHITE], np.tile(ramp, (32, 1)), atol=1e-6)


def test_flat_colors_are_regions_from_dark_to_bright_and_black_is_none():
    planes = extract_regions(
        mask_of((np.s_[:10], np.s_[:], WHITE), (np.s_[10:20], np.s_[:], RED), (np.s_[20:25], np.s_[:], BLUE))
    )
    assert list(planes) == [BLUE, RED, WHITE]
    np.testing.assert_array_equal(sum(planes.values())[:, 0], [1] * 25 + [0] * 7)
    few_grays = extract_regions(mask_of((*LEFT, (1, 1, 1)), (*RIGHT, (90, 90, 90))))
    assert list(few_grays) == [(90, 90, 90)]


def test_smooth_edges_go_to_the_nearer_color():
    values = np.zeros((64, 512, 3), np.float32)
    values[:, :256, 0] = 1
    values[:, 256:, 2] = 1
    values[:, 255] = [0.6, 0, 0.4]
    planes = extract_regions(images.read(values))
    assert list(planes) == [BLUE, RED]
    assert planes[RED][:, :256].all()


@pytest.mark.parametrize(
    ("mask", "message"),
    [(mask_of(), "black all over"), (images.read(picture(0)), "more than 8 colors")],
)
def test_black_masks_and_photographs_are_refused(mask, message):
    with pytest.raises(InputError, match=message):
        extract_regions(mask)


def regions_of(content_mask, *style_masks, styles=1, **changes):
    recipe = dataclasses.replace(RECIPE, **changes)
    style_images = [images.read(STYLE)] * styles
    return regions(images.read(CONTENT), style_images, content_mask, style_masks, recipe)


def test_regions_of_the_same_color_correspond():
    both = mask_of((*LEFT, RED), (*RIGHT, BLUE))
    other = mask_of((np.s_[:20], np.s_[:], BLUE), (np.s_[20:], np.s_[:], RED), shape=(40, 24))
    matched = regions_of(both, other)
    np.testing.assert_array_equal(matched.content[0], extract_regions(both)[BLUE])
    np.testing.assert_array_equal(matched.styles[0][0], extract_regions(other)[BLUE])
    assert matched.shares is None
    np.testing.assert_array_equal(matched.coverage, 1)
    # One region on each side: whatever their colors.
    np.testing.assert_array_equal(
        regions_of(HALF, mask_of((*ALL, RED), shape=(40, 24))).styles[0], np.ones((1, 40, 24))
    )
    assert regions_of(None) is None


def test_each_of_several_styles_has_a_region():
    both = mask_of((*LEFT, RED), (*RIGHT, BLUE))
    matched = regions_of(both, styles=2)
    np.testing.assert_array_equal(matched.shares, np.eye(2))
    mixed = regions_of(HALF, styles=2, style_blend=(1.0, 2.0))
    assert mixed.shares is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((mask_of((*ALL, WHITE), shape=(32, 16)),), "has 16x32 pixels, but its picture array 32x32"),
        ((HALF, HALF, HALF), "There are 1 styles but 2 style masks"),
        (
            (mask_of((*LEFT, RED), (*RIGHT, BLUE)), mask_of((*ALL, RED), shape=(40, 24))),
            r"no region of .* \(0, 0, 255\)",
        ),
    ],
)
def test_masks_that_do_not_match_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        regions_of(*arguments)


def test_labels_are_called_by_their_number(tiny_network):
    content, style = (np.where(np.indices((32, 32))[1] < 16, *labels) for labels in ((1, 3), (3, 5)))
    with pytest.raises(InputError, match=r"color \(0, 0, 25\), the label 1; give both masks"):
        nst_jax.stylize(CONTENT, CONTENT, RECIPE, network=tiny_network, content_mask=content, style_masks=[style])


def test_the_number_of_regions_must_be_that_of_the_styles():
    with pytest.raises(InputError, match="has 1 regions besides black, but there are 2 styles"):
        regions_of(HALF, styles=2)


@pytest.mark.slow
def test_the_content_stays_unchanged_outside_of_all_regions(tiny_network):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, content_mask=HALF)
    np.testing.assert_allclose(result.picture[RIGHT], CONTENT[RIGHT], atol=1e-6)
    assert np.abs(result.picture[LEFT] - CONTENT[LEFT]).mean() > 0.01
    assert [mask["name"] for mask in result.provenance["masks"]] == ["array"]
    boolean = np.indices((32, 32))[1] < 16
    same = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, content_mask=boolean).picture
    np.testing.assert_allclose(same, result.picture, atol=2e-3)
    # A few steps, in which rounding errors do not grow.
    plain, ones = (
        nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, steps=6, content_mask=mask)
        for mask in (None, mask_of((*ALL, WHITE)))
    )
    np.testing.assert_allclose(ones.picture, plain.picture, atol=1e-4)


def test_each_region_has_its_own_style(tiny_network):
    """Of two plain styles each colors its own half; if they are swapped, so are the colors."""
    dark, bright = np.full((32, 32, 3), 0.1, np.float32), np.full((32, 32, 3), 0.9, np.float32)
    mask = mask_of((*LEFT, BLUE), (*RIGHT, RED))
    # Without Huber's loss, which is slow on constant images.
    recipe = dataclasses.replace(RECIPE, content_weight=0.01, style_huber=0.0, steps=100)
    gray = np.full((32, 32, 3), 0.5, np.float32)
    for styles, signs in (((dark, bright), (-1, 1)), ((bright, dark), (1, -1))):
        result = nst_jax.stylize(gray, styles, recipe, network=tiny_network, content_mask=mask).picture
        for side, sign in zip((np.s_[:, :12], np.s_[:, 20:]), signs, strict=True):
            assert sign * (result[side].mean() - 0.5) > 0.05


@pytest.mark.slow
def test_style_masks_are_cropped_like_their_style(tiny_network):
    mask = mask_of((*LEFT, WHITE))
    whole = nst_jax.stylize(CONTENT, CONTENT[:, :16], RECIPE, network=tiny_network, steps=2).losses.style
    masked = nst_jax.stylize(
        CONTENT, CONTENT, RECIPE, network=tiny_network, steps=2, style_masks=[mask], style_crop="0,0,16,32"
    )
    np.testing.assert_allclose(masked.losses.style, whole, rtol=1e-4)
