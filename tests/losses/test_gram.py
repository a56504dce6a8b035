"""Gram matrices: their definition, symmetries, and sums in blocks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.losses.gram import BLOCK, gram_matrix
from tests.losses.feature_maps import assert_close, feature_maps, normalizations, seeds, shuffled


@given(feature_maps, normalizations)
def test_gram_matrix_is_the_product_by_definition(features, normalization):
    height, width, channels = features.shape
    matrix = features.reshape(-1, channels).astype(np.float64)
    divisor = {"none": 1, "hw": height * width, "chw": height * width * channels}[normalization]
    assert_close(gram_matrix(jnp.asarray(features), normalization), matrix.T @ matrix / divisor)


@pytest.mark.parametrize("width", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5])
def test_gram_matrix_in_blocks_is_the_product_by_definition(width):
    features = np.random.default_rng(width).standard_normal((1, width, 3)).astype(np.float32)
    matrix = features.reshape(-1, 3).astype(np.float64)
    direction = np.array([[1, 2, 0], [0, 1, -1], [3, 0, 1]], np.float32)
    gram, gradient = jax.vjp(lambda x: gram_matrix(x, "none"), jnp.asarray(features))
    assert_close(gram, matrix.T @ matrix, width)
    assert_close(gradient(direction)[0], (matrix @ (direction + direction.T)).reshape(features.shape), 10)


@pytest.mark.parametrize("width", [BLOCK - 1, BLOCK + 1])
@pytest.mark.parametrize("guided", [False, True])
def test_a_center_is_subtracted_and_is_constant_for_the_gradient(width, guided, x64):
    """Also where the center depends on the features."""
    features = jnp.asarray(np.random.default_rng(width).normal(3, 1, (1, width, 3)))
    guide = jnp.asarray(np.random.default_rng(0).random((1, width))) if guided else None
    direction = jnp.asarray([[1.0, 2, 0], [0, 1, -1], [3, 0, 1]])
    found, gradient = jax.vjp(lambda x: gram_matrix(x, "hw", guide, jnp.mean(x, (0, 1))), features)
    center = jnp.mean(features, (0, 1))
    expected, expected_gradient = jax.vjp(lambda x: gram_matrix(x - center[None, None], "hw", guide), features)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(*gradient(direction), *expected_gradient(direction), rtol=1e-9, atol=1e-12)


@given(feature_maps, normalizations)
def test_gram_matrix_is_symmetric_and_positive_semidefinite(features, normalization):
    gram = np.asarray(gram_matrix(jnp.asarray(features), normalization), np.float64)
    np.testing.assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() >= -1e-5 * max(1, np.trace(gram))


@given(feature_maps, normalizations, seeds)
def test_gram_matrix_does_not_depend_on_positions(features, normalization, seed):
    gram = gram_matrix(jnp.asarray(features), normalization)
    assert_close(gram_matrix(jnp.asarray(shuffled(features, seed)), normalization), gram, np.abs(gram).max())
    for mirrored in (features[::-1].copy(), features[:, ::-1].copy()):
        assert_close(gram_matrix(jnp.asarray(mirrored), normalization), gram, np.abs(gram).max())


@given(feature_maps, normalizations, st.floats(-8, 8, width=32))
def test_gram_matrix_scales_with_the_square(features, normalization, factor):
    gram = gram_matrix(jnp.asarray(features), normalization)
    scaled = gram_matrix(jnp.asarray(features * np.float32(factor)), normalization)
    assert_close(scaled, factor**2 * gram, factor**2 * np.abs(gram).max() + 1e-6)


@given(feature_maps, st.sampled_from(["hw", "chw"]), st.integers(1, 3), st.integers(1, 3))
def test_gram_matrix_per_position_does_not_depend_on_tiling(features, normalization, down, right):
    gram = gram_matrix(jnp.asarray(features), normalization)
    tiled = gram_matrix(jnp.asarray(np.tile(features, (down, right, 1))), normalization)
    assert_close(tiled, gram, np.abs(gram).max())
