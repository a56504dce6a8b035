"""The backend is free of a fault of some JAX releases."""

import contextlib

import jax
import jax.numpy as jnp
import pytest


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [16_385, 32_769])
def test_reductions_after_a_batched_product_are_right(size, dtype):
    """jax-ml/jax#39103: 0.10.2, 0.11.0 and 0.11.1 lose the last rows on CPUs. If this fails, use another release."""

    def squared_norms(x):
        return jax.vmap(lambda row: jnp.sum((jnp.eye(3, dtype=x.dtype) @ row) ** 2))(x)

    with jax.enable_x64(True) if dtype == "float64" else contextlib.nullcontext():
        numbers = jnp.arange(size, dtype=dtype)
        x = jnp.stack((numbers, jnp.zeros_like(numbers), jnp.zeros_like(numbers)), axis=1)
        norms = jax.jit(squared_norms)(x)
        assert norms.dtype == dtype
        assert norms[-1] == (size - 1.0) ** 2
        assert jnp.array_equal(norms, numbers**2)
