"""VGG-19 as a Flax module, for programs that use Flax; all else here uses `vgg.VGG`, as Flax is slow to import."""

from collections.abc import Iterable

import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.networks import vgg
from nst_jax.networks.vgg_function import Activation
from nst_jax.networks.weights.parameters import NetworkWeights
from nst_jax.recipes.types import ConvolutionMethod, InputRange, Padding, Pooling

Image = Float[Array, "*batch height width 3"]


class Convolution(nnx.Module):
    """The parameters of a 3x3 convolution; see `vgg.Convolution`."""

    def __init__(self, convolution: vgg.Convolution):
        self.algorithm = convolution.algorithm
        self.kernel = nnx.List([nnx.Param(part) for part in convolution.kernel])
        self.bias = nnx.Param(convolution.bias)

    def function(self) -> vgg.Convolution:
        """Return the convolution with the present parameters."""
        return vgg.Convolution(tuple(part[...] for part in self.kernel), self.bias[...], self.algorithm)


class VGG19(nnx.Module):
    """The network, a module that can be passed as an argument through jit, grad and vmap.

    Args:
        weights: the parameters and the input convention that they were trained with.
        pooling: "network": the pooling that the weights were trained with; "max"; or "avg", which Gatys et al. 2015
            found to give smoother images.
        padding: the padding of the first convolution: "zeros" as in training, or "replicate" with the edge pixels,
            which gives cleaner borders and is what `stylize` uses by default.
        input_range: the preprocessing of pixels. "network": as the weights were trained; "0-1": RGB unchanged, for
            weights of the torchvision convention (for the caffe convention, multiplied by CAFFE_UNIT, the ratio of both
            scales); "0-256": as "network", but with pixels scaled to a range that ends at 256 in place of 255.
        dtype: the dtype of the parameters. Images should have the same: of a mixture, each operation takes the dtype
            that JAX promotes to, so that a float16 image is convolved in float16 at first.
        convolution: "native": the backend's convolution; "winograd": fewer multiplications from conv2_1 on, for CPUs;
            "auto": that where the layer is wide enough; "bfloat16": products of bfloat16 operands, summed in `dtype`.
    """

    def __init__(
        self,
        weights: NetworkWeights,
        *,
        pooling: Pooling = "network",
        padding: Padding = "zeros",
        input_range: InputRange = "network",
        dtype: DTypeLike = jnp.float32,
        convolution: ConvolutionMethod = "native",
    ):
        network = vgg.VGG.of(
            weights, pooling=pooling, padding=padding, input_range=input_range, dtype=dtype, convolution=convolution
        )
        self.preprocessing = network.preprocessing
        self.pooling = network.pooling
        self.padding = network.padding
        self.input_range = network.input_range
        self.convolutions = nnx.Dict({name: Convolution(each) for name, each in network.convolutions.items()})

    def __call__(self, image: Image, layers: Iterable[str]) -> dict[str, Activation]:
        """Compute the activations of the given layers.

        Args:
            image: RGB, `(*batch, height, width, 3)` with any number of batch axes, of floats in [0, 1]. The range is
                not checked: pixels up to 255 give activations of another size without a message.
            layers: names such as conv3_2, relu3_2 or pool3. Layers beyond the deepest of them are not computed.

        Returns:
            The activations of each layer by its name, of shape `(*batch, height / stride, width / stride, channels)`.
            The pooling crops odd edges, as in the original VGG. Their dtype is that to which JAX promotes those of
            image and parameters.

        Raises:
            InputError: for a layer that this network does not have, an image too small for the deepest layer, a dtype
                other than floats, or a number of channels other than 3.
        """
        return self.function()(image, layers)

    def of_normalized(self, values: Image, layers: Iterable[str]) -> dict[str, Activation]:
        """Compute activations as `__call__` does, for input that is normalized already; see `vgg.VGG`."""
        return self.function().of_normalized(values, layers)

    def function(self) -> vgg.VGG:
        """Return the network as a pytree without Flax, with the present parameters."""
        convolutions = {name: convolution.function() for name, convolution in self.convolutions.items()}
        return vgg.VGG(convolutions, self.preprocessing, self.pooling, self.padding, self.input_range)

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of output channels of each convolution."""
        return self.function().widths

    @property
    def dtype(self) -> DTypeLike:
        """The dtype of the parameters."""
        return self.function().dtype
