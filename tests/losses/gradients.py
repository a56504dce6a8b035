"""Comparison of a loss's gradient with finite differences."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest


def assert_gradient_agrees_with_finite_differences(loss: Callable[[jax.Array], jax.Array]) -> None:
    """Compare derivatives along a random direction at a random feature map; needs double precision."""
    generator = np.random.default_rng(0)
    x, direction = (jnp.asarray(generator.normal(size=(4, 5, 3))) for _ in range(2))
    step = 1e-6
    loss_and_gradient = jax.jit(jax.value_and_grad(loss))
    plus, minus = (loss_and_gradient(x + sign * step * direction)[0] for sign in (1, -1))
    difference = float((plus - minus) / (2 * step))
    assert jnp.vdot(loss_and_gradient(x)[1], direction) == pytest.approx(difference, rel=1e-6)
