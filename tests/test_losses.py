"""The laws that the losses obey, whatever the features."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nst_jax.losses.content import content_loss
from nst_jax.losses.gram import BLOCK, gram_matrix, gram_style_loss
from nst_jax.losses.huber import huber
from nst_jax.losses.moments import Moments, moments, moments_style_loss
from nst_jax.losses.total_variation import total_variation

NORMALIZATIONS = ("none", "hw", "chw")
values = st.floats(-4, 4, width=32).map(lambda value: round(value, 3))
# Few shapes, so that few programs are compiled.
shapes = st.sampled_from([(1, 1, 2), (3, 4, 3), (5, 2, 4)])
feature_maps = shapes.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=values))
pairs = shapes.flatmap(lambda shape: st.tuples(*[hnp.arrays(np.float32, shape, elements=values)] * 2))
normalizations = st.sampled_from(NORMALIZATIONS)
seeds = st.integers(0, 2**32 - 1)


def gram_style(features, target):
    return gram_style_loss(gram_matrix(features), gram_matrix(target))


def moments_style(features, target):
    return moments_style_loss(moments(features), moments(target))


def shuffled(features: np.ndarray, seed: int) -> np.ndarray:
    """The same feature vectors at other positions."""
    positions = features.reshape(-1, features.shape[-1])
    return np.random.default_rng(seed).permutation(positions).reshape(features.shape)


def close(a, b, scale=1.0):
    np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5 * float(scale))


@given(feature_maps, normalizations)
def test_gram_matrix_is_the_product_by_definition(features, normalization):
    height, width, channels = features.shape
    matrix = features.reshape(-1, channels).astype(np.float64)
    divisor = {"none": 1, "hw": height * width, "chw": height * width * channels}[normalization]
    close(gram_matrix(jnp.asarray(features), normalization), matrix.T @ matrix / divisor)


@pytest.mark.parametrize("width", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5])
def test_gram_matrix_in_blocks_is_the_product_by_definition(width):
    features = np.random.default_rng(width).standard_normal((1, width, 3)).astype(np.float32)
    matrix = features.reshape(-1, 3).astype(np.float64)
    direction = np.array([[1, 2, 0], [0, 1, -1], [3, 0, 1]], np.float32)
    gram, gradient = jax.vjp(lambda x: gram_matrix(x, "none"), jnp.asarray(features))
    close(gram, matrix.T @ matrix, width)
    close(gradient(direction)[0], (matrix @ (direction + direction.T)).reshape(features.shape), 10)


@given(feature_maps, normalizations)
def test_gram_matrix_is_symmetric_and_positive_semidefinite(features, normalization):
    gram = np.asarray(gram_matrix(jnp.asarray(features), normalization), np.float64)
    np.testing.assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() >= -1e-5 * max(1, np.trace(gram))


@given(feature_maps, normalizations, seeds)
def test_gram_matrix_forgets_positions(features, normalization, seed):
    gram = gram_matrix(jnp.asarray(features), normalization)
    close(gram_matrix(jnp.asarray(shuffled(features, seed)), normalization), gram, np.abs(gram).max())
    for mirrored in (features[::-1].copy(), features[:, ::-1].copy()):
        close(gram_matrix(jnp.asarray(mirrored), normalization), gram, np.abs(gram).max())


@given(feature_maps, normalizations, st.floats(-8, 8, width=32))
def test_gram_matrix_scales_with_the_square(features, normalization, factor):
    gram = gram_matrix(jnp.asarray(features), normalization)
    scaled = gram_matrix(jnp.asarray(features * np.float32(factor)), normalization)
    close(scaled, factor**2 * gram, factor**2 * np.abs(gram).max() + 1e-6)


@given(feature_maps, st.sampled_from(["hw", "chw"]), st.integers(1, 3), st.integers(1, 3))
def test_gram_matrix_per_position_ignores_tiling(features, normalization, down, right):
    gram = gram_matrix(jnp.asarray(features), normalization)
    tiled = gram_matrix(jnp.asarray(np.tile(features, (down, right, 1))), normalization)
    close(tiled, gram, np.abs(gram).max())


@given(feature_maps)
def test_moments_are_numpys(features):
    statistics = moments(jnp.asarray(features))
    close(statistics.mean, features.mean((0, 1), dtype=np.float64))
    close(statistics.std, np.sqrt(features.var((0, 1), dtype=np.float64) + 1e-5), 10)


@pytest.mark.parametrize("style_loss", [gram_style, moments_style])
@given(features=pairs, seed=seeds)
def test_style_loss(style_loss, features, seed):
    one, other = (jnp.asarray(array) for array in features)
    loss = style_loss(one, other)
    assert loss >= 0
    assert style_loss(one, one) == 0
    close(style_loss(other, one), loss)
    close(style_loss(jnp.asarray(shuffled(features[0], seed)), one), 0, 1 + jnp.abs(one).max() ** 4)


@given(pairs)
def test_content_loss_is_zero_only_at_equality(features):
    one, other = features
    assert content_loss(jnp.asarray(one), jnp.asarray(one)) == 0
    assume(np.abs(one - other).max() > 1e-3)
    loss = content_loss(jnp.asarray(one), jnp.asarray(other))
    assert loss > 0
    close(loss, np.mean((one.astype(np.float64) - other) ** 2))


@pytest.mark.parametrize("norm", ["l1", "l2", "l2-nine-point", "l2-half-sum"])
@given(picture=feature_maps, shift=values)
def test_total_variation(norm, picture, shift):
    variation = total_variation(jnp.asarray(picture), norm)
    assert variation >= 0
    close(total_variation(jnp.asarray(picture + np.float32(shift)), norm), variation)
    assert total_variation(jnp.full_like(picture, shift), norm) == 0


NINE_POINT = 2 * (((9 + 16) + (1 + 4)) / 4 / 3 + ((25 + 1 + 4 + 9 + 16) + (4 + 9 + 16 + 1 + 4)) / 9 / 12)


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ("l1", 3.5 + 1.5),
        ("l2", (9 + 16) / 2 + (1 + 4) / 2),
        ("l2-half-sum", (9 + 1) / 2),
        ("l2-nine-point", NINE_POINT),
    ],
)
def test_total_variation_by_hand(norm, expected):
    picture = jnp.asarray([[[1.0], [2.0]], [[4.0], [6.0]]])
    assert total_variation(picture, norm) == pytest.approx(expected)


LOSSES = {
    "content": content_loss,
    "gram": gram_style,
    "moments": moments_style,
    "tv l2": lambda picture, _: total_variation(picture, "l2"),
    "tv l2-nine-point": lambda picture, _: total_variation(picture, "l2-nine-point"),
    "tv l2-half-sum": lambda picture, _: total_variation(picture, "l2-half-sum"),
}


@pytest.mark.parametrize("name", LOSSES)
@given(features=pairs)
def test_jit_changes_nothing(name, features):
    one, other = (jnp.asarray(array) for array in features)
    loss = LOSSES[name]
    close(jax.jit(loss)(one, other), loss(one, other), 1 + jnp.abs(one).max() ** 4)


@pytest.mark.parametrize("name", [*LOSSES, "tv l1"])
def test_gradients_agree_with_finite_differences(name, x64):
    generator = np.random.default_rng(0)
    one, other = (jnp.asarray(generator.normal(size=(4, 5, 3))) for _ in range(2))
    loss = functools.partial(total_variation, norm="l1") if name == "tv l1" else lambda x: LOSSES[name](x, other)
    direction = jnp.asarray(generator.normal(size=one.shape))
    step = 1e-6
    difference = (loss(one + step * direction) - loss(one - step * direction)) / (2 * step)
    assert jnp.vdot(jax.grad(loss)(one), direction) == pytest.approx(float(difference), rel=1e-6)


def test_the_gradient_is_finite_where_features_are_constant():
    flat = jnp.ones((4, 4, 3))
    target = moments(flat * 2)
    gradient = jax.grad(lambda x: moments_style_loss(moments(x), target))(flat)
    assert jnp.isfinite(gradient).all()


def test_moments_style_loss_by_hand():
    one = Moments(jnp.asarray([0.0, 0.0]), jnp.asarray([1.0, 1.0]))
    other = Moments(jnp.asarray([3.0, 1.0]), jnp.asarray([1.0, 3.0]))
    assert moments_style_loss(one, other) == (9 + 1) / 2 + 4 / 2


@given(st.floats(0, 1e6), st.floats(1e-3, 1e3))
def test_huber_is_the_square_up_to_its_threshold_and_a_line_beyond(distance, threshold):
    expected = distance**2 if distance <= threshold else 2 * threshold * distance - threshold**2
    found, slope = jax.value_and_grad(lambda d: huber(d**2, jnp.asarray(threshold**-2)))(jnp.asarray(distance))
    assert found == pytest.approx(expected, rel=1e-4)
    assert slope == pytest.approx(2 * min(distance, threshold), rel=1e-4)


@given(st.just(0.0) | st.floats(1e-30, 1e30))
def test_without_a_curvature_huber_changes_nothing(squared):
    found, slope = jax.value_and_grad(huber)(jnp.asarray(squared), jnp.zeros(()))
    assert (found, slope) == (np.float32(squared), 1)
