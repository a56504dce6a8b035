"""Style codes: what changes of a picture they do not see, and how they are mixed."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import stylizer
from nst_jax.fast.style_code import COVARIANCE_LAYERS, VECTOR_LAYERS, StyleCode, code_vector
from nst_jax.fast.style_code import mix_codes as mix_regions
from nst_jax.fast.stylizer import encode
from nst_jax.networks.frozen_vgg import FrozenVGG
from tests.conftest import picture

# As of the style pictures of the tests of the stylizer, whose programs these tests share.
SHAPE = (32, 48)


@pytest.fixture(scope="module")
def network(tiny_network) -> FrozenVGG:
    return FrozenVGG.of(tiny_network, "edges")


@pytest.fixture(scope="module")
def codes(network) -> StyleCode:
    """The codes of three pictures, with a leading axis."""
    each = [stylizer.encode(network, jnp.asarray(picture(seed, *SHAPE))) for seed in range(3)]
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *each)


def mix_codes(codes: StyleCode, weights: jax.Array) -> StyleCode:
    """Mix codes of single regions, without the axis for regions."""
    with_regions = jax.tree.map(lambda each: each[:, None], codes)
    return first(mix_regions(with_regions, weights[:, None]))


def first(code: StyleCode) -> StyleCode:
    """The code of the first region."""
    return jax.tree.map(lambda each: each[0], code)


def style_code(network: FrozenVGG, image: jax.Array) -> StyleCode:
    """The code of the whole image, without the axis for regions."""
    return first(encode(network, image))


def vector_of(code: StyleCode) -> jax.Array:
    """The vector of a code without the axis for regions."""
    return code_vector(jax.tree.map(lambda each: each[None], code))[0]


def shallow(vector: jax.Array) -> jax.Array:
    """The part of a vector from the first three layers of the tiny network, of 4, 4 and 6 channels.

    In the small pictures of these tests, most of the deeper features are near a border.
    """
    return vector[: 2 * (4 + 4 + 6)]


def assert_same(one: StyleCode, other: StyleCode, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=atol), one, other)


def test_a_code_has_the_statistics_of_its_layers(network, codes, tiny_network):
    widths = {name: bias.size for name, (_, bias) in tiny_network.convolutions.items()}
    assert codes.colors.covariance.shape == (3, 3, 3)
    assert set(codes.moments) == set(VECTOR_LAYERS)
    assert set(codes.gaussians) == set(COVARIANCE_LAYERS)
    for name in COVARIANCE_LAYERS:
        width = widths[name.replace("relu", "conv")]
        assert codes.gaussians[name].covariance.shape == (3, width, width)
        np.testing.assert_allclose(codes.gaussians[name].mean, codes.moments[name].mean, rtol=1e-5)
        variances = jnp.diagonal(codes.gaussians[name].covariance, axis1=1, axis2=2)
        np.testing.assert_allclose(jnp.sqrt(variances), codes.moments[name].std, atol=0.01)
    rgb = picture(1, *SHAPE).reshape(-1, 3)
    np.testing.assert_allclose(codes.colors.mean[1], rgb.mean(0), atol=1e-5)
    np.testing.assert_allclose(codes.colors.covariance[1], np.cov(rgb.T, bias=True), atol=2e-4)
    whole = jax.jit(style_code)(network, jnp.asarray(picture(1, *SHAPE)))
    assert_same(whole, jax.tree.map(lambda each: each[1], codes))


def test_mixing_is_symmetric_and_ends_at_the_styles(codes):
    a, b = (jax.tree.map(lambda each, i=i: each[i], codes) for i in (0, 1))
    there, back = (jax.tree.map(lambda *each: jnp.stack(each), *pair) for pair in ((a, b), (b, a)))
    assert_same(mix_codes(there, jnp.asarray([0.3, 0.7])), mix_codes(back, jnp.asarray([0.7, 0.3])))
    assert_same(mix_codes(there, jnp.asarray([1.0, 0.0])), a, rtol=0, atol=0)
    assert_same(mix_codes(there, jnp.asarray([0.0, 1.0])), b, rtol=0, atol=0)
    same = jax.tree.map(lambda each: jnp.stack([each, each]), a)
    assert_same(mix_codes(same, jnp.asarray([0.3, 0.7])), a)


def test_a_mixture_of_mixtures_is_a_mixture(codes):
    nested = [mix_codes(codes, jnp.asarray(part)) for part in ([1.0, 0.0, 0.0], [0.0, 0.5, 0.5])]
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *nested)
    assert_same(mix_codes(stacked, jnp.asarray([0.2, 0.8])), mix_codes(codes, jnp.asarray([0.2, 0.4, 0.4])))


def test_regions_are_mixed_each_by_its_own_shares(codes):
    """Codes of styles with two regions: the first takes the first style, the second a mixture."""
    pair = [jax.tree.map(lambda each, i=i: each[jnp.asarray([i, 2])], codes) for i in (0, 1)]
    mixed = stylizer.mix(pair, jnp.asarray([[1.0, 0.25], [0.0, 0.75]]))
    assert_same(jax.tree.map(lambda each: each[0], mixed), jax.tree.map(lambda each: each[0], codes))
    assert_same(jax.tree.map(lambda each: each[1], mixed), jax.tree.map(lambda each: each[2], codes))


def test_the_vector_is_finite_for_flat_pictures_and_differs_between_pictures(network, codes):
    flat = code_vector(stylizer.encode(network, jnp.full((*SHAPE, 3), 0.4)))[0]
    assert np.isfinite(flat).all()
    vectors = np.asarray(code_vector(codes))
    assert vectors.shape == (3, flat.size)
    assert np.isfinite(vectors).all()
    assert all(np.abs(one - other).max() > 0.1 for one, other in zip(vectors, [*vectors[1:], flat], strict=True))
    gradient = jax.jit(jax.grad(lambda image: jnp.sum(vector_of(style_code(network, image)))))
    assert np.isfinite(gradient(jnp.full((16, 16, 3), 0.4))).all()


def test_codes_of_regions_are_those_of_the_parts(network):
    """Of two pictures side by side, the statistics of each half are those of its picture, up to their border."""
    halves = [picture(seed, 64, 64) for seed in (1, 2)]
    planes = np.zeros((2, 64, 128), np.float32)
    planes[0, :, :64], planes[1, :, 64:] = 1, 1
    both = stylizer.encode(network, jnp.asarray(np.concatenate(halves, 1)), jnp.asarray(planes))
    alone = [stylizer.encode(network, jnp.asarray(half)) for half in halves]
    for region, each in enumerate(alone):
        own = jax.tree.map(lambda part, i=region: part[i], both)
        expected, other = (jax.tree.map(lambda part: part[0], code) for code in (each, alone[1 - region]))
        np.testing.assert_allclose(own.colors.mean, expected.colors.mean, atol=1e-4)
        difference, between = (np.abs(shallow(vector_of(own) - vector_of(code))).mean() for code in (expected, other))
        assert difference < 0.3 * between


def test_the_code_does_not_see_where_things_are(network):
    """A picture beside itself, and one moved in a circle, have the code of the picture.

    Features near borders differ, of which there are many in a small picture; another picture differs far more.
    """
    images = [picture(seed, 96, 128) for seed in (1, 2)]
    vector = jax.jit(lambda image: shallow(vector_of(style_code(network, image))))
    one, other = (vector(jnp.asarray(image)) for image in images)
    between = np.abs(one - other).mean()
    moved = vector(jnp.asarray(np.roll(images[0], (16, 48), (0, 1))))
    tiled = vector(jnp.asarray(np.concatenate([images[0], images[0]], 1)))
    assert np.abs(tiled - one).mean() < 0.2 * between
    assert np.abs(moved - one).mean() < 0.3 * between


def test_the_code_of_a_mirrored_picture_is_the_same_if_the_kernels_are_symmetric(tiny_network):
    convolutions = {name: ((k + k[:, ::-1]) / 2, bias) for name, (k, bias) in tiny_network.convolutions.items()}
    symmetric = FrozenVGG.of(dataclasses.replace(tiny_network, convolutions=convolutions), "edges")
    image = picture(1, *SHAPE)
    code, mirrored = (stylizer.encode(symmetric, jnp.asarray(each)) for each in (image, image[:, ::-1].copy()))
    assert_same(code, mirrored, rtol=1e-4, atol=1e-5)
