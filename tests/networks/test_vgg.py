"""The network: its layers, its pooling, its input conventions, and images of odd and small sizes."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, LAYERS, VGG19_WIDTHS, stride
from tests.conftest import picture


@pytest.fixture(scope="module")
def network(tiny_network) -> VGG:
    return VGG.of(tiny_network)


def test_layers_have_the_names_and_strides_of_vgg19():
    assert len(CONVOLUTIONS) == 16
    assert len(LAYERS) == 16 * 2 + 5
    assert LAYERS[:6] == ("conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1")
    assert LAYERS[-3:] == ("conv5_4", "relu5_4", "pool5")
    assert [stride(name) for name in ("relu1_1", "pool1", "conv2_1", "relu5_4", "pool5")] == [1, 2, 2, 16, 32]


def test_every_layer_has_its_shape(network):
    activations = network(jnp.asarray(picture(0, 70, 45)), LAYERS)
    assert set(activations) == set(LAYERS)
    height, width = 70, 45
    for name in LAYERS:
        if name.startswith("pool"):
            height, width = height // 2, width // 2
        assert activations[name].shape[:2] == (height, width), name


def test_the_full_network_has_vgg19s_parameters():
    network = VGG.of(random_network(VGG19_WIDTHS))
    assert sum(leaf.size for leaf in jax.tree.leaves(network)) == 20_024_384  # Keras's count without the top


def test_relu_is_the_positive_part(network):
    activations = network(jnp.asarray(picture(1)), ["conv3_2", "relu3_2"])
    assert (activations["conv3_2"] < 0).any()
    np.testing.assert_array_equal(activations["relu3_2"], jnp.maximum(activations["conv3_2"], 0))


@pytest.mark.parametrize("deepest", ["conv1_1", "relu2_2", "pool3", "relu5_4"])
def test_layers_deeper_than_requested_are_not_computed(network, deepest):
    program = jax.make_jaxpr(lambda x: network(x, [deepest]))(jnp.zeros((32, 32, 3)))
    expected = len([name for name in LAYERS[: LAYERS.index(deepest) + 1] if name.startswith("conv")])
    assert str(program).count("custom_vjp_call[") == expected


def test_an_activation_depends_only_on_its_receptive_field(network):
    def activation(x):
        return network(x, ["relu2_1"])["relu2_1"][4, 4].sum()

    positions = np.argwhere(np.abs(jax.grad(activation)(jnp.asarray(picture(2)))).sum(-1) > 0)
    # conv2_1 sees 3x3 positions of pool1, each 2x2 pixels, widened by the two 3x3 convolutions of block 1.
    assert positions.min() >= 2 * 3 - 2
    assert positions.max() <= 2 * 5 + 1 + 2


@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_pooling_is_the_maximum_or_the_mean_of_squares_and_crops_odd_edges(tiny_network, pooling):
    activations = VGG.of(tiny_network, pooling=pooling)(jnp.asarray(picture(3, 17, 19)), ["relu1_2", "pool1"])
    before = np.asarray(activations["relu1_2"])[:16, :18].reshape(8, 2, 9, 2, -1)
    expected = before.max((1, 3)) if pooling == "max" else before.mean((1, 3))
    np.testing.assert_allclose(activations["pool1"], expected, rtol=1e-6)


def test_the_default_pooling_is_that_of_the_networks_training(tiny_network):
    averaged = dataclasses.replace(tiny_network, pooling="avg")
    for weights, expected in ((tiny_network, "max"), (averaged, "avg")):
        for pooling in ("network", "max", "avg"):
            module = VGG.of(weights, pooling=pooling)
            assert module.pooling == (expected if pooling == "network" else pooling)
    assert averaged.sha256 != tiny_network.sha256


def test_the_gradient_of_equal_values_goes_to_the_first_of_them():
    """As in PyTorch; none of the gradient is lost in a flat region."""
    from nst_jax.networks.vgg_function import pool

    gradient = jax.grad(lambda x: pool(x, "max").sum())(jnp.ones((1, 2, 4, 1)))
    np.testing.assert_array_equal(gradient[0, ..., 0], [[1, 0, 1, 0], [0, 0, 0, 0]])


def test_a_batch_equals_a_loop(network):
    images = jnp.asarray(np.stack([picture(seed) for seed in range(3)]))
    batch = network(images, ["relu3_1"])["relu3_1"]
    mapped = jax.vmap(lambda x: network(x, ["relu3_1"])["relu3_1"])(images)
    loop = jnp.stack([network(x, ["relu3_1"])["relu3_1"] for x in images])
    np.testing.assert_allclose(batch, loop, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(mapped, loop, rtol=1e-5, atol=1e-6)


def test_networks_of_one_structure_share_a_compiled_program(tiny_network):
    apply = jax.jit(lambda network, x: network(x, ["relu2_1"])["relu2_1"].sum())
    other = VGG.of(random_network((4, 4, 6, 6, 8), seed=2))
    x = jnp.asarray(picture(4))
    assert apply(VGG.of(tiny_network), x) != apply(other, x)
    assert apply._cache_size() == 1


@pytest.mark.parametrize("convention", ["caffe", "torchvision"])
def test_pixels_are_normalized_by_the_input_convention(convention):
    """A kernel that passes its center on shows the normalized pixels."""
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[1, 1] = np.eye(3)
    weights = NetworkWeights("identity", {"conv1_1": (kernel, np.zeros(3, np.float32))}, convention)
    pixel = np.array([0.2, 0.4, 0.9], np.float32)
    normalized = VGG.of(weights)(jnp.full((4, 4, 3), pixel), ["conv1_1"])["conv1_1"][1, 1]
    if convention == "caffe":
        expected = pixel[::-1] * 255 - np.array([103.939, 116.779, 123.68])
    else:
        expected = (pixel - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(normalized, expected, rtol=1e-5, atol=1e-5)


def test_unknown_layers_small_images_and_shortened_networks_are_refused(network, tiny_network):
    with pytest.raises(InputError, match="no layer 'relu6_1'"):
        network(jnp.zeros((32, 32, 3)), ["relu6_1"])
    with pytest.raises(InputError, match="too small for the layer relu5_1"):
        network(jnp.zeros((15, 64, 3)), ["relu1_1", "relu5_1"])
    short = NetworkWeights("short", dict(list(tiny_network.convolutions.items())[:5]), "caffe")
    with pytest.raises(InputError, match=r"ends at relu3_1, so it has no relu3_2"):
        VGG.of(short)(jnp.zeros((32, 32, 3)), ["relu3_2"])


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((32, 32, 3), 200, np.uint8), "floats, not uint8; convert the image, such as by / 255"),
        (jnp.ones((2, 32, 32, 3), jnp.int32), "floats, not int32"),
        (np.ones((32, 32, 3), bool), "floats, not bool"),
        (jnp.zeros((32, 32)), r"not \(32, 32\); repeat the channel of a gray image"),
        (jnp.zeros((32, 32, 1)), r"not \(32, 32, 1\)"),
        (jnp.zeros((32, 32, 4)), r"not \(32, 32, 4\).* leave transparency out"),
        (jnp.zeros((3, 32, 32)), r"not \(3, 32, 32\)"),
    ],
)
def test_arrays_that_are_no_images_are_refused(network, tiny_network, image, message):
    with_edges = VGG.of(tiny_network, padding="edges")
    compiled = jax.jit(lambda x: network(x, ["relu1_1"]))
    for function in (network, network.of_normalized, with_edges, lambda x, _: compiled(x)):
        with pytest.raises(InputError, match=message):
            function(image, ["relu1_1"])


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_of_numpy_are_images_of_any_precision(network, dtype):
    image = picture(6).astype(dtype)
    activations = network(image, ["relu2_1"])["relu2_1"]
    np.testing.assert_allclose(activations, network(jnp.asarray(picture(6)), ["relu2_1"])["relu2_1"], rtol=0.1, atol=1)
    assert activations.dtype == jnp.float32
