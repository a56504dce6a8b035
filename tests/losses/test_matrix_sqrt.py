"""The square root of matrices by the Newton-Schulz iteration, and its gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given

from nst_jax.losses.matrix_sqrt import matrix_sqrt
from tests.losses.feature_maps import seeds


def positive_definite(seed: int, size: int = 4) -> np.ndarray:
    """Return a symmetric matrix with eigenvalues from 0.1 to 3."""
    generator = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(generator.normal(size=(size, size)))
    return rotation @ np.diag(generator.uniform(0.1, 3, size)) @ rotation.T


@given(seeds)
def test_the_root_is_that_of_scipy(seed):
    with jax.enable_x64(True):
        matrix = positive_definite(seed)
        root = matrix_sqrt(jnp.asarray(matrix))
        np.testing.assert_allclose(root, scipy.linalg.sqrtm(matrix), atol=1e-8)
        np.testing.assert_allclose(root @ root, matrix, atol=1e-8)


@jax.jit
def weighted_root(matrix, weights):
    return jnp.vdot(weights, matrix_sqrt(matrix))


GRADIENT = jax.jit(jax.grad(weighted_root))


@given(seeds)
def test_the_gradient_of_the_root_agrees_with_finite_differences(seed):
    with jax.enable_x64(True):
        generator = np.random.default_rng(seed)
        matrix, weights = jnp.asarray(positive_definite(seed)), jnp.asarray(generator.normal(size=(4, 4)))
        direction = jnp.asarray(positive_definite(seed + 1))
        step = 1e-6
        plus, minus = (weighted_root(matrix + sign * step * direction, weights) for sign in (1, -1))
        difference = float((plus - minus) / (2 * step))
        assert jnp.vdot(GRADIENT(matrix, weights), direction) == pytest.approx(difference, rel=1e-5, abs=1e-7)
