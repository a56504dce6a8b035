"""The optimal transport of features, compared with an independent formula and by what it promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from nst_jax.fast.transport import SHRINKAGE, AffineMap, apply_maps, gaussian_map, moments_map
from nst_jax.losses.moments import Moments, moments
from nst_jax.losses.wasserstein import Gaussian, gaussian
from tests.losses.feature_maps import seeds

CHANNELS = 5


def distribution(seed: int) -> Gaussian:
    """A normal distribution whose variances along its axes differ by factors of up to 10; needs double precision."""
    generator = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(generator.normal(size=(CHANNELS, CHANNELS)))
    variances = generator.uniform(0.1, 1, CHANNELS) * 10 ** generator.uniform(-2, 2)
    return Gaussian(jnp.asarray(generator.normal(size=CHANNELS)), jnp.asarray((axes * variances) @ axes.T))


def shrunk(covariance: jax.Array) -> np.ndarray:
    """The covariance with what `SHRINKAGE` adds to it."""
    values = np.asarray(covariance)
    return values + SHRINKAGE * np.trace(values) / len(values) * np.eye(len(values))


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """A power of a symmetric positive matrix by its eigenvectors."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T


def apply_map(features, map_: AffineMap) -> jax.Array:
    """Apply the map of a single region to features of any number of axes."""
    flat = jnp.asarray(features).reshape(1, -1, features.shape[-1])
    return apply_maps(flat, jax.tree.map(lambda each: each[None], map_), jnp.ones((1, 1, 1))).reshape(features.shape)


def assert_is_small(difference: np.ndarray, of: np.ndarray, relative: float) -> None:
    """Check that no number of a difference is above a fraction of the largest of what it is a difference of."""
    assert np.abs(difference).max() <= relative * np.abs(of).max()


@given(seeds, seeds)
def test_the_map_equals_the_formula_by_eigenvectors_and_is_symmetric_and_positive(one, other):
    with jax.enable_x64(True):
        content, style = distribution(one), distribution(other)
        map_ = gaussian_map(content, style)
        root, inverse = (power(shrunk(content.covariance), exponent) for exponent in (0.5, -0.5))
        expected = inverse @ power(root @ shrunk(style.covariance) @ root, 0.5) @ inverse
        assert_is_small(map_.matrix - expected, expected, 1e-7)
        np.testing.assert_allclose(apply_map(content.mean, map_), style.mean, atol=1e-9)
        assert_is_small(map_.matrix - map_.matrix.T, expected, 1e-9)
        assert np.linalg.eigvalsh(map_.matrix).min() > 0


@given(seeds)
def test_mapped_samples_have_the_mean_and_the_covariance_of_the_style(seed):
    """The covariances are those with the shrinkage; without it they agree roughly."""
    with jax.enable_x64(True):
        samples = jnp.asarray(
            np.random.default_rng(seed).normal(size=(8, 9, CHANNELS)) @ np.diag(np.linspace(1, 2, CHANNELS))
        )
        own, style = gaussian(samples), distribution(seed + 1)
        map_ = gaussian_map(own, style)
        mapped = np.asarray(apply_map(samples, map_)).reshape(-1, CHANNELS)
        np.testing.assert_allclose(mapped.mean(0), style.mean, atol=1e-9)
        matrix = np.asarray(map_.matrix)
        assert_is_small(
            matrix @ shrunk(own.covariance) @ matrix.T - shrunk(style.covariance), shrunk(style.covariance), 1e-4
        )
        assert_is_small(np.cov(mapped.T, bias=True) - style.covariance, style.covariance, 0.3)


@given(seeds)
def test_between_equal_distributions_nothing_moves(seed):
    with jax.enable_x64(True):
        own = distribution(seed)
        map_ = gaussian_map(own, own)
        np.testing.assert_allclose(map_.matrix, np.eye(CHANNELS), atol=1e-6)
        np.testing.assert_allclose(map_.offset, 0, atol=1e-6)


@given(seeds, seeds)
def test_the_way_back_is_the_inverse(one, other):
    with jax.enable_x64(True):
        here, there = distribution(one), distribution(other)
        back = gaussian_map(there, here).matrix @ gaussian_map(here, there).matrix
        np.testing.assert_allclose(back, np.eye(CHANNELS), atol=1e-5)


