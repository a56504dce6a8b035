"""The style transformer: from a photograph and the scales and shifts of a style to the stylized photograph.

Ghiasi et al. 2017 (arXiv:1705.06830), on the network of Dumoulin et al. 2017 (arXiv:1610.07629). Unlike in the latter,
the encoder is not conditioned on the style: it has batch normalization, which is folded into its convolutions.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.networks.magenta.convolution import Convolution, Maps, build_convolutions
from nst_jax.networks.weights.magenta.layers import RESIDUAL_BLOCKS, transformer_layers
from nst_jax.networks.weights.magenta.parameters import MagentaWeights

# Of each normalized layer, by its name in checkpoints: scale and shift of each picture, (n, channels).
Style = Mapping[str, tuple[Float[Array, "n _"], Float[Array, "n _"]]]
_EPSILON = 1e-5
# The 9x9 convolutions mirror four pixels at the edge.
MIN_SIZE = 5


class Transformer(nnx.Module):
    """The network of any width; a module that can be passed as an argument through jit.

    Args:
        weights: the parameters.
        dtype: the dtype of the parameters; images must have the same.
    """

    def __init__(self, weights: MagentaWeights, dtype: DTypeLike = jnp.float32):
        self.convolutions = nnx.Dict(build_convolutions(transformer_layers(weights.width), weights.convolutions, dtype))

    def __call__(self, images: Float[Array, "n h w 3"], style: Style) -> Float[Array, "n h w 3"]:
        """Stylize a batch.

        Args:
            images: RGB in [0, 1], at least MIN_SIZE pixels high and wide.
            style: scale and shift of each layer that is normalized.

        Returns:
            RGB in [0, 1]. The network's own output has sizes that are multiples of 4; what exceeds the size of the
            images, at the right and the bottom, is cut off.
        """
        height, width = images.shape[1:3]
        return self.activations(images, style)["transformer/expand/conv3"][:, :height, :width]

    def activations(self, images: Float[Array, "n h w 3"], style: Style) -> dict[str, Maps]:
        """Compute the output of every layer, by its name in checkpoints.

        A residual block has three: its convolutions, after normalization, and the sum with its input.
        """
        outputs = {}
        x = images
        for name in ("contract/conv1", "contract/conv2", "contract/conv3"):
            x = outputs[f"transformer/{name}"] = jax.nn.relu(self._convolution(name)(x))
        for block in range(1, RESIDUAL_BLOCKS + 1):
            name = f"transformer/residual/residual{block}"
            inner = outputs[f"{name}/conv1"] = jax.nn.relu(self._normalized(f"{name}/conv1", x, style))
            inner = outputs[f"{name}/conv2"] = self._normalized(f"{name}/conv2", inner, style)
            x = outputs[name] = x + inner
        for name in ("transformer/expand/conv1", "transformer/expand/conv2"):
            x = outputs[name] = jax.nn.relu(self._normalized(f"{name}/conv", _enlarge(x), style))
        name = "transformer/expand/conv3"
        outputs[name] = jax.nn.sigmoid(self._normalized(f"{name}/conv", x, style))
        return outputs

    def _convolution(self, name: str) -> Convolution:
        return self.convolutions[f"transformer/{name}"]

    def _normalized(self, name: str, x: Maps, style: Style) -> Maps:
        return conditional_instance_norm(self.convolutions[name](x), *style[name])


def conditional_instance_norm(
    x: Float[Array, "n h w c"], scale: Float[Array, "n c"], shift: Float[Array, "n c"]
) -> Float[Array, "n h w c"]:
    """Give every channel of every image the mean `shift` and the standard deviation |`scale`|."""
    mean = x.mean((1, 2), keepdims=True)
    variance = ((x - mean) ** 2).mean((1, 2), keepdims=True)
    normalized = (x - mean) * jax.lax.rsqrt(variance + _EPSILON)
    return normalized * scale[:, None, None, :] + shift[:, None, None, :]


def _enlarge(x: Maps) -> Maps:
    """Double the size by repeating each pixel."""
    return x.repeat(2, axis=1).repeat(2, axis=2)
