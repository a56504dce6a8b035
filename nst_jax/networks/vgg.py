"""VGG-19 as one Flax module of any width, which maps an image to the activations of given layers.

Simonyan & Zisserman 2015 (arXiv:1409.1556), configuration E, without its fully connected layers.
"""

from collections.abc import Iterable
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import ArrayLike, DTypeLike
from jaxtyping import Array, Float

from nst_jax.devices import has_accelerator
from nst_jax.errors import InputError
from nst_jax.networks.conv import Summation
from nst_jax.networks.conv import convolution as convolve
from nst_jax.networks.weights.parameters import NetworkWeights
from nst_jax.networks.winograd import transform_kernel, winograd_convolution
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.types import ConvolutionMethod, InputRange, Padding, Pooling
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, LAYERS, block_of, require_size

Image = Float[Array, "*batch height width 3"]
Activation = Float[Array, "*batch _ _ _"]
# The minimum product of input and output channels for which Winograd's algorithm is faster on a CPU: that of conv3_1 of
# VGG-19. At a quarter of the width it is not faster and takes longer to compile.
WIDE = 128 * 256
Algorithm = Summation | Literal["winograd"]

# Constants of the input conventions of published weights. Images are given as RGB in [0, 1].
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
_IMAGENET_MEAN_RGB = (0.485, 0.456, 0.406)
_IMAGENET_STD_RGB = (0.229, 0.224, 0.225)
# The factor by which "caffe" inputs, and therefore activations, are larger than "torchvision" ones.
CAFFE_UNIT = 255 * sum(_IMAGENET_STD_RGB) / 3


class Convolution(nnx.Module):
    """A 3x3 convolution with zero padding and a bias: kernel (3, 3, in, out), bias (out,).

    For Winograd's algorithm the transformed kernel is stored instead, as four rows of shape (4, in, out).
    """

    def __init__(self, kernel: ArrayLike, bias: ArrayLike, dtype: DTypeLike, algorithm: Algorithm):
        self.algorithm = algorithm
        parts = transform_kernel(np.asarray(kernel)) if algorithm == "winograd" else (kernel,)
        self.kernel = nnx.List([nnx.Param(jnp.asarray(part, dtype)) for part in parts])
        self.bias = nnx.Param(jnp.asarray(bias, dtype))

    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n h w d"]:
        """Convolve a batch and add the bias."""
        kernel = tuple(part[...] for part in self.kernel)
        y = winograd_convolution(x, kernel) if self.algorithm == "winograd" else convolve(x, *kernel, self.algorithm)
        return y + self.bias[...].reshape(1, 1, 1, -1)


