"""The convolutions of magenta's network: ordinary ones with three kinds of padding, and depthwise ones."""

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.networks.weights.magenta.layers import Layer

# Sizes and channels change from layer to layer.
Maps = Float[Array, "n _ _ _"]


class Convolution(nnx.Module):
    """A convolution with a bias, into which batch normalization has been folded.

    Args:
        layer: its shape, stride and padding.
        parameters: kernel and bias.
        dtype: the dtype of both; the input must have the same.
    """

    def __init__(self, layer: Layer, parameters: tuple[Any, Any], dtype: DTypeLike):
        self.layer = layer
        kernel, bias = parameters
        self.kernel = nnx.Param(jnp.asarray(kernel, dtype))
        self.bias = nnx.Param(jnp.asarray(bias, dtype))

    def __call__(self, x: Maps) -> Maps:
        """Convolve a batch and add the bias."""
        x = self._pad(x)
        kernel, bias = self.kernel[...], self.bias[...].reshape(1, 1, 1, -1)
        if self.layer.is_depthwise:
            return _depthwise(x, kernel, self.layer.stride) + bias
        strides = (self.layer.stride, self.layer.stride)
        return (
            jax.lax.conv_general_dilated(x, kernel, strides, "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias
        )

    def _pad(self, x: Maps) -> Maps:
        if self.layer.padding == "VALID":
            return x
        if self.layer.padding == "REFLECT":
            rows, columns = ((size // 2, size // 2) for size in self.layer.kernel)
            return jnp.pad(x, ((0, 0), rows, columns, (0, 0)), mode="reflect")
        rows, columns = jax.lax.padtype_to_pads(x.shape[1:3], self.layer.kernel, (self.layer.stride,) * 2, "SAME")
        return jnp.pad(x, ((0, 0), rows, columns, (0, 0)))


def _depthwise(x: Float[Array, "n h w c"], kernel: Float[Array, "kh kw c 1"], stride: int) -> Float[Array, "n h2 w2 c"]:
    """Convolve each channel with its own filter, as a sum of shifted products.

    Unlike a grouped convolution, which is very slow on CPUs (jax-ml/jax#23713), this becomes one loop over the pixels.
    """
    rows, columns, channels, _ = kernel.shape
    height, width = ((size - count) // stride + 1 for size, count in zip(x.shape[1:3], (rows, columns), strict=True))
    total = jnp.zeros((x.shape[0], height, width, channels), x.dtype)
    for row in range(rows):
        for column in range(columns):
            last_row, last_column = row + stride * (height - 1) + 1, column + stride * (width - 1) + 1
            shifted = x[:, row:last_row:stride, column:last_column:stride]
            total = total + shifted * kernel[row, column].reshape(1, 1, 1, channels)
    return total


def build_convolutions(
    layers: Iterable[Layer], parameters: Mapping[str, tuple[Any, Any]], dtype: DTypeLike
) -> dict[str, Convolution]:
    """Build the convolutions of a network from the arrays of all layers.

    Args:
        layers: those of the network.
        parameters: {scope: (kernel, bias)} of at least these layers.
        dtype: the dtype of the parameters.
    """
    return {layer.scope: Convolution(layer, parameters[layer.scope], dtype) for layer in layers}
