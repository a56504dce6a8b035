"""VGG-19 of any width as a pytree of its parameters, which maps an image to the activations of given layers.

Simonyan & Zisserman 2015 (arXiv:1409.1556), configuration E, without its fully connected layers.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike, DTypeLike
from jaxtyping import Array, Float

from nst_jax.devices import has_accelerator
from nst_jax.networks.conv import Summation
from nst_jax.networks.conv import convolution as convolve
from nst_jax.networks.edge_convolution import convolve_with_edges
from nst_jax.networks.vgg_function import Activation, check_image, check_layers, preprocess, run_layers
from nst_jax.networks.weights.parameters import NetworkWeights, Preprocessing
from nst_jax.networks.winograd import transform_kernel, winograd_convolution
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.types import ConvolutionMethod, InputRange, Padding, Pooling
from nst_jax.recipes.vgg_layers import block_of

Image = Float[Array, "*batch height width 3"]
# The channels of conv1_1 from which Winograd's algorithm is worth its compilation on a CPU: those of VGG-19. At a
# quarter of the width, a step is hardly faster and takes twice as long to compile.
WIDE = 64
# The first block with Winograd's algorithm. In the first, it would save 4 % of a step, but need more memory.
FIRST_WINOGRAD_BLOCK = 2
Algorithm = Summation | Literal["winograd", "edges"]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Convolution:
    """A 3x3 convolution with padding that keeps the size, and a bias.

    The parameters are typed `Any`, since jax rebuilds the pytree with tracers or shapes in their place.

    Attributes:
        kernel: one array (3, 3, in, out); for Winograd's algorithm the transformed kernel, six of (6, in, out).
        bias: (out,).
        algorithm: how the convolution is computed; "edges" pads with the edge values repeated, all others with zeros.
    """

    kernel: tuple[Any, ...]
    bias: Any
    algorithm: Algorithm = dataclasses.field(metadata={"static": True})

    @classmethod
    def of(cls, kernel: ArrayLike, bias: ArrayLike, dtype: DTypeLike, algorithm: Algorithm) -> "Convolution":
        """Build the convolution with a kernel (3, 3, in, out) and a bias (out,), in the given dtype."""
        parts = transform_kernel(np.asarray(kernel)) if algorithm == "winograd" else (kernel,)
        return cls(tuple(jnp.asarray(part, dtype) for part in parts), jnp.asarray(bias, dtype), algorithm)

    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n h w d"]:
        """Convolve a batch and add the bias."""
        if self.algorithm == "winograd":
            y = winograd_convolution(x, self.kernel)
        elif self.algorithm == "edges":
            y = convolve_with_edges(x, *self.kernel)
        else:
            y = convolve(x, *self.kernel, self.algorithm)
        return y + self.bias.reshape(1, 1, 1, -1)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class VGG:
    """The network, a pytree that can be passed as an argument through jit, grad and vmap.

    Attributes:
        convolutions: {"conv1_1": its convolution, ...}.
        preprocessing: the input convention of the weights, "caffe" or "torchvision".
        pooling: "max" or "avg"; `of` resolves "network" to one of them.
        padding: "zeros" for all convolutions; "replicate" repeats the edge values at the first convolution alone, and
            pads the others with zeros; "edges" repeats them at all, so that features do not reveal the image's border.
        input_range: how pixels are scaled, "network", "0-1" or "0-256"; see `flax_vgg.VGG19`.
    """

    convolutions: dict[str, Convolution]
    preprocessing: Preprocessing = dataclasses.field(metadata={"static": True})
    pooling: Pooling = dataclasses.field(metadata={"static": True})
    padding: Padding | Literal["edges"] = dataclasses.field(metadata={"static": True})
    input_range: InputRange = dataclasses.field(metadata={"static": True})

    @classmethod
    def of(
        cls,
        weights: NetworkWeights,
        *,
        pooling: Pooling = "network",
        padding: Padding | Literal["edges"] = "zeros",
        input_range: InputRange = "network",
        dtype: DTypeLike = jnp.float32,
        convolution: ConvolutionMethod = "native",
    ) -> "VGG":
        """Build the network of the given weights.

        The arguments are those of the Flax module `flax_vgg.VGG19`, which does not have the padding "edges". With that
        padding, `convolution` has no effect.
        """
        is_wide = weights.convolutions["conv1_1"][1].size >= WIDE

        def algorithm(name: str) -> Algorithm:
            return "edges" if padding == "edges" else _algorithm(name, convolution, is_wide)

        convolutions = {
            name: Convolution.of(kernel, bias, dtype, algorithm(name))
            for name, (kernel, bias) in weights.convolutions.items()
        }
        trained = weights.pooling if pooling == "network" else pooling
        return cls(convolutions, weights.preprocessing, trained, padding, input_range)

    @property
    def has_winograd(self) -> bool:
        """Whether the algorithm of any convolution is "winograd"."""
        return any(convolution.algorithm == "winograd" for convolution in self.convolutions.values())

    def __call__(self, image: Image, layers: Iterable[str]) -> dict[str, Activation]:
        """Compute the activations of the given layers.

        Args:
            image: RGB, `(*batch, height, width, 3)`, of floats in [0, 1]; see `flax_vgg.VGG19`.
            layers: names such as conv3_2, relu3_2 or pool3. Layers beyond the deepest of them are not computed.

        Returns:
            {name: `(*batch, height / stride, width / stride, channels)`}.

        Raises:
            InputError: for a layer that this network does not have, an image too small for the deepest layer, a dtype
                other than floats, or a number of channels other than 3.
        """
        check_image(image)
        x = preprocess(image.reshape(-1, *image.shape[-3:]), self.preprocessing, self.input_range)
        return self._run(x, layers, image.shape)

    def of_normalized(self, values: Image, layers: Iterable[str]) -> dict[str, Activation]:
        """Compute activations as `__call__` does, for input that is already normalized.

        Args:
            values: RGB, normalized by ImageNet's mean and standard deviation, `(*batch, height, width, 3)`;
                `input_range` is ignored.
            layers: as in `__call__`.

        Raises:
            InputError: as in `__call__`.
        """
        check_image(values)
        x = preprocess(values.reshape(-1, *values.shape[-3:]), self.preprocessing, "0-1")
        return self._run(x, layers, values.shape)

    def continue_from(
        self, after: str, maps: Float[Array, "*batch height width c"], layers: Iterable[str]
    ) -> dict[str, Activation]:
        """Compute the activations of deeper layers from those of one layer.

        Args:
            after: the layer to continue from.
            maps: its activations, (*batch, height, width, channels).
            layers: names of deeper layers of this network.
        """
        flat, batch = maps.reshape(-1, *maps.shape[-3:]), maps.shape[:-3]
        return run_layers(flat, tuple(layers), self._convolve, self.pooling, self.padding, batch, after)

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of output channels of each convolution."""
        return tuple(convolution.bias.size for convolution in self.convolutions.values())

    @property
    def dtype(self) -> DTypeLike:
        """The dtype of the parameters."""
        return self.convolutions["conv1_1"].bias.dtype

    def _run(self, x: Float[Array, "n h w 3"], layers: Iterable[str], shape: tuple[int, ...]) -> dict[str, Activation]:
        requested = tuple(layers)
        check_layers(requested, self.convolutions, shape)
        return run_layers(x, requested, self._convolve, self.pooling, self.padding, shape[:-3])

    def _convolve(self, name: str, x: Float[Array, "n h w c"]) -> Float[Array, "n h w d"]:
        output: Float[Array, "n h w d"] = self.convolutions[name](x)
        return output


