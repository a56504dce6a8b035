"""The content recolored in the colors of the style, to start from."""

import dataclasses

import numpy as np
import pytest

from nst_jax.engine.start_colors import recolor
from nst_jax.images.color_statistics import color_statistics, transport_colors
from nst_jax.images.masks import Regions
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

CONTENT, STYLE, OTHER = picture(1, 40, 30), 0.3 + 0.3 * picture(2, 20, 30), 0.5 * picture(3, 25, 25)
RECIPE = Recipe()


def test_the_start_has_the_mean_and_the_covariance_of_the_style():
    moved = transport_colors(CONTENT, color_statistics(CONTENT), color_statistics(STYLE))
    found, wanted = color_statistics(moved), color_statistics(STYLE)
    np.testing.assert_allclose(found.mean, wanted.mean, atol=1e-6)
    np.testing.assert_allclose(found.covariance, wanted.covariance, atol=3e-5)
    np.testing.assert_allclose(recolor(CONTENT, [STYLE], RECIPE, None), np.clip(moved, 0, 1), atol=1e-6)


def test_the_map_of_colors_is_symmetric_and_positive():
    """An optimal transport map is the gradient of a convex function."""
    basis = np.concatenate([np.zeros((1, 1, 3)), np.eye(3)[None]], axis=1).astype(np.float32)
    images = transport_colors(basis, color_statistics(CONTENT), color_statistics(STYLE))[0]
    matrix = images[1:] - images[0]
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-5)
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_a_content_that_is_the_style_is_unchanged():
    np.testing.assert_allclose(recolor(STYLE, [STYLE], RECIPE, None), STYLE, atol=1e-5)


@pytest.mark.parametrize("changes", [{"style_weight": 0.0}, {"style_strength": 0.0}])
def test_without_any_style_the_content_is_unchanged(changes):
    recipe = dataclasses.replace(RECIPE, **changes)
    np.testing.assert_array_equal(recolor(CONTENT, [STYLE], recipe, None), CONTENT)


def test_a_strength_moves_the_colors_by_that_fraction():
    whole, half = (
        recolor(CONTENT, [STYLE], dataclasses.replace(RECIPE, style_strength=strength), None) for strength in (1.0, 0.5)
    )
    np.testing.assert_allclose(half, (CONTENT + whole) / 2, atol=1e-6)


def test_several_styles_give_the_colors_of_their_mixture():
    recipe = dataclasses.replace(RECIPE, style_blend=(0.7, 0.3))
    found = recolor(CONTENT, [STYLE, OTHER], recipe, None)
    means = [color_statistics(style).mean for style in (STYLE, OTHER)]
    np.testing.assert_allclose(color_statistics(found).mean, 0.7 * means[0] + 0.3 * means[1], atol=0.01)
    both = np.concatenate([np.repeat(each.reshape(1, -1, 3), 1, 0) for each in (STYLE, STYLE)], axis=1)
    same = dataclasses.replace(RECIPE, style_blend=(0.5, 0.5))
    np.testing.assert_allclose(
        recolor(CONTENT, [STYLE, STYLE], same, None), recolor(CONTENT, [both], RECIPE, None), atol=1e-5
    )


def test_each_region_takes_the_colors_of_its_style_and_the_rest_is_unchanged():
    planes = np.zeros((2, 40, 30), np.float32)
    planes[0, :10], planes[1, 25:] = 1, 1
    whole = tuple(np.ones((2, 1, 1), np.float32) for _ in range(2))
    regions = Regions(planes, whole, np.eye(2, dtype=np.float32), ())
    found = recolor(CONTENT, [STYLE, OTHER], RECIPE, regions)
    np.testing.assert_array_equal(found[10:25], CONTENT[10:25])
    for part, style in ((found[:10], STYLE), (found[25:], OTHER)):
        np.testing.assert_allclose(color_statistics(part).mean, color_statistics(style).mean, atol=0.02)
