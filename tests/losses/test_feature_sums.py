"""Sums over parts of an image give the statistics of the whole."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.losses.feature_sums import add_sums, feature_sums, statistics_of_sums
from nst_jax.losses.moments import Moments
from nst_jax.losses.statistics import style_statistics

KINDS = ["gram", "mean-std", "wasserstein"]


def features(dtype, offset=0.0):
    return jnp.asarray(np.random.default_rng(0).normal(offset, 1, (12, 10, 5)), dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("guided", [False, True])
def test_parts_add_up(kind, guided, x64):
    maps = features(jnp.float64)
    guide = jnp.asarray(np.random.default_rng(1).random((12, 10)))
    guide = guide / guide.mean() if guided else jnp.ones((12, 10))
    parts = [feature_sums(maps[rows], kind, guide[rows]) for rows in (slice(0, 3), slice(3, 4), slice(4, 12))]
    found = statistics_of_sums(functools.reduce(add_sums, parts), kind, "chw", 120)
    expected = style_statistics(maps, kind, "chw", guide if guided else None)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12), found, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_region_has_the_statistics_of_nothing(kind):
    maps, nothing = features(jnp.float32), jnp.zeros((12, 10))
    sums = add_sums(feature_sums(maps[:5], kind, nothing[:5]), feature_sums(maps[5:], kind, nothing[5:]))
    found = statistics_of_sums(sums, kind, "hw", 120)
    jax.tree.map(np.testing.assert_array_equal, found, style_statistics(maps, kind, "hw", nothing))


@pytest.mark.parametrize("kind", ["mean-std", "wasserstein"])
def test_a_small_deviation_of_large_features_keeps_its_digits(kind):
    """The mean square minus the square of the mean would have none left."""
    maps = features(jnp.float32, offset=1e4)
    ones = jnp.ones((12, 10))
    sums = add_sums(feature_sums(maps[:5], kind, ones[:5]), feature_sums(maps[5:], kind, ones[5:]))
    found = statistics_of_sums(sums, kind, "hw", 120)
    std = found.std if isinstance(found, Moments) else jnp.sqrt(jnp.diagonal(found.covariance))
    np.testing.assert_allclose(std, np.std(np.asarray(maps, np.float64), (0, 1)), rtol=1e-3)
