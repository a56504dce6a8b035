"""VGG-19 as one Flax module of any width: a image in, the named layers' activations out.

Simonyan & Zisserman 2015 (arXiv:1409.1556), configuration E, without its fully connected end.
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
from nst_jax.networks.conv import convolution as convolved
from nst_jax.networks.weights.parameters import NetworkWeights
from nst_jax.networks.winograd import transform_kernel, winograd_convolution
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.types import ConvolutionMethod, InputRange, Padding, Pooling
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, LAYERS, block_of, require_size

Image = Float[Array, "*batch height width 3"]
Activation = Float[Array, "*batch _ _ _"]
# Products of input and output channels from which on Winograd gains on a CPU: conv3_1 of VGG-19. With a quarter
# of the width it gains nothing, and takes longer to compile.
WIDE = 128 * 256
Algorithm = Summation | Literal["winograd"]

# What each family of weights was trained on. The image comes as RGB in [0, 1].
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
_IMAGENET_MEAN_RGB = (0.485, 0.456, 0.406)
_IMAGENET_STD_RGB = (0.229, 0.224, 0.225)
# What "caffe" inputs, and with them activations, are larger by than "torchvision" ones.
CAFFE_UNIT = 255 * sum(_IMAGENET_STD_RGB) / 3


class Convolution(nnx.Module):
    """A 3x3 convolution with zero padding and a bias: kernel (3, 3, in, out), bias (out,).

    For Winograd's algorithm the kernel is kept as that takes it, four rows of (4, in, out).
    """

    def __init__(self, kernel: ArrayLike, bias: ArrayLike, dtype: DTypeLike, algorithm: Algorithm):
        self.algorithm = algorithm
        parts = transform_kernel(np.asarray(kernel)) if algorithm == "winograd" else (kernel,)
        self.kernel = nnx.List([nnx.Param(jnp.asarray(part, dtype)) for part in parts])
        self.bias = nnx.Param(jnp.asarray(bias, dtype))

    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n h w d"]:
        """The convolved batch."""
        kernel = tuple(part[...] for part in self.kernel)
        y = winograd_convolution(x, kernel) if self.algorithm == "winograd" else convolved(x, *kernel, self.algorithm)
        return y + self.bias[...].reshape(1, 1, 1, -1)


class VGG19(nnx.Module):
    """The network, ready to be passed as an argument through jit, grad and vmap.

    Args:
        weights: the parameters and the input convention that they were trained with.
        pooling: "network": what the weights were trained with; or "max"; or "avg", which Gatys et al. 2015 found to
            give smoother pictures.
        padding: of the first convolution: "zeros" as trained, or "replicate", the edge's own pixels, which gives
            cleaner borders.
        input_range: what pixels are brought to: "network": what the weights were trained with; "0-1": RGB as it is, for
            weights of the torchvision convention (for those of the caffe convention, that by the ratio of both scales);
            "0-256": as "network", with pixels taken to end at 256 in place of 255.
        dtype: of the parameters; pictures must come in the same.
        convolution: "native": the backend's own; "winograd": fewer multiplications from conv3_1 on, for CPUs; "auto":
            what is faster on this backend in full precision; "bfloat16": products of bfloat16, summed up in `dtype`.
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
        if convolution == "auto" and has_accelerator():
            convolution = "native"
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
        """Activations of the named layers.

        Args:
            image: RGB in [0, 1], (height, width, 3) or with a batch in front.
            layers: names such as conv3_2, relu3_2 or pool3. Nothing beyond the deepest of them is computed.

        Returns:
            {name: (height / stride, width / stride, channels)}, with the batch in front if the image has one; odd
            edges are cropped by the pooling, as VGG's does.

        Raises:
            InputError: for a layer that this network does not have, or a image too small for the deepest layer.
        """
        x = _preprocess(image.reshape(-1, *image.shape[-3:]), self.preprocessing, self.input_range)
        return self._run(x, layers, image.shape)

    def of_normalized(self, values: Image, layers: Iterable[str]) -> dict[str, Activation]:
        """The same for a image of which ImageNet's mean is subtracted, and which is divided by its deviation."""
        x = _preprocess(values.reshape(-1, *values.shape[-3:]), self.preprocessing, "0-1")
        return self._run(x, layers, values.shape)

    @property
    def widths(self) -> tuple[int, ...]:
        """The channels of each convolution."""
        return tuple(convolution.bias[...].size for convolution in self.convolutions.values())

    @property
    def dtype(self) -> DTypeLike:
        """Of the parameters."""
        return self.convolutions["conv1_1"].bias[...].dtype

    def _run(self, x: Float[Array, "n h w 3"], layers: Iterable[str], shape: tuple[int, ...]) -> dict[str, Activation]:
        wanted = tuple(layers)
        self._check(wanted, shape)
        batch = shape[:-3]
        activations: dict[str, Activation] = {}
        for name in LAYERS[: 1 + max((LAYERS.index(layer) for layer in wanted), default=-1)]:
            if name == "conv1_1" and self.padding == "replicate":
                padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
                x = self.convolutions[name](padded)[:, 1:-1, 1:-1]
            elif name.startswith("conv"):
                x = self.convolutions[name](x)
            elif name.startswith("relu"):
                x = jax.nn.relu(x)
            else:
                x = _pool(x, self.pooling)
            if name in wanted:
                activations[name] = x.reshape(*batch, *x.shape[1:])
        return activations

    def _check(self, layers: tuple[str, ...], shape: tuple[int, ...]) -> None:
        last = [name for name in CONVOLUTIONS if name in self.convolutions][-1]
        reach = f"pool{block_of(last)}" if last == CONVOLUTIONS[-1] else last.replace("conv", "relu")
        for layer in layers:
            if layer not in LAYERS:
                raise InputError(f"There is no layer '{layer}' in VGG-19.")
            if LAYERS.index(layer) > LAYERS.index(reach):
                raise InputError(
                    f"This network ends at {reach}, so it has no {layer}; choose a shallower layer or another network."
                )
        require_size(shape[-3], shape[-2], layers)


def _algorithm(name: str, shape: tuple[int, ...], method: ConvolutionMethod) -> Algorithm:
    """In block 2 the exacter split sum costs nothing that can be measured; in block 1 and beyond block 2 it does."""
    if method == "bfloat16":
        return method
    if block_of(name) == 2:
        return "split"
    worth = method == "winograd" or (method == "auto" and shape[2] * shape[3] >= WIDE)
    return "winograd" if worth and block_of(name) > 2 else "plain"


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
    """2x2 pooling with stride 2 as plain elementwise operations.

    The gradient of a window reduction is a scatter: slower, and on GPUs not deterministic. Where values tie for the
    maximum, as in flat regions, the gradient goes to the first of them in reading order, as PyTorch has it.
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
    """The network as a recipe wants it computed, for pictures of the dtype."""
    return VGG19(
        weights,
        dtype=dtype,
        pooling=recipe.pooling,
        padding=recipe.padding,
        input_range=recipe.input_range,
        convolution=recipe.convolution,
    )
