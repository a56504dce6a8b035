"""The decoder: its parameters, its modulation, and its convolutions."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import decoder
from nst_jax.fast.decoder import BASE, ENTRANCES, MATCHED, NOISE, WIDTHS, Inputs
from nst_jax.fast.regions import position_weights, shares_of_regions, whole

CHANNELS = {"relu2_1": 3, "relu3_1": 4, "relu4_1": 5}
VECTOR = 12
HEIGHT, WIDTH = 32, 48


WHOLE = shares_of_regions(position_weights(whole(jnp.zeros((16, 16, 3)))))


@pytest.fixture(scope="module")
def parameters():
    """Parameters of which all parts, and so the modulation and the output, count."""
    start = decoder.random_parameters(CHANNELS, VECTOR, 1)
    generator = np.random.default_rng(0)
    start["modulation"] = jax.tree.map(
        lambda leaf: jnp.asarray(generator.normal(size=leaf.shape) * 0.05, jnp.float32), start["modulation"]
    )
    start["output"] = {"kernel": start["output"]["kernel"] * 50, "bias": jnp.asarray([0.1, 0.2, 0.3])}
    return start


@pytest.fixture(scope="module")
def inputs():
    """Random inputs of a batch of two."""
    generator = np.random.default_rng(1)

    def at(stride):
        shape = (2, HEIGHT // stride, WIDTH // stride)
        matched = CHANNELS[MATCHED[stride]] if stride in MATCHED else 0
        depths = (CHANNELS[ENTRANCES[stride]], matched, 3, 3, NOISE[stride])
        return Inputs(*[jnp.asarray(generator.normal(size=(*shape, depth)), jnp.float32) for depth in depths])

    return {stride: at(stride) for stride in ENTRANCES}


@pytest.fixture(scope="module")
def vectors():
    return jnp.asarray(np.random.default_rng(2).normal(size=(2, 2, decoder.STYLE_VECTOR)), jnp.float32)


decode = jax.jit(decoder.decode)


def shares(planes):
    """How much each position belongs to each region, with a sum of 1."""
    return shares_of_regions(position_weights(planes))


@pytest.mark.parametrize("shape", [(2, 3, 4, 5, 7), (1, 1, 1, 2, 3), (1, 6, 1, 1, 2)])
def test_the_folded_convolution_equals_that_of_the_enlarged_map(shape, x64):
    n, height, width, c, d = shape
    generator = np.random.default_rng(0)
    x, kernel = (jnp.asarray(generator.normal(size=size)) for size in ((n, height, width, c), (3, 3, c, d)))
    folded = decoder._convolve_enlarged(x, kernel)
    plain = decoder._convolve(decoder.enlarge(x), kernel)
    assert folded.shape == (n, 2 * height, 2 * width, d)
    # The fold keeps its weights in single precision, in which all of them are exact.
    np.testing.assert_allclose(folded, plain, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 6, 2), (1, 1, 1, 1)])
def test_enlarging_is_linear_interpolation_with_repeated_edges(shape, x64):
    """Each pixel lies a quarter of a position beside the nearest one, as in `jax.image.resize` and Pillow."""
    x = np.random.default_rng(0).normal(size=shape)
    n, height, width, channels = shape
    enlarged = np.asarray(decoder.enlarge(jnp.asarray(x)))
    expected = jax.image.resize(jnp.asarray(x), (n, 2 * height, 2 * width, channels), "linear")
    np.testing.assert_allclose(enlarged, expected, atol=1e-12)
    rows, columns = ((np.arange(2 * length) + 0.5) / 2 - 0.5 for length in (height, width))
    along = np.stack([np.interp(rows, np.arange(height), x[0, :, i, 0]) for i in range(width)], 1)
    by_numpy = np.stack([np.interp(columns, np.arange(width), row) for row in along])
    np.testing.assert_allclose(enlarged[0, ..., 0], by_numpy, atol=1e-12)


def test_a_convolution_of_one_pixel_is_a_product_and_edges_are_repeated(x64):
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(1, 4, 5, 2)), generator.normal(size=(1, 1, 2, 3))
    np.testing.assert_allclose(decoder._convolve(jnp.asarray(x), jnp.asarray(kernel)), x @ kernel[0, 0])
    ones = decoder._convolve(jnp.ones((1, 4, 5, 2)), jnp.asarray(generator.normal(size=(3, 3, 2, 3))))
    np.testing.assert_allclose(ones, np.broadcast_to(ones[:, :1, :1], ones.shape))


def test_shapes_of_parameters_are_as_they_are_drawn():
    shapes = decoder.parameter_shapes(CHANNELS, VECTOR)
    drawn = decoder.random_parameters(CHANNELS, VECTOR)
    of_drawn = jax.tree.map(lambda leaf: leaf.shape, drawn)
    assert of_drawn == shapes
    assert list(shapes["kernels"]) == list(shapes["modulation"])
    assert {leaf.dtype for leaf in jax.tree.leaves(drawn)} == {jnp.dtype(jnp.float32)}
    again, other = (decoder.random_parameters(CHANNELS, VECTOR, seed) for seed in (0, 1))
    jax.tree.map(np.testing.assert_array_equal, drawn, again)
    assert all(not np.array_equal(drawn["kernels"][name], other["kernels"][name]) for name in drawn["kernels"])
    # Each convolution keeps the variance of rectified features; those that end a block are small beside its input.
    for name, kernel in drawn["kernels"].items():
        fan_in = np.prod(kernel.shape[:3])
        assert np.var(kernel) * fan_in == pytest.approx(0.02 if name.endswith("b") else 2, rel=0.3)


@pytest.mark.slow
def test_the_image_has_twice_the_size_of_the_finest_features_and_everything_counts(parameters, inputs, vectors):
    modulation = decoder.modulations(parameters, vectors[:, :1], WHOLE)
    image = decode(parameters, inputs, modulation)
    assert image.shape == (2, HEIGHT, WIDTH, 3)
    assert np.isfinite(image).all()
    counted = []
    for stride in ENTRANCES:
        for name in Inputs._fields:
            less = inputs[stride]._replace(**{name: getattr(inputs[stride], name) * 0})
            if getattr(inputs[stride], name).size:
                counted.append((stride, name))
                assert not np.allclose(decode(parameters, inputs | {stride: less}, modulation), image, atol=1e-4)
    # All but the noise at 1/8 of the resolution and the features of samples at 1/2, which there are not.
    assert {*counted} == {*itertools.product(ENTRANCES, Inputs._fields)} - {(8, "noise"), (2, "matched")}
    swapped = jax.tree.map(lambda each: each[::-1], inputs)
    mirrored = jax.tree.map(lambda each: each[::-1], modulation)
    np.testing.assert_allclose(decode(parameters, swapped, mirrored), image[::-1], atol=1e-5)


def test_a_modulation_of_zero_is_none(parameters, inputs, vectors):
    """Then neither the vector nor its kernels count, and the first convolution is plain."""
    off = {name: jax.tree.map(jnp.zeros_like, each) for name, each in parameters["modulation"].items()}
    modulation = decoder.modulations(parameters | {"modulation": off}, vectors[:, :1], WHOLE)
    assert all(not leaf.any() for leaf in jax.tree.leaves(modulation))
    assert {leaf.shape[:3] for leaf in jax.tree.leaves(modulation)} == {(2, 1, 1)}
    image = decode(parameters, inputs, modulation)
    styled = decode(parameters, inputs, decoder.modulations(parameters, vectors[:, :1], WHOLE))
    assert np.abs(np.asarray(image - styled)).mean() > 1e-2


def test_with_an_output_of_zero_the_image_is_the_enlarged_composite(parameters, inputs, vectors):
    output = {"kernel": parameters["output"]["kernel"] * 0, "bias": jnp.zeros(3)}
    modulation = decoder.modulations(parameters, vectors[:, :1], WHOLE)
    image = np.asarray(decode(parameters | {"output": output}, inputs, modulation))
    base = np.asarray(inputs[BASE].composite)
    assert base.shape[1] < image.shape[1]
    np.testing.assert_allclose(image, jax.image.resize(base, image.shape, "linear"), atol=1e-6)
    flat = inputs[BASE]._replace(composite=jnp.broadcast_to(jnp.asarray([0.2, 0.5, 0.9]), base.shape))
    image = decode(parameters | {"output": output}, inputs | {BASE: flat}, modulation)
    np.testing.assert_allclose(image, np.broadcast_to([0.2, 0.5, 0.9], image.shape), atol=1e-6)


@pytest.mark.slow
def test_two_regions_of_one_style_are_one_region(parameters, inputs, vectors):
    masks = np.zeros((2, HEIGHT, WIDTH), np.float32)
    masks[0, :, :20], masks[1, :, 20:] = 1, 1
    weights = shares(jnp.asarray(masks))
    same = jnp.broadcast_to(vectors[:, :1], vectors.shape)
    one = decode(parameters, inputs, decoder.modulations(parameters, vectors[:, :1], WHOLE))
    two = decode(parameters, inputs, decoder.modulations(parameters, same, weights))
    np.testing.assert_allclose(two, one, atol=1e-4)
    other = decode(parameters, inputs, decoder.modulations(parameters, vectors, weights))
    # Far from the border between them, each region looks as if its style were everywhere.
    second = decode(parameters, inputs, decoder.modulations(parameters, vectors[:, 1:], WHOLE))
    difference = np.abs(np.asarray(other - second)).mean((0, 1, 3))
    assert difference[44:].max() < 0.1 * difference[:8].min()


def test_the_style_vector_is_standardized_and_bounded(parameters):
    """An unusual style counts for no more than three standard deviations; the standardization is not learned."""
    read = parameters["vector"] | {"mean": jnp.arange(12.0), "scale": jnp.linspace(1, 2, 12)}
    own = parameters | {"vector": read}
    middle = decoder.style_vector(own, jnp.arange(12.0)[None])
    np.testing.assert_array_equal(middle, np.zeros((1, decoder.STYLE_VECTOR)))
    near = decoder.style_vector(own, (jnp.arange(12.0) + 1e-2 * jnp.linspace(1, 2, 12))[None])
    np.testing.assert_allclose(near[0], 1e-2 * jnp.sum(read["kernel"], 0), rtol=1e-3, atol=1e-5)
    far = decoder.style_vector(own, jnp.full((1, 12), 1e9))
    np.testing.assert_allclose(far[0], 3 * jnp.sum(read["kernel"], 0), rtol=1e-4, atol=1e-5)
    gradient = jax.grad(lambda each: jnp.sum(decoder.style_vector(each, jnp.full((1, 12), 0.5)) ** 2))(own)["vector"]
    assert not gradient["mean"].any()
    assert not gradient["scale"].any()
    assert gradient["kernel"].all()


def test_all_strides_have_a_width():
    shapes = decoder.convolution_shapes(CHANNELS)
    assert {int(name[5]) for name in shapes} == set(WIDTHS)
    for name, shape in shapes.items():
        assert shape[3] == WIDTHS[int(name[5])], name
