"""Statistics of colors: in blocks as of the whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.images import color_statistics as module
from nst_jax.images.color_statistics import EPSILON, color_statistics, map_colors, transport_colors
from tests.conftest import picture


def in_blocks(block, function, *arguments):
    before = module.BLOCK
    module.BLOCK = block
    try:
        return function(*arguments)
    finally:
        module.BLOCK = before


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 200), st.integers(0, 2))
def test_blocks_change_nothing(height, width, block, weighted):
    image = picture(3, height, width)
    weights = (
        None if weighted == 0 else np.zeros((height, width)) if weighted == 1 else picture(4, height, width)[..., 0]
    )
    found = in_blocks(block, color_statistics, image, weights)
    whole = color_statistics(image, weights)
    np.testing.assert_allclose(found.mean, whole.mean, atol=1e-12)
    np.testing.assert_allclose(found.covariance, whole.covariance, atol=1e-12)
    change = np.arange(9).reshape(3, 3) / 9
    moved = in_blocks(block, map_colors, image, whole.mean, change, whole.mean)
    np.testing.assert_allclose(moved, map_colors(image, whole.mean, change, whole.mean), atol=1e-6)


def test_rows_without_weight_do_not_count():
    image = picture(5, 12, 8)
    weights = np.zeros((12, 8))
    weights[4:6] = 1
    found = in_blocks(8, color_statistics, image, weights)
    np.testing.assert_allclose(found.mean, image[4:6].mean((0, 1)), atol=1e-12)


def test_the_statistics_are_those_of_numpy():
    image = picture(6, 9, 7)
    flat = image.reshape(-1, 3).astype(np.float64)
    mean, covariance = color_statistics(image)
    np.testing.assert_allclose(mean, flat.mean(0), rtol=1e-14)
    np.testing.assert_allclose(covariance, np.cov(flat.T, bias=True) + EPSILON * np.eye(3), rtol=1e-13)


def test_transport_gives_the_wanted_distribution():
    one, other = picture(7, 16, 16), picture(8, 10, 20)
    moved = color_statistics(transport_colors(one, color_statistics(one), color_statistics(other)))
    wanted = color_statistics(other)
    np.testing.assert_allclose(moved.mean, wanted.mean, atol=1e-5)
    np.testing.assert_allclose(moved.covariance, wanted.covariance, atol=1e-4)
