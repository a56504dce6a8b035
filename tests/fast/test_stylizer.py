"""The stylization of a batch: strengths, mixtures, seeds, batches and regions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import stylizer
from nst_jax.fast.stylizer import content_statistics, encode, mix, stylize
from tests.conftest import picture

# Height and width of the contents and of the styles.
CONTENT, STYLE = (48, 64), (32, 48)
A, B, C = range(3)


@pytest.fixture(scope="module")
def contents():
    return jnp.asarray(np.stack([picture(seed, *CONTENT) for seed in (10, 11)]))


@pytest.fixture(scope="module")
def codes(network):
    """The codes of three styles: bluish, reddish and gray ones."""
    tints = ([0.3, 0.5, 1.0], [1.0, 0.5, 0.3], [0.6, 0.6, 0.6])
    images = [picture(seed, *STYLE) * np.float32(tint) for seed, tint in enumerate(tints)]
    return [encode(network, jnp.asarray(image)) for image in images]


@pytest.fixture(scope="module")
def run(network, parameters, contents):
    """A function that stylizes the first content, or the given ones, with codes of regions."""

    def run(code, batch=None, strength=1.0, seed=0, planes=None, parameters=parameters, partial=None):
        images = contents[:1] if batch is None else batch
        each = jax.tree.map(lambda leaf: leaf[None], code) if batch is None else code
        partial = strength < 1 if partial is None else partial
        regions = np.ones((1, *images.shape[1:3]), np.float32) if planes is None else planes
        own = content_statistics(network, images, regions) if partial else None
        made = stylize(network, parameters, images, each, np.float32(strength), np.uint32(seed), planes, own)
        assert made.shape == images.shape
        assert made.min() >= 0
        assert made.max() <= 1
        return np.asarray(made[0] if batch is None else made)

    return run


def distance(one, other) -> float:
    return float(np.abs(np.asarray(one) - np.asarray(other)).mean())


def side_by_side(*codes):
    """The codes of regions."""
    return jax.tree.map(lambda *each: jnp.concatenate(each), *codes)


@pytest.fixture(scope="module")
def halves():
    """Two regions: the left and the right half."""
    planes = np.zeros((2, *CONTENT), np.float32)
    planes[0, :, :32], planes[1, :, 32:] = 1, 1
    return jnp.asarray(planes)


@pytest.mark.slow
def test_the_style_decides(run, codes, contents):
    """Pictures in two styles differ, and each has the colors of its style rather than those of the other."""
    made = [run(codes[style]) for style in (A, B)]
    assert distance(*made) > 0.05
    colors = [np.asarray(codes[style].statistics.colors.mean[0]) for style in (A, B)]
    for own in (0, 1):
        mean = made[own].mean((0, 1))
        assert distance(mean, colors[own]) < 0.5 * distance(mean, colors[1 - own])
    assert distance(made[0], contents[0]) > 0.05


@pytest.mark.slow
def test_a_strength_of_0_is_the_content_and_of_1_is_all_style(run, codes, contents):
    np.testing.assert_array_equal(run(codes[A], strength=0.0), contents[0])
    np.testing.assert_allclose(run(codes[A], strength=1.0, partial=True), run(codes[A]), atol=1e-4)
    distances = [distance(run(codes[A], strength=strength), contents[0]) for strength in (0.05, 0.2, 1.0)]
    assert 0 < distances[0] < distances[1] < distances[2]


@pytest.mark.slow
def test_no_strength_is_a_step(run, codes):
    """In particular not where the blending with the content begins."""
    edge = stylizer.BLENDED_BELOW
    around = [run(codes[A], strength=edge + offset) for offset in (-0.001, 0.0, 0.001)]
    assert distance(around[0], around[1]) < 0.004
    assert distance(around[1], around[2]) < 0.004


@pytest.mark.slow
def test_mixtures_are_symmetric_and_lie_between_their_styles(run, codes):
    def mixture(pair, *shares):
        return mix([codes[each] for each in pair], jnp.asarray(shares)[:, None])

    there, back = run(mixture((A, B), 0.3, 0.7)), run(mixture((B, A), 0.7, 0.3))
    np.testing.assert_allclose(there, back, atol=1e-4)
    a, b = run(codes[A]), run(codes[B])
    np.testing.assert_allclose(run(mixture((A, B), 1.0, 0.0)), a, atol=1e-4)
    assert distance(there, b) < distance(there, a)
    assert distance(there, a) < distance(b, a)


@pytest.mark.slow
def test_a_batch_is_its_pictures_one_by_one(run, codes, contents):
    both = jax.tree.map(lambda *each: jnp.stack(each), codes[A], codes[B])
    batch = run(both, batch=contents)
    for index, style in enumerate((A, B)):
        alone = run(jax.tree.map(lambda leaf: leaf[None], codes[style]), batch=contents[index : index + 1])
        np.testing.assert_allclose(batch[index], alone[0], atol=1e-4)


@pytest.mark.slow
def test_the_seed_decides_the_noise(run, codes):
    one, again, other = (run(codes[A], seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert 1e-4 < distance(one, other) < distance(one, run(codes[B], seed=1))


@pytest.mark.slow
def test_two_regions_of_one_style_differ_from_one_in_statistics_alone(run, codes, halves):
    """Of a content whose halves mirror each other, the halves have the same statistics, and nothing differs."""
    half = picture(3, 48, 32)
    mirror = jnp.asarray(np.concatenate([half, half[:, ::-1]], 1)[None])
    one = run(jax.tree.map(lambda leaf: leaf[None], codes[A]), batch=mirror)
    two = run(jax.tree.map(lambda leaf: leaf[None], side_by_side(codes[A], codes[A])), batch=mirror, planes=halves)
    # The features of a mirrored picture are not mirrored exactly.
    assert distance(one, two) < 0.1 * distance(one, mirror)


@pytest.mark.slow
def test_each_region_takes_its_own_style(run, codes, halves):
    """Deep inside of the left region, the style of the right one hardly counts."""
    ab, ac, cb = (
        run(side_by_side(codes[left], codes[right]), planes=halves) for left, right in ((A, B), (A, C), (C, B))
    )
    left, right = np.s_[:, :12], np.s_[:, -12:]
    assert distance(ab[left], ac[left]) < 0.2 * distance(ab[right], ac[right])
    assert distance(ab[right], cb[right]) < 0.2 * distance(ab[left], cb[left])
    for part, own, other in ((left, A, B), (right, B, A)):
        mean = ab[part].mean((0, 1))
        colors = [np.asarray(codes[each].statistics.colors.mean[0]) for each in (own, other)]
        assert distance(mean, colors[0]) < distance(mean, colors[1])


@pytest.mark.slow
def test_a_region_without_pixels_does_not_count(run, codes, halves):
    planes = halves.at[0].set(1).at[1].set(0)
    made, same = (run(side_by_side(codes[A], codes[second]), planes=planes) for second in (B, C))
    np.testing.assert_allclose(made, same, atol=1e-3)
    np.testing.assert_allclose(made, run(codes[A]), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_flat_contents_and_styles_give_finite_pictures(run, network, codes, contents, value):
    flat = jnp.full((1, *CONTENT, 3), value)
    assert np.isfinite(run(jax.tree.map(lambda leaf: leaf[None], codes[A]), batch=flat)).all()
    assert np.isfinite(run(encode(network, jnp.full((*STYLE, 3), value)))).all()


@pytest.mark.slow
def test_the_compiled_program_computes_what_the_code_says(network, parameters, codes):
    content = jnp.asarray(picture(1, 16, 16)[None])
    code = jax.tree.map(lambda leaf: leaf[None], codes[A])
    planes = jnp.ones((1, 16, 16))
    arguments = network, parameters, content, code, jnp.float32(0.5), jnp.uint32(3), planes
    compiled = stylize(*arguments, content_statistics(network, content, planes))
    with jax.disable_jit():
        plain = stylize(*arguments, content_statistics(network, content, planes))
    np.testing.assert_allclose(compiled, plain, atol=1e-4)
