"""Color transfer: what it makes equal, and what it keeps."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nst_jax
from nst_jax import Recipe
from nst_jax.images.color_statistics import EPSILON
from nst_jax.images.color_transfer import luminance, match_color_statistics, prepare_colors, restore_chroma
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RECIPE = Recipe(**QUICK)
seeds = st.integers(0, 1000)
MATCHES = ["match", "match-cholesky"]


def statistics(rgb):
    colors = rgb.reshape(-1, 3).astype(np.float64)
    return colors.mean(0), np.cov(colors.T, bias=True)


@pytest.mark.parametrize("method", MATCHES)
@given(one=seeds, other=seeds)
def test_matching_gives_the_mean_and_covariance_of_the_other_image(method, one, other):
    style, content = picture(one, 20, 30), picture(other)
    matched = match_color_statistics(style, content, method)
    for ours, theirs in zip(statistics(matched), statistics(content), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=10 * EPSILON)


@pytest.mark.parametrize("method", MATCHES)
@given(one=seeds, other=seeds)
def test_matching_is_idempotent(method, one, other):
    content = picture(other)
    once = match_color_statistics(picture(one, 20, 30), content, method)
    assert np.abs(once - picture(one, 20, 30)).max() > 1e-3 or one == other
    np.testing.assert_allclose(match_color_statistics(once, content, method), once, atol=2e-3)


@pytest.mark.parametrize("method", MATCHES)
def test_matching_an_image_to_itself_changes_nothing(method):
    np.testing.assert_allclose(match_color_statistics(picture(1), picture(1), method), picture(1), atol=1e-4)


@pytest.mark.parametrize("method", MATCHES)
def test_constant_and_gray_images_can_be_matched(method):
    flat, gray = np.full((8, 8, 3), 0.4, np.float32), np.repeat(picture(1)[..., :1], 3, axis=2)
    for one in (flat, gray, picture(2)):
        for other in (flat, gray):
            assert np.isfinite(match_color_statistics(one, other, method)).all()
            assert np.isfinite(match_color_statistics(other, one, method)).all()


@given(one=seeds, other=seeds)
def test_luminance_makes_both_images_gray_and_matches_the_style(one, other):
    content, style = prepare_colors(picture(one), picture(other, 20, 30), "luminance")
    for rgb in (content, style):
        np.testing.assert_array_equal(rgb[..., 0], rgb[..., 2])
    np.testing.assert_allclose(content[..., 0], luminance(picture(one)), atol=1e-6)
    assert style.mean() == pytest.approx(content.mean(), abs=0.02)
    assert style.std() == pytest.approx(content.std(), abs=0.02)


def test_restored_chroma_is_that_of_the_content():
    content = 0.3 + 0.4 * picture(1)
    stylized = np.clip(content + 0.2 * (picture(2).mean(-1, keepdims=True) - 0.5), 0, 1)
    whole = restore_chroma(stylized, content, "luminance")
    np.testing.assert_allclose(luminance(whole), luminance(stylized), atol=1e-5)
    for other in (1, 2):
        ours, theirs = (rgb[..., 0] - rgb[..., other] for rgb in (whole, content))
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("color", ["match", "match-cholesky", "luminance"])
def test_each_image_of_a_batch_has_its_own_colors(tiny_network, color):
    recipe = dataclasses.replace(RECIPE, color=color)
    one, two, three = (picture(seed, *CONTENT_SHAPE) for seed in (1, 2, 3))
    contents, style = [0.5 * one, 0.5 + 0.5 * two, three], picture(4, *STYLE_SHAPE)
    together = nst_jax.stylize_batch(contents, style, recipe, network=tiny_network)
    for content, result in zip(contents, together, strict=True):
        alone = nst_jax.stylize(content, style, recipe, network=tiny_network)
        np.testing.assert_allclose(result.picture, alone.picture, atol=2e-3)


def test_a_result_has_the_colors_of_the_content_where_those_of_the_style_are_far_from_them(tiny_network):
    content, style = picture(1, *CONTENT_SHAPE) * [1, 0.5, 0.2], picture(2, *STYLE_SHAPE) * [0.1, 0.4, 1]
    for color in ("match", "luminance"):
        result = nst_jax.stylize(content, style, RECIPE, network=tiny_network, color=color, content_weight=0.01)
        mean = result.picture.mean((0, 1))
        np.testing.assert_allclose(mean, content.mean((0, 1)), atol=0.08)
