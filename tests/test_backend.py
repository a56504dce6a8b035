"""The backend can be trusted: a known fault of some jax releases is not there."""

import jax
import jax.numpy as jnp
import pytest


@pytest.mark.parametrize("size", [16_385, 32_769])
def test_reductions_after_a_batched_product(size):
    """jax-ml/jax#39103: 0.10.2, 0.11.0 and 0.11.1 lose the last rows on CPUs. Should this fail, use another release."""

    def squared_norms(x):
        return jax.vmap(lambda row: jnp.sum((jnp.eye(3) @ row) ** 2))(x)

    along = jnp.arange(size, dtype=jnp.float32)
    x = jnp.stack((along, jnp.zeros_like(along), jnp.zeros_like(along)), axis=1)
    assert jax.jit(squared_norms)(x)[-1] == (size - 1.0) ** 2


def test_reductions_in_double_precision(x64):
    test_reductions_after_a_batched_product(16_385)
