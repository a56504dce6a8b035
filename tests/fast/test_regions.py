"""Masks of regions at the resolutions of the fast network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.fast import regions
from nst_jax.fast.regions import STRIDES, guide_of, whole
from nst_jax.losses.wasserstein import gaussian
from tests.losses.feature_maps import seeds

HEIGHT, WIDTH = 32, 48
region_weights, region_guides = jax.jit(regions.region_weights), jax.jit(regions.region_guides)


def planes(seed: int, count: int = 3) -> np.ndarray:
    """Random masks that are 0 or 1 for the most part, so that regions overlap, and leave parts uncovered."""
    generator = np.random.default_rng(seed)
    coarse = np.clip(generator.normal(size=(count, HEIGHT // 8, WIDTH // 8)) * 2, 0, 1)
    return np.float32(np.kron(coarse, np.ones((1, 8, 8))))


@given(seeds, st.sampled_from([1, 3]))
def test_weights_sum_to_1_everywhere_and_keep_the_order_of_the_masks(seed, count):
    masks = planes(seed, count)
    weights = region_weights(jnp.asarray(masks))
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
def test_guides_have_a_mean_of_1_and_are_proportional_to_the_masks(seed):
    masks = planes(seed)
    masks[1] = 0  # an empty region
    guides = region_guides(jnp.asarray(masks))
    for stride, each in guides.items():
        np.testing.assert_allclose(np.mean(each, (1, 2)), 1, rtol=1e-4)
        means = masks.reshape(3, HEIGHT // stride, stride, WIDTH // stride, stride).mean((2, 4))
        for guide, mean in zip(np.asarray(each), means, strict=True):
            if mean.max() > 0:
                np.testing.assert_allclose(guide * mean.mean(), mean, atol=1e-4)
    np.testing.assert_allclose(guides[4][1], 1, rtol=1e-5)


def test_where_no_region_is_all_count_alike():
    weights = region_weights(jnp.zeros((4, HEIGHT, WIDTH)))
    for each in weights.values():
        np.testing.assert_allclose(each, 0.25)


def test_a_single_region_is_the_whole():
    weights, unmasked = region_weights(jnp.ones((1, HEIGHT, WIDTH))), whole()
    guides = region_guides(jnp.ones((1, HEIGHT, WIDTH)))
    assert set(unmasked) == set(STRIDES)
    features = jnp.asarray(np.random.default_rng(0).random((HEIGHT // 8, WIDTH // 8, 4)), jnp.float32)
    for stride in STRIDES:
        np.testing.assert_array_equal(weights[stride], np.broadcast_to(unmasked[stride], weights[stride].shape))
        np.testing.assert_allclose(guides[stride], 1, rtol=1e-5)
    assert guide_of(None, 8, 0) is None
    for masked, plain in zip(gaussian(features, guide_of(guides, 8, 0)), gaussian(features), strict=True):
        np.testing.assert_allclose(masked, plain, atol=1e-6)


def test_statistics_by_a_guide_are_those_of_the_region_alone():
    masks = np.zeros((2, HEIGHT, WIDTH), np.float32)
    masks[0, :, :16], masks[1, :, 16:] = 1, 1
    features = jnp.asarray(np.random.default_rng(0).random((HEIGHT // 8, WIDTH // 8, 4)), jnp.float32)
    guides = region_guides(jnp.asarray(masks))
    for region, part in enumerate((features[:, :2], features[:, 2:])):
        for masked, alone in zip(gaussian(features, guide_of(guides, 8, region)), gaussian(part), strict=True):
            np.testing.assert_allclose(masked, alone, atol=1e-4)


@pytest.mark.parametrize("stride", STRIDES)
def test_odd_edges_are_cropped(stride):
    masks = jnp.asarray(planes(1))
    larger = jnp.pad(masks, ((0, 0), (0, stride - 1), (0, stride - 1)), mode="edge")
    np.testing.assert_array_equal(region_weights(larger)[stride], region_weights(masks)[stride])
