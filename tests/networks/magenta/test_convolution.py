"""The convolutions of magenta's network against those of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.magenta.convolution import Convolution
from nst_jax.networks.weights.magenta.layers import Layer


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("height", "width"), [(9, 6), (4, 7), (1, 2)])
def test_depthwise_convolutions_are_grouped_convolutions(height, width, stride, x64):
    generator = np.random.default_rng(0)
    layer = Layer("depthwise", (3, 3), 5, 5, stride, is_depthwise=True)
    kernel, bias = generator.normal(size=layer.shape), generator.normal(size=5)
    x = jnp.asarray(generator.normal(size=(2, height, width, 5)))
    expected = jax.lax.conv_general_dilated(
        x,
        jnp.asarray(kernel).reshape(3, 3, 1, 5),
        (stride, stride),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=5,
    )
    result = Convolution(layer, (kernel, bias), jnp.float64)(x)
    np.testing.assert_allclose(result, expected + bias.reshape(1, 1, 1, 5), atol=1e-12)


def test_mirrored_edges_do_not_repeat_the_outermost_pixels():
    layer = Layer("row", (1, 5), 1, 1, padding="REFLECT")
    kernel = np.zeros(layer.shape)
    kernel[0, 0] = 1
    x = jnp.asarray([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 4, 1)
    np.testing.assert_array_equal(Convolution(layer, (kernel, [0]), jnp.float32)(x).ravel(), [3, 2, 1, 2])