def _algorithm(name: str, method: ConvolutionMethod, is_wide: bool) -> Algorithm:
    """Choose the algorithm of a layer.

    In block 2, plain convolutions have the split summation, see `conv.convolution`: the gradient is then nearer to that
    of PyTorch, for 3 % of the time of a step of the embedded network. The method "bfloat16" applies to all blocks.

    Args:
        name: of the layer.
        method: as `Recipe.convolution`.
        is_wide: whether "auto" means Winograd's algorithm for this network.
    """
    if method == "bfloat16":
        return method
    use_winograd = method == "winograd" or (method == "auto" and is_wide)
    if use_winograd and block_of(name) >= FIRST_WINOGRAD_BLOCK:
        return "winograd"
    return "split" if block_of(name) == 2 else "plain"


def build_network(weights: NetworkWeights, recipe: Recipe, dtype: DTypeLike = jnp.float32) -> VGG:
    """Build the network with the options of a recipe, with parameters of the given dtype.

    The convolution "auto" is the backend's own on GPUs and TPUs; on CPUs, wide networks use Winograd's algorithm.
    """
    native = recipe.convolution == "auto" and has_accelerator()
    return VGG.of(
        weights,
        dtype=dtype,
        pooling=recipe.pooling,
        padding=recipe.padding,
        input_range=recipe.input_range,
        convolution="native" if native else recipe.convolution,
    )
