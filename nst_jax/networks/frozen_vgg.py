"""A VGG-19 of fixed parameters whose convolutions may see the edges of the image repeated, as a pytree."""

import dataclasses
from collections.abc import Iterable
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.networks.conv import convolution
from nst_jax.networks.edge_convolution import convolve_with_edges
from nst_jax.networks.vgg_function import Activation, check_image, check_layers, preprocess, run_layers
from nst_jax.networks.weights.parameters import NetworkWeights, Preprocessing
from nst_jax.recipes.types import Padding, Pooling
from nst_jax.recipes.vgg_layers import block_of

EdgePadding = Literal["replicate", "edges"]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class FrozenVGG:
    """A network of fixed parameters and native convolutions.

    With the padding "replicate" it computes what `vgg.VGG` does, which pads the first convolution with the edge pixels
    and the others with zeros. With "edges", all convolutions see the edge values repeated, so that features do not tell
    where the image ends.

    Attributes:
        convolutions: {"conv1_1": (kernel (3, 3, in, out), bias (out,)), ...}.
        preprocessing: the input convention of the weights.
        pooling: "max" or "avg".
        padding: "replicate" or "edges".
    """

    convolutions: dict[str, tuple[Array, Array]]
    preprocessing: Preprocessing = dataclasses.field(metadata={"static": True})
    pooling: Pooling = dataclasses.field(metadata={"static": True})
    padding: EdgePadding = dataclasses.field(metadata={"static": True})

    @classmethod
    def of(cls, weights: NetworkWeights, padding: EdgePadding) -> "FrozenVGG":
        """Build the network of the given weights, in float32."""
        arrays = {
            name: (jnp.asarray(kernel, jnp.float32), jnp.asarray(bias, jnp.float32))
            for name, (kernel, bias) in weights.convolutions.items()
        }
        return cls(arrays, weights.preprocessing, weights.pooling, padding)

    def __call__(self, image: Float[Array, "*batch height width 3"], layers: Iterable[str]) -> dict[str, Activation]:
        """Compute the activations of the given layers; see `vgg.VGG`."""
        check_image(image)
        requested = tuple(layers)
        check_layers(requested, self.convolutions, image.shape)
        x = preprocess(image.reshape(-1, *image.shape[-3:]), self.preprocessing, "network")
        return run_layers(x, requested, self._convolve, self.pooling, self._first, image.shape[:-3])

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of output channels of each convolution."""
        return tuple(bias.size for _, bias in self.convolutions.values())

    @property
    def _first(self) -> Padding:
        """The padding of the first convolution apart from that in `_convolve`."""
        return "replicate" if self.padding == "replicate" else "zeros"

    def _convolve(self, name: str, x: Float[Array, "n h w c"]) -> Float[Array, "n h w d"]:
        kernel, bias = self.convolutions[name]
        shift = bias.reshape(1, 1, 1, -1)
        if self.padding == "edges":
            return convolve_with_edges(x, kernel) + shift
        # The summation of block 2 is that of `vgg.VGG`.
        return convolution(x, kernel, "split" if block_of(name) == 2 else "plain") + shift
