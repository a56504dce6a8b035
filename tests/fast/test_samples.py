"""Samples of a style, and what the positions of a content take over from them."""

import functools
from typing import NamedTuple

import hypothesis
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import samples, squares
from nst_jax.fast.regions import position_weights, whole
from nst_jax.fast.samples import BLOCKS, COMPOSITE_STRIDE, PATCH, STRIDE, Matched, Samples, Scaling
from nst_jax.fast.sums import gaussian_of, sums_of
from tests.conftest import picture
from tests.losses.feature_maps import seeds

# Height and width of the pictures in pixels and in positions, and the channels of their features.
SHAPE, POSITIONS = (40, 56), (5, 7)
CHANNELS = {"relu3_1": 3, "relu4_1": 4}
LEFT, RIGHT = np.s_[:, :3], np.s_[:, 3:]
ALL = np.ones((1, *POSITIONS), np.float32)


class Scene(NamedTuple):
    """A picture and features of its size, which have nothing to do with it."""

    activations: dict[str, np.ndarray]
    image: np.ndarray


def scene(seed: int, shape: tuple[int, int] = SHAPE) -> Scene:
    """Draw a picture and features."""
    generator = np.random.default_rng(seed)
    sides = {layer: STRIDE // side for layer, side in BLOCKS.items()}
    features = {
        layer: generator.gamma(1, 1, (shape[0] // side, shape[1] // side, CHANNELS[layer]))
        for layer, side in sides.items()
    }
    return Scene({layer: np.float32(each) for layer, each in features.items()}, picture(seed, *shape))


def flat(value: float) -> Scene:
    """A picture and features of one value."""
    return Scene(*jax.tree.map(lambda each: np.full_like(each, value), scene(0)))


@functools.partial(jax.jit, static_argnums=1)
def scaling(own: Scene, regions: int = 1) -> Scaling:
    """Compute the scaling of a picture's keys, the same for each region."""
    maps = [*(own.activations[layer] for layer in BLOCKS), own.image]
    gaussians = [gaussian_of(sums_of(each, jnp.ones((regions, *each.shape[:2])))) for each in maps]
    variances = [jnp.trace(each.covariance, axis1=1, axis2=2) for each in gaussians]
    return Scaling([each.mean for each in gaussians], [jnp.sqrt(each) for each in variances])


@jax.jit
def own_of(content: Scene) -> Matched:
    """A content's own features and colors."""
    return Matched(content.activations, squares.reduced(content.image, COMPOSITE_STRIDE))


@jax.jit
def all_samples(style: Scene) -> Samples:
    """Take every position of a picture as a sample."""
    weights = position_weights(whole(style.image))[STRIDE]
    return samples.samples_of(style.activations, style.image, weights, scaling(style), weights.size)


@jax.jit
def taken(content: Scene, of_styles: Samples, scaling: Scaling, shares=ALL) -> Matched:
    """Match a content with samples; its features count as transported to the style of every region."""
    parts = [jnp.stack([each] * len(shares)) for each in samples.key_parts(content.activations, content.image)]
    return samples.match(parts, own_of(content), of_styles, scaling, jnp.asarray(shares))


def with_own_color(composite, own):
    """Add the parts of the content's lightness and color that the composite keeps."""
    difference = np.asarray(own) - np.asarray(composite)
    lightness = (difference @ samples.LIGHTNESS)[..., None]
    return composite + samples.OWN_LIGHTNESS * lightness + samples.OWN_COLOR * (difference - lightness)


def with_chroma_gain(composite, scale, region=0):
    """Multiply the chroma of a composite that is all of the style, relative to the style's mean color."""
    departure = np.asarray(composite) - np.asarray(scale.means[-1][region])
    return composite + (samples.CHROMA_GAIN - 1) * (departure - (departure @ samples.LIGHTNESS)[..., None])


def mixture(*parts: tuple[Samples, float]) -> Samples:
    """Join samples of single styles with shares."""
    joined = jax.tree.map(lambda *each: np.concatenate(each, 1), *[each for each, _ in parts])
    return joined._replace(shares=np.float32([[share for _, share in parts]]))


def side_by_side(*of_regions: Samples) -> Samples:
    """Join samples of regions."""
    return jax.tree.map(lambda *each: np.concatenate(each), *of_regions)


def assert_same(one, other, atol: float = 1e-5) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol), one, other)


def distance(one: Matched, other: Matched) -> float:
    """Return the least of the mean differences of features and of colors."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return min(float(np.abs(np.asarray(a) - b).mean()) for a, b in pairs)


@hypothesis.given(st.sampled_from([(1, 1), (7, 5), (4, 30)]), seeds, st.integers(0, 2))
def test_the_nearest_key_is_that_of_the_least_distance_and_the_first_of_several(counts, seed, largest):
    """Of small whole numbers, in which rounding plays no part and ties are many."""
    generator = np.random.default_rng(seed)
    queries, keys = (generator.integers(-largest, largest + 1, (count, 3)) for count in counts)
    distances = ((queries[:, None] - keys) ** 2).sum(-1)
    found = nearest(*(jnp.asarray(each, jnp.float32) for each in (queries, keys)))
    np.testing.assert_array_equal(found, distances.argmin(1))


nearest = jax.jit(samples.nearest)


@hypothesis.given(seeds)
def test_the_nearest_key_among_those_of_any_length(seed):
    generator = np.random.default_rng(seed)
    queries, keys = (np.float32(generator.normal(size=(count, 6)) * generator.gamma(1)) for count in (9, 40))
    distances = np.linalg.norm(queries[:, None].astype(float) - keys, axis=-1)
    found = np.asarray(nearest(jnp.asarray(queries), jnp.asarray(keys)))
    np.testing.assert_allclose(distances[range(9), found], distances.min(1), rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 40), (37, 53)])
def test_the_composite_of_a_picture_s_own_patches_is_the_picture_at_half_of_the_resolution(shape):
    image = picture(1, *shape)
    height, width = (side // STRIDE * STRIDE for side in shape)
    made = jax.jit(lambda each: samples.composite(samples._patches(each)))(image)
    expected = image[:height, :width].reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))
    np.testing.assert_allclose(made, expected, atol=1e-6)


@hypothesis.given(hnp.arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32)))
def test_a_composite_interpolates_its_patches(values):
    """Of patches of one value each: the middle of a position is nearly its own, and there is no seam in between."""
    patches = np.broadcast_to(values[..., None, None, None], (3, 4, PATCH, PATCH, 3))
    made = np.asarray(composite(jnp.asarray(patches)))
    assert made.shape == (3 * PATCH // 2, 4 * PATCH // 2, 3)
    assert values.min() - 1e-6 <= made.min() <= made.max() <= values.max() + 1e-6
    centers = made.reshape(3, PATCH // 2, 4, PATCH // 2, 3)[:, 1:3, :, 1:3].mean((1, 3, 4))
    # A patch has 0.96 of the weight along each axis there, but where it is the last one.
    assert np.abs(centers - values).max() <= (1 - 0.96**2) * np.ptp(values) + 1e-6
    assert np.abs(np.diff(made, axis=0)).max() <= 0.4 * np.ptp(values) + 1e-6
    np.testing.assert_allclose(composite(jnp.full_like(patches, values[0, 0])), values[0, 0], atol=1e-6)


composite = jax.jit(samples.composite)


@pytest.mark.parametrize("side", [1, 2, 4])
@pytest.mark.parametrize("shape", [(8, 12, 3), (9, 15, 3)])
def test_joining_inverts_the_division_into_blocks(side, shape):
    x = np.random.default_rng(0).random(shape).astype(np.float32)
    height, width = (length // side * side for length in shape[:2])
    blocks = np.asarray(squares.blocks(jnp.asarray(x), side))
    assert blocks.shape == (height // side, width // side, side, side, shape[2])
    np.testing.assert_array_equal(blocks[1, 2], x[side : 2 * side, 2 * side : 3 * side])
    np.testing.assert_array_equal(squares.joined(jnp.asarray(blocks)), x[:height, :width])
    np.testing.assert_allclose(squares.reduced(jnp.asarray(x), side), blocks.mean((2, 3)), rtol=1e-6)


def test_a_picture_takes_over_itself_from_itself():
    """Features and pixels, where all of its positions are samples."""
    own = scene(1)
    expected = own_of(own)
    expected = expected._replace(composite=with_chroma_gain(expected.composite, scaling(own)))
    assert_same(taken(own, all_samples(own), scaling(own)), expected, atol=1e-6)


def test_the_gain_of_chroma_leaves_lightness():
    own = scene(1)
    made, color = (np.asarray(each.composite) for each in (taken(own, all_samples(own), scaling(own)), own_of(own)))
    np.testing.assert_allclose(made @ samples.LIGHTNESS, color @ samples.LIGHTNESS, atol=1e-5)
    chroma = [(each - (each @ samples.LIGHTNESS)[..., None]).std((0, 1)) for each in (made, color)]
    np.testing.assert_allclose(chroma[0], samples.CHROMA_GAIN * chroma[1], rtol=0.05)


def test_a_content_of_less_contrast_takes_over_that_of_the_style():
    """Directions from the mean are compared, not distances; only positions that are nearly as the mean have none."""
    own = scene(1)
    gray = jax.tree.map(lambda each: each.mean((0, 1)) + np.float32(0.4) * (each - each.mean((0, 1))), own)
    made, expected = (each.features["relu4_1"] for each in (taken(gray, all_samples(own), scaling(own)), own_of(own)))
    same = np.isclose(made, expected, atol=1e-6).all(-1)
    assert same.mean() > 0.8


@pytest.mark.parametrize("shape", [(40, 56), (37, 53)])
def test_the_parts_of_a_sample_are_of_one_position(shape):
    own = scene(2, shape)
    rows, columns = (side // STRIDE for side in shape)
    made, scale = jax.tree.map(np.asarray, (all_samples(own), scaling(own)))
    assert {each.shape[:2] for each in jax.tree.leaves(made)} == {(1, 1)}
    assert made.keys.shape[2:] == (rows * columns, 3 + 4 + 3)
    np.testing.assert_array_equal(made.shares, 1)
    inner = made.patches[0, 0, :, 2:-2, 2:-2].reshape(rows, columns, 4, 4, 3)
    for row, column in np.ndindex(rows, columns):
        place = row * columns + column
        for layer, side in BLOCKS.items():
            square = np.s_[row * side : (row + 1) * side, column * side : (column + 1) * side]
            np.testing.assert_array_equal(made.features[layer][0, 0, place], own.activations[layer][square])
        pixels = own.image[row * STRIDE : (row + 1) * STRIDE, column * STRIDE : (column + 1) * STRIDE]
        np.testing.assert_allclose(inner[row, column], pixels.reshape(4, 2, 4, 2, 3).mean((1, 3)), atol=1e-6)
        # Without the normalization of its length, a key would be the means less those of the picture, over deviations.
        means = [own.activations["relu3_1"][2 * row : 2 * row + 2, 2 * column : 2 * column + 2].mean((0, 1))]
        means += [own.activations["relu4_1"][row, column], pixels.mean((0, 1))]
        parts = [
            weight**0.5 * (each - m[0]) / d[0]
            for each, m, d, weight in zip(means, *scale, samples.PART_WEIGHTS, strict=True)
        ]
        key, expected = made.keys[0, 0, place], np.concatenate(parts)
        np.testing.assert_allclose(key, expected / (np.linalg.norm(expected) + 0.1), rtol=1e-3, atol=1e-5)
        assert np.linalg.norm(key) < 1


def covered(mask: np.ndarray) -> np.ndarray:
    """The weights of positions, in one axis, for a mask of positions."""
    planes = np.float32(mask)[None].repeat(STRIDE, 1).repeat(STRIDE, 2)
    return np.asarray(jax.jit(position_weights)(planes)[STRIDE][0]).ravel()


@hypothesis.given(seeds, st.integers(1, 63), st.sampled_from([1, 7, 300]))
def test_samples_are_spread_evenly_over_the_positions_of_a_region_and_no_others(seed, size, count):
    inside = np.random.default_rng(seed).permutation(64) < size
    found = np.asarray(spread(covered(inside.reshape(8, 8)), count))
    assert inside[found].all()
    assert (np.diff(found) >= 0).all()
    # Of small regions, positions are repeated, about equally often; of large ones, every so manyth is taken.
    times = np.bincount(found, minlength=64)[inside]
    assert times.sum() == count
    assert times.max() - times.min() <= 1
    numbers = np.cumsum(inside)[found] - 1
    np.testing.assert_allclose(numbers, (np.arange(count) + 0.5) * size / count - 0.5, atol=0.51)


spread = jax.jit(samples.spread, static_argnums=1)


def test_one_position_of_a_large_picture_has_all_samples():
    inside = np.zeros((64, 64))
    inside[40, 30] = 1
    np.testing.assert_array_equal(spread(covered(inside), 2048), 40 * 64 + 30)


def test_half_covered_positions_have_half_of_the_samples_and_an_empty_region_those_of_all():
    mask = np.zeros((8, 8))
    mask[2, 3], mask[5, 5] = 1, 0.5
    half, empty = (spread(covered(each), 300) for each in (mask, mask * 0))
    np.testing.assert_array_equal(np.bincount(half, minlength=64)[[2 * 8 + 3, 5 * 8 + 5]], [200, 100])
    assert {*np.asarray(empty).tolist()} == {*range(64)}


def test_several_styles_are_mixed_by_their_shares_in_any_order():
    content, *styles = (scene(seed) for seed in (1, 2, 3))
    one, other = map(all_samples, styles)
    scale = scaling(scene(4))
    each = [taken(content, of_style, scale) for of_style in (one, other)]
    assert distance(*each) > 0.02
    for part in (0.0, 0.3, 1.0):
        expected = jax.tree.map(lambda a, b, part=part: (1 - part) * a + part * b, *each)
        assert_same(taken(content, mixture((one, 1 - part), (other, part)), scale), expected)
        assert_same(taken(content, mixture((other, part), (one, 1 - part)), scale), expected)


def test_what_no_style_has_is_the_content_s():
    content, style = scene(1), scene(2)
    of_style, scale, own = all_samples(style), scaling(style), own_of(content)
    full = taken(content, of_style, scale)
    assert distance(full, own) > 0.02
    for share in (0.0, 0.4):
        expected = jax.tree.map(lambda a, b, share=share: (1 - share) * a + share * b, own, full)
        assert_same(taken(content, of_style._replace(shares=jnp.full((1, 1), share)), scale), expected)
    none = taken(content, mixture((of_style, 0.0), (all_samples(scene(3)), 0.0)), scale)
    jax.tree.map(np.testing.assert_array_equal, none, own)


def test_each_region_takes_from_its_own_style():
    content, *styles = (scene(seed) for seed in (1, 2, 3))
    one, other = map(all_samples, styles)
    scale = scaling(scene(4), 2)
    alone = [taken(content, each, scaling(scene(4))) for each in (one, other)]
    shares = np.zeros((2, *POSITIONS), np.float32)
    shares[0][LEFT], shares[1][RIGHT] = 1, 1
    both = taken(content, side_by_side(one, other), scale, shares)
    swapped = taken(content, side_by_side(other, one), scale, shares[::-1])
    assert_same(both, swapped, atol=1e-6)
    for made, left, right in zip(*map(jax.tree.leaves, (both, *alone)), strict=True):
        border = 3 * made.shape[1] // POSITIONS[1]
        np.testing.assert_allclose(made[:, :border], left[:, :border], atol=1e-6)
        np.testing.assert_allclose(made[:, border:], right[:, border:], atol=1e-6)
    # Where a position belongs to both, it takes from both.
    assert_same(
        taken(content, side_by_side(one, other), scale, shares * 0 + np.float32(0.5)),
        jax.tree.map(lambda a, b: (a + b) / 2, *alone),
    )


def test_each_region_searches_by_its_own_features():
    """Those that were transported to its own style: the keys of the other region do not count."""
    content, style = scene(1), scene(2)
    of_style, scale = all_samples(style), scaling(style, 2)
    pairs = zip(*(jax.jit(samples.key_parts)(*each) for each in (content, style)), strict=True)
    parts = [np.stack(each) for each in pairs]
    shares = np.zeros((2, *POSITIONS), np.float32)
    shares[0][LEFT], shares[1][RIGHT] = 1, 1
    made = jax.jit(samples.match)(parts, own_of(content), side_by_side(of_style, of_style), scale, shares)
    of_itself = own_of(style)
    composite = with_own_color(of_itself.composite, own_of(content).composite)
    of_itself = of_itself._replace(composite=with_chroma_gain(composite, scale, 1))
    expected = taken(content, of_style, scaling(style)), of_itself
    for each, left, right in zip(*map(jax.tree.leaves, (made, *expected)), strict=True):
        border = 3 * each.shape[1] // POSITIONS[1]
        np.testing.assert_allclose(each[:, :border], left[:, :border], atol=1e-6)
        np.testing.assert_allclose(each[:, border:], right[:, border:], atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_flat_pictures_give_finite_values_of_the_style(value):
    for content, style in ((flat(value), scene(1)), (scene(1), flat(value)), (flat(0.2), flat(value))):
        made = taken(content, all_samples(style), scaling(style))
        own = own_of(style)
        for layer, each in made.features.items():
            assert np.isfinite(each).all()
            of_style = own.features[layer]
            assert np.min(of_style) - 1e-5 <= np.min(each) <= np.max(each) <= np.max(of_style) + 1e-5
        # The composite has a part of the content's colors.
        both = np.stack([own.composite, own_of(content).composite])
        assert np.isfinite(made.composite).all()
        assert both.min() - 0.2 <= np.min(made.composite) <= np.max(made.composite) <= both.max() + 0.2


def test_a_batch_is_its_pictures_one_by_one():
    contents, styles = [scene(seed) for seed in (1, 2)], [scene(seed) for seed in (3, 4)]
    arguments = [(content, all_samples(style), scaling(style)) for content, style in zip(contents, styles, strict=True)]
    batch = jax.vmap(taken)(*jax.tree.map(lambda *each: np.stack(each), *arguments))
    for index, each in enumerate(arguments):
        assert_same(jax.tree.map(lambda leaf, i=index: leaf[i], batch), taken(*each), atol=1e-6)
