"""The search for the nearest key."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# The number of queries whose distances to all keys are in memory at once.
SEARCHED_AT_ONCE = 4096


def nearest(queries: Float[Array, "n numbers"], keys: Float[Array, "m numbers"]) -> Int[Array, " n"]:
    """Return the index of the key with the least distance to each query; the first of several."""
    # The square of the distance is the square of the query, which is the same for all keys, less twice the score.
    halves = jnp.sum(keys**2, 1) / 2

    def search(query: Float[Array, " numbers"]) -> Int[Array, ""]:
        scores = keys @ query - halves
        # XLA's argmax is several times as slow on a CPU as a maximum.
        return jnp.min(jnp.where(scores >= jnp.max(scores), jnp.arange(len(keys)), len(keys) - 1))

    if len(queries) <= SEARCHED_AT_ONCE:
        return jax.vmap(search)(queries)
    return jax.lax.map(search, queries, batch_size=SEARCHED_AT_ONCE)
