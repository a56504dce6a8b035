"""Style codes: what changes of a picture they do not see, and how they are mixed."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import stylizer
from nst_jax.fast.style_code import COVARIANCE_LAYERS, VECTOR_LAYERS, StyleCode, code_vector, faded_code
from nst_jax.fast.style_code import mix_codes as mix_regions
from nst_jax.fast.stylizer import encode
from nst_jax.networks.vgg import VGG
from tests.conftest import picture

# As of the style pictures of the tests of the stylizer, whose programs these tests share.
SHAPE = (32, 48)


@pytest.fixture(scope="module")
def network(tiny_network) -> VGG:
    return VGG.of(tiny_network, padding="edges")


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


def style_code(network: VGG, image: jax.Array) -> StyleCode:
    """The code of the whole image, without the axis for regions."""
    return first(encode(network, image))


def vector_of(code: StyleCode) -> jax.Array:
    """The vector of a code without the axis for regions."""
    return code_vector(jax.tree.map(lambda each: each[None], code.statistics))[0]


def shallow(vector: jax.Array) -> jax.Array:
    """The part of a vector from the first three layers of the tiny network, of 4, 4 and 6 channels.

    In the small pictures of these tests, most of the deeper features are near a border.
    """
    return vector[: 2 * (4 + 4 + 6)]


def assert_same(one, other, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=atol), one, other)


def assert_has_shares(mixture: StyleCode, codes: StyleCode, *expected: float, rtol: float = 1e-6) -> None:
    """Check that the samples of a mixture are those of some styles, in any order, with these shares.

    Args:
        mixture: a code without the axis for regions.
        codes: those of the styles, with a leading axis.
        expected: the share of each style, all that it has in the mixture together.
        rtol: of the shares.
    """
    own = jax.tree.map(np.asarray, codes.samples._replace(shares=()))
    mixed = jax.tree.map(np.asarray, mixture.samples._replace(shares=()))
    found = np.zeros(len(expected))
    for place, share in enumerate(mixture.samples.shares):
        of_place = jax.tree.leaves(jax.tree.map(lambda each, i=place: each[i], mixed))
        same = [
            all(np.array_equal(a, b[i, 0]) for a, b in zip(of_place, jax.tree.leaves(own), strict=True))
            for i in range(len(expected))
        ]
        assert sum(same) == 1
        found[same.index(True)] += share
    np.testing.assert_allclose(found, expected, rtol=rtol)


def test_a_code_has_the_statistics_of_its_layers(network, codes, tiny_network):
    widths = {name: bias.size for name, (_, bias) in tiny_network.convolutions.items()}
    statistics = codes.statistics
    assert statistics.colors.covariance.shape == (3, 3, 3)
    assert set(statistics.moments) == set(VECTOR_LAYERS)
    assert set(statistics.gaussians) == set(COVARIANCE_LAYERS)
    for name in COVARIANCE_LAYERS:
        width = widths[name.replace("relu", "conv")]
        assert statistics.gaussians[name].covariance.shape == (3, width, width)
        np.testing.assert_allclose(statistics.gaussians[name].mean, statistics.moments[name].mean, rtol=1e-5)
        variances = jnp.diagonal(statistics.gaussians[name].covariance, axis1=1, axis2=2)
        np.testing.assert_allclose(jnp.sqrt(variances), statistics.moments[name].std, atol=0.01)
    rgb = picture(1, *SHAPE).reshape(-1, 3)
    np.testing.assert_allclose(statistics.colors.mean[1], rgb.mean(0), atol=1e-5)
    np.testing.assert_allclose(statistics.colors.covariance[1], np.cov(rgb.T, bias=True), atol=2e-4)
    whole = jax.jit(style_code)(network, jnp.asarray(picture(1, *SHAPE)))
    assert_same(whole, jax.tree.map(lambda each: each[1], codes), atol=1e-5)


def test_mixing_is_symmetric_and_ends_at_the_styles(codes):
    a, b = (jax.tree.map(lambda each, i=i: each[i], codes) for i in (0, 1))
    there, back = (jax.tree.map(lambda *each: jnp.stack(each), *pair) for pair in ((a, b), (b, a)))
    for pair, shares in ((there, [0.3, 0.7]), (back, [0.7, 0.3])):
        mixture = mix_codes(pair, jnp.asarray(shares))
        expected = jax.tree.map(lambda one, other: 0.3 * one + 0.7 * other, a.statistics, b.statistics)
        assert_same(mixture.statistics, expected)
        assert_has_shares(mixture, codes, 0.3, 0.7, 0.0)
    for shares, expected in (([1.0, 0.0], a), ([0.0, 1.0], b)):
        mixture = mix_codes(there, jnp.asarray(shares))
        assert_same(mixture.statistics, expected.statistics, rtol=0, atol=0)
        assert_has_shares(mixture, codes, *shares, 0.0, rtol=0)
    same = mix_codes(jax.tree.map(lambda each: jnp.stack([each, each]), a), jnp.asarray([0.3, 0.7]))
    assert_same(same.statistics, a.statistics)
    assert_has_shares(same, codes, 1.0, 0.0, 0.0)


@pytest.mark.slow
def test_a_mixture_of_mixtures_is_a_mixture(codes):
    nested = [mix_codes(codes, jnp.asarray(part)) for part in ([1.0, 0.0, 0.0], [0.0, 0.5, 0.5])]
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *nested)
    for mixture in (mix_codes(stacked, jnp.asarray([0.2, 0.8])), mix_codes(codes, jnp.asarray([0.2, 0.4, 0.4]))):
        shares = jnp.asarray([0.2, 0.4, 0.4])
        expected = jax.tree.map(lambda each, by=shares: jnp.tensordot(by, each, 1), codes.statistics)
        assert_same(mixture.statistics, expected)
        assert_has_shares(mixture, codes, 0.2, 0.4, 0.4)


def test_regions_are_mixed_each_by_its_own_shares(codes):
    """Codes of styles with two regions: the first takes the first style, the second a mixture."""
    pair = [jax.tree.map(lambda each, i=i: each[jnp.asarray([i, 2])], codes) for i in (0, 1)]
    mixed = stylizer.mix(pair, jnp.asarray([[1.0, 0.25], [0.0, 0.75]]))
    assert_same(*(jax.tree.map(lambda each: each[0], each.statistics) for each in (mixed, codes)))
    assert_has_shares(first(mixed), codes, 1.0, 0.0, 0.0)
    second = jax.tree.map(lambda each: each[1], mixed)
    assert_same(second.statistics, jax.tree.map(lambda each: each[2], codes.statistics))
    assert_has_shares(second, codes, 0.0, 0.0, 1.0)
    np.testing.assert_allclose(second.samples.shares, [0.25, 0.75])


@pytest.mark.slow
def test_a_faded_code_lies_between_the_content_and_the_style(codes):
    """Its samples have the strength as their share, and what a mixture is faded to is the mixture of what was faded."""
    own, style = (jax.tree.map(lambda each, i=i: each[i : i + 1], codes) for i in (0, 1))
    for strength in (0.0, 0.4, 1.0):
        faded = faded_code(own.statistics, style, jnp.asarray(strength))
        expected = jax.tree.map(lambda a, b, s=strength: (1 - s) * a + s * b, own.statistics, style.statistics)
        assert_same(faded.statistics, expected)
        assert_has_shares(first(faded), codes, 0.0, strength, 0.0)
    shares = jnp.asarray([[0.25], [0.75]])
    pair = jax.tree.map(lambda each: each[1:, None], codes)
    one = faded_code(own.statistics, mix_regions(pair, shares), jnp.asarray(0.4))
    each_faded = jax.vmap(faded_code, (None, 0, None))(own.statistics, pair, jnp.asarray(0.4))
    assert_same(one, mix_regions(each_faded, shares))


@pytest.mark.slow
def test_the_vector_is_finite_for_flat_pictures_and_differs_between_pictures(network, codes):
    code = stylizer.encode(network, jnp.full((*SHAPE, 3), 0.4))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(code))
    flat = code_vector(code.statistics)[0]
    vectors = np.asarray(code_vector(codes.statistics))
    assert vectors.shape == (3, flat.size)
    assert np.isfinite(vectors).all()
    assert all(np.abs(one - other).max() > 0.1 for one, other in zip(vectors, [*vectors[1:], flat], strict=True))
    gradient = jax.jit(jax.grad(lambda image: jnp.sum(vector_of(style_code(network, image)))))
    assert np.isfinite(gradient(jnp.full((16, 16, 3), 0.4))).all()


@pytest.mark.slow
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
        np.testing.assert_allclose(own.statistics.colors.mean, expected.statistics.colors.mean, atol=1e-4)
        # All samples are positions of the half.
        patches = {each.tobytes() for each in np.round(np.asarray(own.samples.patches[0, :, 2:-2, 2:-2]), 4)}
        of_half = {each.tobytes() for each in np.round(np.asarray(expected.samples.patches[0, :, 2:-2, 2:-2]), 4)}
        assert patches == of_half
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
    symmetric = VGG.of(dataclasses.replace(tiny_network, convolutions=convolutions), padding="edges")
    image = picture(1, *SHAPE)
    code, mirrored = (stylizer.encode(symmetric, jnp.asarray(each)) for each in (image, image[:, ::-1].copy()))
    assert_same(code.statistics, mirrored.statistics, rtol=1e-4, atol=1e-5)
    # Its samples are the same, with mirrored squares of features and pixels.
    for one, other in ((code, mirrored), (mirrored, code)):
        # Of this small picture, each position is a sample many times.
        few = jax.tree.map(lambda each: np.asarray(each[0, 0, ::40]), one.samples._replace(shares=()))
        many = jax.tree.map(lambda each: np.asarray(each[0, 0]), other.samples._replace(shares=()))
        distances = np.linalg.norm(few.keys[:, None] - many.keys, axis=-1)
        nearest = distances.argmin(1)
        assert distances.min(1).max() < 1e-3 < 0.1 < distances.max(1).min()
        np.testing.assert_allclose(few.patches, many.patches[nearest][:, :, ::-1], atol=1e-5)
        for name, features in few.features.items():
            np.testing.assert_allclose(features, many.features[name][nearest][:, :, ::-1], rtol=1e-3, atol=1e-3)
