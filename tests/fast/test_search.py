"""The search for the nearest key."""

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.fast import search
from tests.losses.feature_maps import seeds


@hypothesis.given(st.sampled_from([(1, 1), (7, 5), (4, 30)]), seeds, st.integers(0, 2))
def test_the_nearest_key_is_that_of_the_least_distance_and_the_first_of_several(counts, seed, largest):
    """Of small whole numbers, in which rounding plays no part and ties are many."""
    generator = np.random.default_rng(seed)
    queries, keys = (generator.integers(-largest, largest + 1, (count, 3)) for count in counts)
    distances = ((queries[:, None] - keys) ** 2).sum(-1)
    found = nearest(*(jnp.asarray(each, jnp.float32) for each in (queries, keys)))
    np.testing.assert_array_equal(found, distances.argmin(1))


nearest = jax.jit(search.nearest)


@hypothesis.given(seeds)
def test_the_nearest_key_among_those_of_any_length(seed):
    generator = np.random.default_rng(seed)
    queries, keys = (np.float32(generator.normal(size=(count, 6)) * generator.gamma(1)) for count in (9, 40))
    distances = np.linalg.norm(queries[:, None].astype(float) - keys, axis=-1)
    found = np.asarray(nearest(jnp.asarray(queries), jnp.asarray(keys)))
    np.testing.assert_allclose(distances[range(9), found], distances.min(1), rtol=1e-5)


def test_queries_are_searched_for_in_parts_as_all_at_once(monkeypatch):
    generator = np.random.default_rng(0)
    queries, keys = (jnp.asarray(generator.normal(size=(count, 5)), jnp.float32) for count in (23, 40))
    whole = nearest(queries, keys)
    monkeypatch.setattr(search, "SEARCHED_AT_ONCE", 10)
    np.testing.assert_array_equal(jax.jit(lambda *each: search.nearest(*each))(queries, keys), whole)
