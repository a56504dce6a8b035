"""The Wasserstein distance of normal distributions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from nst_jax.losses.statistics import style_loss
from nst_jax.losses.wasserstein import EPSILON, Gaussian, gaussian, gaussian_target, wasserstein_loss
from tests.losses.feature_maps import seeds, shuffled


def features(seed: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(5, 6, 4)) + np.arange(4))


@jax.jit
def distance(one: jax.Array, other: jax.Array) -> jax.Array:
    return wasserstein_loss(gaussian(one), gaussian_target(gaussian(other)))


@given(seeds)
def test_mean_and_covariance_equal_those_of_numpy(seed):
    with jax.enable_x64(True):
        values = features(seed)
        mean, covariance = gaussian(values)
        flat = np.asarray(values).reshape(-1, 4)
        np.testing.assert_allclose(mean, flat.mean(0))
        np.testing.assert_allclose(covariance, np.cov(flat.T, bias=True) + EPSILON * np.eye(4), atol=1e-12)


@given(seeds, seeds)
def test_the_loss_is_a_distance(one, other):
    with jax.enable_x64(True):
        here, there = features(one), features(other)
        assert distance(here, here) == pytest.approx(0, abs=1e-6)
        assert distance(here, there) == pytest.approx(float(distance(there, here)), rel=1e-5, abs=1e-6)
        assert distance(here, there) >= -1e-6
        moved = distance(here + 2.0, here)
        assert moved == pytest.approx(4, rel=1e-5)


def test_for_commuting_covariances_the_distance_is_that_of_means_and_standard_deviations(x64):
    one = Gaussian(jnp.asarray([0.0, 1.0]), jnp.diag(jnp.asarray([4.0, 1.0])))
    other = Gaussian(jnp.asarray([3.0, 1.0]), jnp.diag(jnp.asarray([1.0, 9.0])))
    assert wasserstein_loss(one, gaussian_target(other)) == pytest.approx((9 + 0) / 2 + (1 + 4) / 2, rel=1e-6)


def test_the_distance_does_not_depend_on_positions(x64):
    values = features(1)
    moved = jnp.asarray(shuffled(np.asarray(values), 2))
    assert distance(moved, features(3)) == pytest.approx(float(distance(values, features(3))))


def test_a_gaussian_is_a_target_by_its_root(x64):
    own, other = gaussian(features(1)), gaussian(features(2))
    expected = wasserstein_loss(own, gaussian_target(other))
    assert wasserstein_loss(own, other) == expected
    assert style_loss(own, other) == expected == style_loss(own, gaussian_target(other))


def test_the_loss_of_equal_distributions_is_positive_where_the_roots_have_not_converged(x64):
    """As the docstring says. With eigenvalues of one size the roots converge, and the loss is 0."""
    flat = Gaussian(jnp.zeros(3), jnp.diag(jnp.asarray([1.0, 1e-5, 1e-6])))
    assert wasserstein_loss(flat, flat) > 1e-7
    even = Gaussian(jnp.zeros(3), jnp.diag(jnp.asarray([1.0, 0.5, 0.2])))
    assert wasserstein_loss(even, even) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("deviation", [0, 1e-5, 1e-2])
def test_the_loss_of_nearly_equal_features_and_its_gradient_are_finite(deviation):
    """As those of a plain color; from means of products, a covariance would have negative eigenvalues."""
    generator = np.random.default_rng(0)
    plain = np.float32(generator.uniform(1, 100, 16))
    one, other = (
        jnp.asarray(np.float32(scale) * plain + generator.normal(0, deviation, (64, 64, 16)), jnp.float32)
        for scale in (1, 0.9)
    )
    covariance = np.asarray(gaussian(one).covariance, np.float64)
    assert np.linalg.eigvalsh(covariance).min() > 0.5 * EPSILON
    loss, gradient = jax.value_and_grad(distance)(one, other)
    assert loss == pytest.approx(np.mean((0.1 * plain) ** 2), rel=1e-3)
    assert np.isfinite(gradient).all()
