"""Masks of regions at the resolutions of the fast network."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.fast.regions import STRIDES, position_weights, shares_of_regions, whole
from tests.losses.feature_maps import seeds

HEIGHT, WIDTH = 32, 48


def planes(seed: int, count: int = 3) -> np.ndarray:
    """Random masks that are 0 or 1 for the most part, so that regions overlap, and leave parts uncovered."""
    generator = np.random.default_rng(seed)
    coarse = np.clip(generator.normal(size=(count, HEIGHT // 8, WIDTH // 8)) * 2, 0, 1)
    return np.float32(np.kron(coarse, np.ones((1, 8, 8))))


def region_shares(masks):
    return shares_of_regions(position_weights(masks))


@pytest.mark.slow
@given(seeds, st.sampled_from([1, 3]))
def test_weights_sum_to_1_everywhere_and_keep_the_order_of_the_masks(seed, count):
    masks = planes(seed, count)
    weights = region_shares(jnp.asarray(masks))
    assert tuple(weights) == STRIDES
    for stride, each in weights.items():
        assert each.shape == (count, HEIGHT // stride, WIDTH // stride)
        np.testing.assert_allclose(np.sum(each, 0), 1, atol=1e-6)
        assert np.min(each) >= 0
    covered = masks.sum(0) > 0.5
    np.testing.assert_allclose(
        np.asarray(weights[1])[:, covered], (masks / (masks.sum(0) + 1e-9))[:, covered], atol=1e-4
    )


@given(seeds)
def test_weights_of_positions_are_the_means_of_the_masks(seed):
    masks = planes(seed)
    for stride, each in position_weights(jnp.asarray(masks)).items():
        means = masks.reshape(3, HEIGHT // stride, stride, WIDTH // stride, stride).mean((2, 4))
        np.testing.assert_allclose(each, means, atol=1e-5)
        # An empty region has the statistics of the whole picture rather than none.
        assert np.min(each) > 0


def test_where_no_region_is_all_count_alike():
    weights = region_shares(jnp.zeros((4, HEIGHT, WIDTH)))
    for each in weights.values():
        np.testing.assert_allclose(each, 0.25)


def test_a_single_region_has_the_whole_share():
    for each in region_shares(whole(jnp.zeros((HEIGHT, WIDTH, 3)))).values():
        np.testing.assert_array_equal(each, 1)


@pytest.mark.parametrize("stride", STRIDES)
def test_odd_edges_are_cropped(stride):
    masks = jnp.asarray(planes(1))
    larger = jnp.pad(masks, ((0, 0), (0, stride - 1), (0, stride - 1)), mode="edge")
    np.testing.assert_array_equal(position_weights(larger)[stride], position_weights(masks)[stride])
