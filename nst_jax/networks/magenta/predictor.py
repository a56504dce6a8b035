"""The style predictor: from a painting to 100 numbers, and from these to the scales and shifts of the transformer."""

import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.networks.magenta import inception_v3, mobilenet_v2
from nst_jax.networks.magenta.convolution import build_convolutions
from nst_jax.networks.magenta.transformer import Style
from nst_jax.networks.weights.magenta.layers import scale_scope, shift_scope, style_layers, transformer_layers
from nst_jax.networks.weights.magenta.parameters import MagentaWeights, predictor_layers


class StylePredictor(nnx.Module):
    """InceptionV3 or MobileNetV2, the mean over all positions, and a linear map to 100 numbers.

    Args:
        weights: the parameters.
        dtype: the dtype of the parameters; images must have the same.
    """

    def __init__(self, weights: MagentaWeights, dtype: DTypeLike = jnp.float32):
        is_large = weights.predictor == "inception_v3"
        self.min_size = inception_v3.MIN_SIZE if is_large else mobilenet_v2.MIN_SIZE
        self.trunk = (inception_v3.InceptionV3 if is_large else mobilenet_v2.MobileNetV2)(weights, dtype)
        bottleneck = predictor_layers(weights.predictor, weights.predictor_width)[-1]
        self.scope = bottleneck.scope
        self.bottleneck = nnx.Dict(build_convolutions([bottleneck], weights.convolutions, dtype))

    def __call__(self, images: Float[Array, "n h w 3"]) -> Float[Array, "n 100"]:
        """Compute the 100 numbers of each painting, of RGB in [0, 1], at least `min_size` pixels high and wide."""
        features = self.trunk(images).mean((1, 2), keepdims=True)
        return self.bottleneck[self.scope](features)[:, 0, 0]


class StyleParameters(nnx.Module):
    """The linear maps from the 100 numbers to the scales and shifts of all conditional normalizations.

    Args:
        weights: the parameters.
        dtype: the dtype of the parameters; vectors must have the same.
    """

    def __init__(self, weights: MagentaWeights, dtype: DTypeLike = jnp.float32):
        self.layers = tuple(layer.scope for layer in transformer_layers(weights.width) if layer.norm == "style")
        self.maps = nnx.Dict(build_convolutions(style_layers(weights.width), weights.convolutions, dtype))

    def __call__(self, vectors: Float[Array, "n 100"]) -> Style:
        """Compute scale and shift of each layer of the transformer, (n, channels)."""
        points = vectors[:, None, None, :]
        return {
            layer: (
                self.maps[scale_scope(layer)](points)[:, 0, 0],
                self.maps[shift_scope(layer)](points)[:, 0, 0],
            )
            for layer in self.layers
        }