def test_single_precision_is_enough():
    with jax.enable_x64(True):
        content, style = distribution(1), distribution(2)
        expected = gaussian_map(content, style)
    map_ = gaussian_map(*jax.tree.map(lambda each: jnp.asarray(np.float32(each)), (content, style)))
    assert map_.matrix.dtype == jnp.float32
    assert_is_small(np.asarray(map_.matrix) - np.asarray(expected.matrix), np.asarray(expected.matrix), 1e-5)


def test_the_map_holds_for_features_of_few_degrees_of_freedom(x64):
    """Those of pictures: 64 channels whose variances fall by powers; their condition number is about 1000."""
    generator = np.random.default_rng(0)
    axes, _ = np.linalg.qr(generator.normal(size=(64, 64)))
    covariance = jnp.asarray((axes * np.arange(1.0, 65) ** -2) @ axes.T)
    own = Gaussian(jnp.zeros(64), covariance)
    np.testing.assert_allclose(gaussian_map(own, own).matrix, np.eye(64), atol=0.01)


@pytest.mark.parametrize("which", [0, 1])
def test_a_flat_picture_has_a_finite_map(which):
    """A flat content stays flat, and a flat style makes the content flat."""
    pair = [jnp.full((4, 5, 3), 0.3), jnp.asarray(np.random.default_rng(0).random((4, 5, 3)), jnp.float32)]
    content, style = pair if which == 0 else pair[::-1]
    for map_ in (gaussian_map(gaussian(content), gaussian(style)), moments_map(moments(content), moments(style))):
        mapped = apply_map(content, map_)
        assert np.isfinite(mapped).all()
        assert float(jnp.std(mapped, (0, 1)).max()) < 0.1
        np.testing.assert_allclose(jnp.mean(mapped, (0, 1)), jnp.mean(style, (0, 1)), atol=1e-4)


@given(seeds)
def test_the_map_of_moments_exchanges_means_and_standard_deviations(seed):
    """Up to the least standard deviation, a tenth of the mean one, which is added in quadrature."""
    with jax.enable_x64(True):
        generator = np.random.default_rng(seed)
        samples = jnp.asarray(
            generator.normal(size=(6, 7, 4)) * generator.uniform(0.5, 2, 4) + generator.normal(size=4)
        )
        style = Moments(jnp.asarray(generator.normal(size=4)), jnp.asarray(generator.uniform(0.5, 2, 4)))
        own = moments(samples)
        map_ = moments_map(own, style)
        matrix = np.asarray(map_.matrix)
        np.testing.assert_array_equal(matrix, np.diag(np.diag(matrix)))
        assert (np.diag(matrix) > 0).all()
        mapped = moments(apply_map(samples, map_))
        np.testing.assert_allclose(mapped.mean, style.mean, atol=1e-9)
        np.testing.assert_allclose(mapped.std, style.std, rtol=0.1)
        floors = [0.1 * float(jnp.mean(each.std)) for each in (own, style)]
        np.testing.assert_allclose(
            np.diag(matrix) * np.hypot(own.std, floors[0]), np.hypot(style.std, floors[1]), rtol=1e-9
        )
        same = moments_map(own, own)
        np.testing.assert_allclose(same.matrix, np.eye(4), atol=1e-12)
        np.testing.assert_allclose(same.offset, 0, atol=1e-12)


@pytest.mark.parametrize("axes", [(), (4,), (2, 3)])
def test_a_map_is_applied_to_each_position_by_itself(axes):
    generator = np.random.default_rng(0)
    map_ = AffineMap(jnp.asarray(generator.random((3, 3))), jnp.asarray(generator.random(3)))
    features = generator.random((*axes, 3))
    mapped = np.asarray(apply_map(jnp.asarray(features), map_))
    for place in np.ndindex(axes):
        expected = np.asarray(map_.matrix) @ features[place] + np.asarray(map_.offset)
        np.testing.assert_allclose(mapped[place], expected, rtol=1e-5)
