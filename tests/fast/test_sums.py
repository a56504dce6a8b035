"""Sums over positions: those of the parts add up, and their means and covariances are those of the losses."""

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.fast.sums import gaussian_of, moments_of, sums_of
from nst_jax.losses.moments import moments
from nst_jax.losses.wasserstein import gaussian

FEATURES = np.random.default_rng(0).gamma(1.0, 1.0, (12, 16, 5)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).uniform(0, 1, (2, 12, 16)).astype(np.float32)


def test_the_parts_add_up_to_the_whole():
    whole = sums_of(jnp.asarray(FEATURES), jnp.asarray(WEIGHTS))
    rows = [slice(0, 5), slice(5, 12)]
    parts = [sums_of(jnp.asarray(FEATURES[part]), jnp.asarray(WEIGHTS[:, part])) for part in rows]
    added = jax.tree.map(jnp.add, *parts)
    for one, other in zip(whole, added, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_means_and_covariances_are_those_of_the_losses():
    sums = sums_of(jnp.asarray(FEATURES), jnp.asarray(WEIGHTS))
    for region, weights in enumerate(WEIGHTS):
        guide = jnp.asarray(weights / weights.mean())
        for ours, theirs in (
            (gaussian_of(sums), gaussian(jnp.asarray(FEATURES), guide)),
            (moments_of(sums), moments(jnp.asarray(FEATURES), guide=guide)),
        ):
            for one, other in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(one[region], other, rtol=1e-4, atol=1e-5)


def test_positions_without_weight_do_not_count():
    weights = jnp.zeros((1, 12, 16)).at[:, :6].set(1)
    changed = jnp.asarray(FEATURES).at[6:].set(100)
    for one, other in zip(sums_of(jnp.asarray(FEATURES), weights), sums_of(changed, weights), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_constant_channel_has_a_finite_deviation():
    flat = jnp.full((12, 16, 3), 0.7)
    assert np.isfinite(np.asarray(moments_of(sums_of(flat, jnp.ones((1, 12, 16)))).std)).all()
