"""Matrix roots, and the distance of normal distributions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.losses.matrix_sqrt import matrix_sqrt
from nst_jax.losses.wasserstein import EPSILON, Gaussian, gaussian, gaussian_target, wasserstein_loss

seeds = st.integers(0, 2**32 - 1)


def definite(seed: int, size: int = 4) -> np.ndarray:
    """Symmetric, with eigenvalues from 0.1 to 3."""
    generator = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(generator.normal(size=(size, size)))
    return turn @ np.diag(generator.uniform(0.1, 3, size)) @ turn.T


def features(seed: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(5, 6, 4)) + np.arange(4))


def distance(one: jax.Array, other: jax.Array) -> jax.Array:
    return wasserstein_loss(gaussian(one), gaussian_target(gaussian(other)))


@given(seeds)
def test_the_root_is_scipys(seed):
    with jax.enable_x64(True):
        matrix = definite(seed)
        root = matrix_sqrt(jnp.asarray(matrix))
        np.testing.assert_allclose(root, scipy.linalg.sqrtm(matrix), atol=1e-8)
        np.testing.assert_allclose(root @ root, matrix, atol=1e-8)


@given(seeds)
def test_the_roots_gradient_agrees_with_finite_differences(seed):
    with jax.enable_x64(True):
        generator = np.random.default_rng(seed)
        matrix, weights = jnp.asarray(definite(seed)), jnp.asarray(generator.normal(size=(4, 4)))
        direction = jnp.asarray(definite(seed + 1))

        def function(matrix):
            return jnp.vdot(weights, matrix_sqrt(matrix))

        step = 1e-6
        difference = (function(matrix + step * direction) - function(matrix - step * direction)) / (2 * step)
        assert jnp.vdot(jax.grad(function)(matrix), direction) == pytest.approx(float(difference), rel=1e-5, abs=1e-7)


@given(seeds)
def test_the_statistics_are_numpys(seed):
    with jax.enable_x64(True):
        values = features(seed)
        mean, covariance = gaussian(values)
        flat = np.asarray(values).reshape(-1, 4)
        np.testing.assert_allclose(mean, flat.mean(0))
        np.testing.assert_allclose(covariance, np.cov(flat.T, bias=True) + EPSILON * np.eye(4), atol=1e-12)


@given(seeds, seeds)
def test_it_is_a_distance(one, other):
    with jax.enable_x64(True):
        here, there = features(one), features(other)
        assert distance(here, here) == pytest.approx(0, abs=1e-6)
        assert distance(here, there) == pytest.approx(float(distance(there, here)), rel=1e-5, abs=1e-6)
        assert distance(here, there) >= -1e-6
        moved = distance(here + 2.0, here)
        assert moved == pytest.approx(4, rel=1e-5)


def test_by_hand(x64):
    """Where the covariances commute, it is that of the means and of the standard deviations."""
    one = Gaussian(jnp.asarray([0.0, 1.0]), jnp.diag(jnp.asarray([4.0, 1.0])))
    other = Gaussian(jnp.asarray([3.0, 1.0]), jnp.diag(jnp.asarray([1.0, 9.0])))
    assert wasserstein_loss(one, gaussian_target(other)) == pytest.approx((9 + 0) / 2 + (1 + 4) / 2, rel=1e-6)


def test_it_forgets_positions(x64):
    values = features(1)
    shuffled = jnp.asarray(np.random.default_rng(2).permutation(np.asarray(values).reshape(-1, 4)).reshape(5, 6, 4))
    assert distance(shuffled, features(3)) == pytest.approx(float(distance(values, features(3))))