class VGG19(nnx.Module):
    """The network, a module that can be passed as an argument through jit, grad and vmap.

    Args:
        weights: the parameters and the input convention that they were trained with.
        pooling: "network": the pooling that the weights were trained with; "max"; or "avg", which Gatys et al. 2015
            found to give smoother images.
        padding: the padding of the first convolution: "zeros" as in training, or "replicate" with the edge pixels,
            which gives cleaner borders.
        input_range: the preprocessing of pixels. "network": as the weights were trained; "0-1": RGB unchanged, for
            weights of the torchvision convention (for the caffe convention, multiplied by CAFFE_UNIT, the ratio of both
            scales); "0-256": as "network", but with pixels scaled to a range that ends at 256 in place of 255.
        dtype: the dtype of the parameters; images must have the same.
        convolution: "native": the backend's convolution; "winograd": fewer multiplications from conv3_1 on, for CPUs;
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
        self.preprocessing = weights.preprocessing
        self.pooling = weights.pooling if pooling == "network" else pooling
        self.padding = padding
        self.input_range = input_range
        self.convolutions = nnx.Dict(
            {
                name: Convolution(kernel, bias, dtype, _algorithm(name, kernel.shape, convolution))
                for name, (kernel, bias) in weights.convolutions.items()
            }
        )

    @property
    def has_winograd(self) -> bool:
        """Whether any layer is computed by Winograd's algorithm."""
        return any(convolution.algorithm == "winograd" for convolution in self.convolutions.values())

    def __call__(self, image: Image, layers: Iterable[str]) -> dict[str, Activation]:
        """Compute the activations of the given layers.

        Args:
            image: RGB in [0, 1], (*batch, height, width, 3) with any number of batch axes.
            layers: names such as conv3_2, relu3_2 or pool3. Layers beyond the deepest of them are not computed.

        Returns:
            {name: (*batch, height / stride, width / stride, channels)}; the pooling crops odd edges, as in the
            original VGG.

        Raises:
            InputError: for a layer that this network does not have, or an image too small for the deepest layer.
        """
        x = _preprocess(image.reshape(-1, *image.shape[-3:]), self.preprocessing, self.input_range)
        return self._run(x, layers, image.shape)

    def of_normalized(self, values: Image, layers: Iterable[str]) -> dict[str, Activation]:
        """Compute activations as `__call__` does, for input that is already normalized.

        Args:
            values: RGB, normalized by ImageNet's mean and standard deviation, (*batch, height, width, 3); `input_range`
                is ignored.
            layers: as in `__call__`.
        """
        x = _preprocess(values.reshape(-1, *values.shape[-3:]), self.preprocessing, "0-1")
        return self._run(x, layers, values.shape)

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of output channels of each convolution."""
        return tuple(convolution.bias[...].size for convolution in self.convolutions.values())

    @property
    def dtype(self) -> DTypeLike:
        """The dtype of the parameters."""
        return self.convolutions["conv1_1"].bias[...].dtype

    def _run(self, x: Float[Array, "n h w 3"], layers: Iterable[str], shape: tuple[int, ...]) -> dict[str, Activation]:
        requested = tuple(layers)
        self._check(requested, shape)
        batch = shape[:-3]
        activations: dict[str, Activation] = {}
        for name in LAYERS[: 1 + max((LAYERS.index(layer) for layer in requested), default=-1)]:
            if name == "conv1_1" and self.padding == "replicate":
                padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
                x = self.convolutions[name](padded)[:, 1:-1, 1:-1]
            elif name.startswith("conv"):
                x = self.convolutions[name](x)
            elif name.startswith("relu"):
                x = jax.nn.relu(x)
            else:
                x = _pool(x, self.pooling)
            if name in requested:
                activations[name] = x.reshape(*batch, *x.shape[1:])
        return activations

    def _check(self, layers: tuple[str, ...], shape: tuple[int, ...]) -> None:
        last = [name for name in CONVOLUTIONS if name in self.convolutions][-1]
        end = f"pool{block_of(last)}" if last == CONVOLUTIONS[-1] else last.replace("conv", "relu")
        for layer in layers:
            if layer not in LAYERS:
                raise InputError(f"There is no layer '{layer}' in VGG-19.")
            if LAYERS.index(layer) > LAYERS.index(end):
                raise InputError(
                    f"This network ends at {end}, so it has no {layer}; choose a shallower layer or another network."
                )
        require_size(shape[-3], shape[-2], layers)


def _algorithm(name: str, shape: tuple[int, ...], method: ConvolutionMethod) -> Algorithm:
    """Choose the algorithm of a layer.

    Block 2 uses the more exact split summation, because there, unlike in other blocks, it costs no measurable time.
    """
    if method == "bfloat16":
        return method
    if block_of(name) == 2:
        return "split"
    use_winograd = method == "winograd" or (method == "auto" and shape[2] * shape[3] >= WIDE)
    return "winograd" if use_winograd and block_of(name) > 2 else "plain"


def _preprocess(x: Float[Array, "n h w 3"], convention: str, input_range: InputRange) -> Float[Array, "n h w 3"]:
    def constant(values: tuple[float, float, float]) -> Float[Array, "1 1 1 3"]:
        return jnp.asarray(values, x.dtype).reshape(1, 1, 1, 3)

    if input_range == "0-256":
        x = x * (256 / 255)
    if convention == "caffe":
        x = x[..., ::-1]
        return x * CAFFE_UNIT if input_range == "0-1" else x * 255 - constant(_CAFFE_MEAN_BGR)
    if convention == "torchvision":
        if input_range == "0-1":
            return x
        return (x - constant(_IMAGENET_MEAN_RGB)) / constant(_IMAGENET_STD_RGB)
    raise InputError(f"The weights ask for an unknown input convention, '{convention}'; use caffe or torchvision.")


def _pool(x: Float[Array, "n h w c"], kind: Pooling) -> Float[Array, "n h2 w2 c"]:
    """Pool 2x2 windows with stride 2, by elementwise operations.

    The gradient of a window reduction would be a scatter, which is slower and on GPUs not deterministic. If several
    values of a window are equal to the maximum, as in flat regions, the gradient goes to the first of them in row-major
    order, as in PyTorch.
    """
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    left, right = x[:, :height, 0:width:2], x[:, :height, 1:width:2]
    if kind == "avg":
        columns = left + right
        return (columns[:, ::2] + columns[:, 1::2]) / 4
    columns = jnp.where(left >= right, left, right)
    top, bottom = columns[:, ::2], columns[:, 1::2]
    return jnp.where(top >= bottom, top, bottom)


def build_network(weights: NetworkWeights, recipe: Recipe, dtype: DTypeLike = jnp.float32) -> VGG19:
    """Build the network with the options of a recipe, for images of the given dtype.

    "auto" stands for the backend's own convolution on GPUs and TPUs.
    """
    native = recipe.convolution == "auto" and has_accelerator()
    return VGG19(
        weights,
        dtype=dtype,
        pooling=recipe.pooling,
        padding=recipe.padding,
        input_range=recipe.input_range,
        convolution="native" if native else recipe.convolution,
    )
