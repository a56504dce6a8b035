"""Changes of an image's size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax import images
from tests.conftest import picture


@pytest.mark.parametrize(
    ("shape", "long_side", "expected"),
    [((300, 451), 512, (341, 512)), ((451, 300), 512, (512, 341)), ((7, 9), 0, (7, 9)), ((1, 4000), 512, (1, 512))],
)
def test_fitted_size_keeps_the_aspect_ratio(shape, long_side, expected):
    assert images.fitted_size(shape, long_side) == expected


def test_resizing_keeps_constant_colors_and_the_range():
    flat = np.full((10, 20, 3), [0.1, 0.5, 1.0], np.float32)
    np.testing.assert_allclose(images.resize(flat, 33, 7), np.full((33, 7, 3), [0.1, 0.5, 1.0]), atol=1e-6)
    sharp = (np.indices((16, 16)).sum(0) // 4 % 2).astype(np.float32)
    for size in ((40, 40), (5, 9)):
        resized = images.resize(np.repeat(sharp[..., None], 3, 2), *size)
        assert resized.min() >= 0
        assert resized.max() <= 1
    assert images.resize(sharp, 8, 8).shape == (8, 8)


def test_cover_crops_without_distortion():
    disc = (np.hypot(*(np.indices((41, 81)) - np.array([20, 40])[:, None, None])) < 12).astype(np.float32)
    covered = images.cover(np.repeat(disc[..., None], 3, 2), 60, 60)[..., 0] > 0.5
    assert covered.shape == (60, 60)
    assert abs(int(covered.any(0).sum()) - int(covered.any(1).sum())) <= 1


sides = st.integers(8, 64)


@given(st.integers(0, 1000), sides, sides)
def test_resizing_keeps_the_mean(seed, height, width):
    """Within a tolerance for the borders, whose pixels have fewer neighbors, and for clipping."""
    image = 0.1 + 0.8 * picture(seed, 32, 40)
    resized = images.resize(image, height, width)
    assert resized.shape == (height, width, 3)
    np.testing.assert_allclose(resized.mean((0, 1)), image.mean((0, 1)), atol=0.02)


def test_resizing_to_the_same_size_changes_nothing():
    np.testing.assert_array_equal(images.resize(picture(1), 32, 32), picture(1))


def detail_by_phase(image: np.ndarray, period: int) -> np.ndarray:
    """The mean absolute Laplacian at each position modulo the period, (period, period)."""
    laplacian = 4 * image - sum(np.roll(image, shift, axis) for shift in (-1, 1) for axis in (0, 1))
    inside = np.abs(laplacian[8:-8, 8:-8])
    return inside.reshape(len(inside) // period, period, -1, period).mean((0, 2))


def test_noise_that_is_smoothly_enlarged_twice_has_no_texture_of_the_enlargement():
    """As it has with a Lanczos filter alone."""
    noise = np.random.default_rng(0).uniform(0.2, 0.8, (64, 64)).astype(np.float32)
    uneven, even = (
        np.ptp(phases) / phases.mean()
        for enlarge in (images.resize, images.enlarge_smoothly)
        for phases in [detail_by_phase(enlarge(enlarge(noise, 128, 128), 256, 256), 4)]
    )
    assert uneven > 0.5
    assert even < 0.3 * uneven


@given(st.integers(0, 100), st.integers(20, 90), st.integers(20, 90))
def test_smooth_enlarging_keeps_constant_colors_and_the_range(seed, height, width):
    np.testing.assert_allclose(
        images.enlarge_smoothly(np.full((20, 20, 3), 0.3, np.float32), height, width), 0.3, atol=1e-6
    )
    made = images.enlarge_smoothly(picture(seed, 20, 20), height, width)
    assert made.shape == (height, width, 3)
    assert made.min() >= 0
    assert made.max() <= 1 + 1e-6
