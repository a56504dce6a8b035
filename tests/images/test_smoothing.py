"""Smoothing of colors: what it leaves as it is, and what it removes."""

import dataclasses

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import nst_jax
from nst_jax.images import shrink, smooth_chroma, smooth_chroma_keeping, smoothing
from nst_jax.images.color_transfer import luminance
from nst_jax.images.defects import chroma_noise, defects
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)
# Far enough from 0 and 1 that nothing is clipped.
MIDDLE = 0.3 + 0.4 * picture(3, 40, 30)


@pytest.mark.parametrize("deviation", [0.5, 1.2, 6.0])
def test_the_luminance_and_the_mean_colors_stay(deviation):
    smooth = smooth_chroma(MIDDLE, deviation)
    assert smooth.shape == MIDDLE.shape
    assert smooth.dtype == np.float32
    np.testing.assert_allclose(luminance(smooth), luminance(MIDDLE), atol=1e-6)
    np.testing.assert_allclose(smooth.mean((0, 1)), MIDDLE.mean((0, 1)), atol=0.02)


def test_images_without_detail_of_color_stay():
    plain = np.broadcast_to(np.array([0.9, 0.2, 0.4], np.float32), (9, 7, 3))
    shades = np.repeat(picture(4)[..., :1], 3, axis=2)
    for image in (plain, shades):
        np.testing.assert_allclose(smooth_chroma(image, 1.2), image, atol=1e-6)
    assert smooth_chroma(MIDDLE, 0) is MIDDLE


def test_noise_of_colors_disappears_and_that_of_brightness_stays():
    generator = np.random.default_rng(1)
    noisy = (0.5 + generator.normal(0, 0.04, (96, 96, 3))).astype(np.float32)
    before, after = defects(noisy), defects(smooth_chroma(noisy, 1.2))
    assert after.chroma_noise < before.chroma_noise / 10
    assert after.noise == pytest.approx(before.noise, rel=1e-3)


@hypothesis.given(
    seed=st.integers(0, 99), height=st.integers(1, 20), width=st.integers(1, 20), deviation=st.floats(0.1, 20)
)
def test_it_commutes_with_reflections_and_transposition_and_keeps_the_range(seed, height, width, deviation):
    image = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    smooth = smooth_chroma(image, deviation)
    assert smooth.min() >= 0
    assert smooth.max() <= 1
    for moved in (lambda each: each[::-1], lambda each: each[:, ::-1], lambda each: each.swapaxes(0, 1)):
        np.testing.assert_allclose(smooth_chroma(moved(image), deviation), moved(smooth), atol=1e-5)


@hypothesis.given(strip=st.integers(1, 50), deviation=st.floats(0.1, 20))
def test_strips_are_the_whole(strip, deviation):
    whole = smooth_chroma(MIDDLE, deviation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smoothing, "STRIP", strip)
        np.testing.assert_allclose(smooth_chroma(MIDDLE, deviation), whole, atol=1e-6)


def noise_as_saved(image):
    return chroma_noise(np.rint(image * 255) / np.float32(255))


@hypothesis.given(fraction=st.floats(0.05, 0.95), deviation=st.floats(0.5, 20))
def test_the_least_detail_of_color_is_kept_by_the_largest_deviation(fraction, deviation):
    least = fraction * chroma_noise(MIDDLE)
    smooth = smooth_chroma_keeping(MIDDLE, deviation, least)
    candidates = [smooth_chroma(MIDDLE, deviation * sixteenth / 16) for sixteenth in range(17)]
    found = max(index for index, each in enumerate(candidates) if np.array_equal(each, smooth))
    assert noise_as_saved(smooth) >= least
    assert found == 16 or noise_as_saved(candidates[found + 1]) < least


def test_the_whole_deviation_is_taken_where_enough_detail_of_color_is_left():
    np.testing.assert_array_equal(smooth_chroma_keeping(MIDDLE, 1.2, 0), smooth_chroma(MIDDLE, 1.2))
    assert smooth_chroma_keeping(MIDDLE, 0, 1e9) is MIDDLE
    assert smooth_chroma_keeping(MIDDLE, 1.2, 1e9) is MIDDLE


@pytest.mark.parametrize(("of_content", "of_style"), [(0.0, 1.0), (1.0, 0.0), (0.9, 1.0), (1.0, 0.7)])
def test_a_result_is_smoothed_but_not_below_the_detail_of_both_pictures(tiny_network, of_content, of_style):
    content, style = 0.4 + of_content * (CONTENT - 0.4), 0.4 + of_style * (STYLE - 0.4)
    recipe = Recipe(**QUICK | {"init": "noise"})
    plain = nst_jax.stylize(content, style, recipe, network=tiny_network).picture
    smooth = nst_jax.stylize(content, style, recipe, network=tiny_network, smooth_chroma=1.2).picture
    least = min(chroma_noise(shrink(each, max(plain.shape))) for each in (content, style))
    np.testing.assert_array_equal(smooth, smooth_chroma_keeping(plain, 1.2, least))
    assert np.array_equal(smooth, smooth_chroma(plain, 1.2)) == (0 in (of_content, of_style))
    assert not np.array_equal(smooth, plain)


def test_the_detail_of_what_is_not_stylized_does_not_count(tiny_network):
    """The left half of the content has much of it, and stays as it is; the right half has none."""
    content = CONTENT.copy()
    middle = content.shape[1] // 2
    content[:, middle:] = 0.4
    mask = np.zeros(content.shape[:2], bool)
    mask[:, middle:] = True
    recipe = Recipe(**QUICK | {"init": "noise"})
    plain, smooth = (
        nst_jax.stylize(content, STYLE, recipe, network=tiny_network, content_mask=mask, smooth_chroma=each).picture
        for each in (0.0, 1.2)
    )
    right = np.s_[2:-2, middle + 4 :]
    assert chroma_noise(smooth[right]) < chroma_noise(plain[right]) / 4


def test_without_style_the_photograph_stays_as_it_is(tiny_network):
    recipe = Recipe(**QUICK | {"smooth_chroma": 20.0, "size": 60, "style_strength": 0.0})
    result = nst_jax.stylize(CONTENT, STYLE, recipe, network=tiny_network).picture
    np.testing.assert_allclose(result, CONTENT, atol=1e-3)


def test_the_photographs_own_colors_are_not_smoothed(tiny_network):
    recipe = Recipe(**QUICK | {"color": "luminance"})
    results = [
        nst_jax.stylize(CONTENT, STYLE, dataclasses.replace(recipe, smooth_chroma=each), network=tiny_network).picture
        for each in (0.0, 20.0)
    ]
    np.testing.assert_allclose(*results, atol=1e-5)
