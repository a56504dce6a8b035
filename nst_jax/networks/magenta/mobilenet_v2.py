"""MobileNetV2 up to layer_19, the trunk of magenta's small style predictor (Sandler et al. 2018, arXiv:1801.04381)."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.networks.magenta.convolution import Maps, build_convolutions
from nst_jax.networks.weights.magenta.mobilenet_v2 import mobilenet_v2_blocks
from nst_jax.networks.weights.magenta.parameters import MagentaWeights

MIN_SIZE = 1


class MobileNetV2(nnx.Module):
    """The network; a module that can be passed as an argument through jit.

    Args:
        weights: the parameters.
        dtype: the dtype of the parameters; images must have the same.
    """

    def __init__(self, weights: MagentaWeights, dtype: DTypeLike = jnp.float32):
        self.blocks = mobilenet_v2_blocks(weights.predictor_width)
        layers = [layer for block in self.blocks for layer in block.layers]
        self.convolutions = nnx.Dict(build_convolutions(layers, weights.convolutions, dtype))

    def __call__(self, images: Float[Array, "n h w 3"]) -> Maps:
        """Compute layer_19, (n, h / 32, w / 32, 1280), rounded up, of RGB in [0, 1]."""
        return self.activations(images)[self.blocks[-1].name]

    def activations(self, images: Float[Array, "n h w 3"]) -> dict[str, Maps]:
        """Compute the output of every block, by its name, and of every convolution, by its scope."""
        outputs: dict[str, Maps] = {}
        x = images
        for block in self.blocks:
            start = x
            for layer in block.layers:
                x = self.convolutions[layer.scope](x)
                # The projection is a linear bottleneck.
                x = outputs[layer.scope] = x if layer.scope.endswith("/project") else jax.nn.relu6(x)
            x = outputs[block.name] = x + start if block.adds_input else x
        return outputs
