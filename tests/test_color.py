"""Whose colors: what matching makes equal, and what stays the content's."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nst_jax
from nst_jax import Recipe
from nst_jax.images.color_transfer import EPSILON, luminance, match_color_statistics, prepare_colors, restore_chroma
from tests.conftest import picture

RECIPE = Recipe(size=32, steps=6, content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"))
seeds = st.integers(0, 1000)
MATCHES = ["match", "match-cholesky"]


def statistics(rgb):
    colors = rgb.reshape(-1, 3).astype(np.float64)
    return colors.mean(0), np.cov(colors.T, bias=True)


@pytest.mark.parametrize("method", MATCHES)
@given(one=seeds, other=seeds)
def test_matching_gives_the_others_mean_and_covariance(method, one, other):
    style, content = picture(one, 20, 30), picture(other)
    matched = match_color_statistics(style, content, method)
    for ours, theirs in zip(statistics(matched), statistics(content), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=10 * EPSILON)


@pytest.mark.parametrize("method", MATCHES)
def test_matching_a_picture_to_itself_changes_nothing(method):
    np.testing.assert_allclose(match_color_statistics(picture(1), picture(1), method), picture(1), atol=1e-4)


@pytest.mark.parametrize("method", MATCHES)
def test_flat_and_grey_pictures_can_be_matched(method):
    flat, gray = np.full((8, 8, 3), 0.4, np.float32), np.repeat(picture(1)[..., :1], 3, axis=2)
    for one in (flat, gray, picture(2)):
        for other in (flat, gray):
            assert np.isfinite(match_color_statistics(one, other, method)).all()
            assert np.isfinite(match_color_statistics(other, one, method)).all()


@given(one=seeds, other=seeds)
def test_luminance_is_matched_and_grey(one, other):
    content, style = prepare_colors(picture(one), picture(other, 20, 30), "luminance")
    for rgb in (content, style):
        np.testing.assert_array_equal(rgb[..., 0], rgb[..., 2])
    np.testing.assert_allclose(content[..., 0], luminance(picture(one)), atol=1e-6)
    assert style.mean() == pytest.approx(content.mean(), abs=0.02)
    assert style.std() == pytest.approx(content.std(), abs=0.02)


def test_the_chroma_stays_the_contents():
    content = 0.3 + 0.4 * picture(1)
    painted = np.clip(content + 0.2 * (picture(2).mean(-1, keepdims=True) - 0.5), 0, 1)
    whole = restore_chroma(painted, content, "luminance")
    np.testing.assert_allclose(luminance(whole), luminance(painted), atol=1e-5)
    for other in (1, 2):
        ours, theirs = (rgb[..., 0] - rgb[..., other] for rgb in (whole, content))
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("color", ["match", "match-cholesky", "luminance"])
def test_in_a_batch_each_picture_has_its_own_colors(tiny_network, color):
    recipe = dataclasses.replace(RECIPE, color=color)
    contents = [0.5 * picture(1), 0.5 + 0.5 * picture(2), picture(3)]
    together = nst_jax.stylize_batch(contents, picture(4), recipe, network=tiny_network)
    for content, result in zip(contents, together, strict=True):
        alone = nst_jax.stylize(content, picture(4), recipe, network=tiny_network)
        np.testing.assert_allclose(result.picture, alone.picture, atol=2e-3)


def test_the_painting_has_the_contents_colors(tiny_network):
    """Which the style is far from."""
    content, style = picture(1) * [1, 0.5, 0.2], picture(2) * [0.1, 0.4, 1]
    for color in ("match", "luminance"):
        result = nst_jax.stylize(content, style, RECIPE, network=tiny_network, color=color, content_weight=0.01)
        mean = result.picture.mean((0, 1))
        np.testing.assert_allclose(mean, content.mean((0, 1)), atol=0.08)
