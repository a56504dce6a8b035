"""InceptionV3 up to Mixed_6e, the trunk of magenta's large style predictor (Szegedy et al. 2016, arXiv:1512.00567).

As in magenta's graph, and unlike in the published InceptionV3, the nonlinearity is ReLU6 and the input is RGB in
[0, 1].
"""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.networks.magenta.convolution import Maps, build_convolutions
from nst_jax.networks.weights.magenta.inception_v3 import Branch, Pooling, inception_v3_blocks
from nst_jax.networks.weights.magenta.parameters import MagentaWeights

# Smaller images vanish in the poolings and the convolutions without padding.
MIN_SIZE = 43


class InceptionV3(nnx.Module):
    """The network; a module that can be passed as an argument through jit.

    Args:
        weights: the parameters.
        dtype: the dtype of the parameters; images must have the same.
    """

    def __init__(self, weights: MagentaWeights, dtype: DTypeLike = jnp.float32):
        self.blocks = inception_v3_blocks(weights.predictor_width)
        layers = [layer for block in self.blocks for branch in block.branches for layer in branch.layers]
        self.convolutions = nnx.Dict(build_convolutions(layers, weights.convolutions, dtype))

    def __call__(self, images: Float[Array, "n h w 3"]) -> Maps:
        """Compute Mixed_6e, (n, about h / 16, about w / 16, 768), of RGB in [0, 1], at least MIN_SIZE high and wide."""
        return self.activations(images)[self.blocks[-1].name]

    def activations(self, images: Float[Array, "n h w 3"]) -> dict[str, Maps]:
        """Compute the output of every block, by the name of its end point, and of every convolution, by its scope."""
        outputs: dict[str, Maps] = {}
        x = images
        for block in self.blocks:
            x = jnp.concatenate([self._run(branch, x, outputs) for branch in block.branches], axis=-1)
            outputs[block.name] = x
        return outputs

    def _run(self, branch: Branch, x: Maps, outputs: dict[str, Maps]) -> Maps:
        if branch.pooling is not None:
            x = _pool(x, branch.pooling)
        for layer in branch.layers:
            x = outputs[layer.scope] = jax.nn.relu6(self.convolutions[layer.scope](x))
        return x


def _pool(x: Maps, pooling: Pooling) -> Maps:
    """Pool windows of 3x3: "max" with stride 2 and no padding, "avg" with stride 1, of the pixels inside the image."""
    window = (1, 3, 3, 1)
    if pooling == "max":
        return jax.lax.reduce_window(x, jnp.asarray(-jnp.inf, x.dtype), jax.lax.max, window, (1, 2, 2, 1), "VALID")
    zero = jnp.asarray(0, x.dtype)
    total = jax.lax.reduce_window(x, zero, jax.lax.add, window, (1, 1, 1, 1), "SAME")
    ones = jnp.ones((1, *x.shape[1:3], 1), x.dtype)
    return total / jax.lax.reduce_window(ones, zero, jax.lax.add, window, (1, 1, 1, 1), "SAME")
