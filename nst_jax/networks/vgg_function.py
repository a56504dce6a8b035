"""VGG-19 as a pure function of its convolutions, and checks of what goes into it.

Simonyan & Zisserman 2015 (arXiv:1409.1556), configuration E, without its fully connected layers.
"""

from collections.abc import Callable, Collection
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.errors import InputError
from nst_jax.recipes.types import InputRange, Padding, Pooling
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, LAYERS, block_of, require_size

Activation = Float[Array, "*batch _ _ _"]

# Constants of the input conventions of published weights. Images are given as RGB in [0, 1].
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
_IMAGENET_MEAN_RGB = (0.485, 0.456, 0.406)
_IMAGENET_STD_RGB = (0.229, 0.224, 0.225)
# The factor by which "caffe" inputs, and therefore activations, are larger than "torchvision" ones.
CAFFE_UNIT = 255 * sum(_IMAGENET_STD_RGB) / 3


def run_layers(
    x: Float[Array, "n h w c"],
    layers: tuple[str, ...],
    convolve: Callable[[str, Float[Array, "n h w c"]], Float[Array, "n h w d"]],
    pooling: Pooling,
    padding: Padding | Literal["edges"],
    batch: tuple[int, ...],
    after: str | None = None,
) -> dict[str, Activation]:
    """Compute the activations of the given layers, from the input or from the output of one layer.

    Args:
        x: the preprocessed input, or the output of the layer `after`.
        layers: names; layers beyond the deepest of them are not computed.
        convolve: applies the convolution of the given name, with padding that keeps the size, and its bias.
        pooling: "max" or "avg", but not "network".
        padding: with "replicate", the input of the first convolution is padded with its edge values; otherwise
            `convolve` alone decides.
        batch: the sizes of the results' batch axes, whose product is n.
        after: the layer whose output x is; None if x is the input.

    Returns:
        {name: (*batch, height / stride, width / stride, channels)}.
    """
    activations: dict[str, Activation] = {}
    first = 0 if after is None else LAYERS.index(after) + 1
    for name in LAYERS[first : 1 + max((LAYERS.index(layer) for layer in layers), default=-1)]:
        if name == "conv1_1" and padding == "replicate":
            padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
            x = convolve(name, padded)[:, 1:-1, 1:-1]
        elif name.startswith("conv"):
            x = convolve(name, x)
        elif name.startswith("relu"):
            x = jax.nn.relu(x)
        else:
            x = pool(x, pooling)
        if name in layers:
            activations[name] = x.reshape(*batch, *x.shape[1:])
    return activations


def check_layers(layers: tuple[str, ...], convolutions: Collection[str], shape: tuple[int, ...]) -> None:
    """Check that a network has the given layers and that an image is large enough for them.

    Args:
        layers: the layers.
        convolutions: the convolutions that the network has.
        shape: of the image, (*batch, height, width, 3).

    Raises:
        InputError: for a layer that this network does not have, or an image too small for the deepest layer.
    """
    last = [name for name in CONVOLUTIONS if name in convolutions][-1]
    end = f"pool{block_of(last)}" if last == CONVOLUTIONS[-1] else last.replace("conv", "relu")
    for layer in layers:
        if layer not in LAYERS:
            raise InputError(f"There is no layer '{layer}' in VGG-19.")
        if LAYERS.index(layer) > LAYERS.index(end):
            raise InputError(
                f"This network ends at {end}, so it has no {layer}; choose a shallower layer or another network."
            )
    require_size(shape[-3], shape[-2], layers)


def check_image(image: Array) -> None:
    """Check the dtype and the shape of an image, which are known while a program is traced; its values are not.

    Args:
        image: an array that should be (*batch, height, width, 3), of floats.

    Raises:
        InputError: otherwise.
    """
    if image.ndim < 3 or image.shape[-1] != 3:
        raise InputError(
            f"The network takes RGB of shape (*batch, height, width, 3), not {image.shape}; repeat the channel of a "
            "gray image three times, and leave transparency out."
        )
    if not jnp.issubdtype(image.dtype, jnp.floating):
        raise InputError(
            f"The network takes pixels as floats, not {image.dtype}; convert the image, such as by / 255 for uint8."
        )


def preprocess(x: Float[Array, "n h w 3"], convention: str, input_range: InputRange) -> Float[Array, "n h w 3"]:
    """Convert RGB in [0, 1] to the input convention of a network's weights.

    Args:
        x: the images.
        convention: "caffe" or "torchvision".
        input_range: see `flax_vgg.VGG19`.
    """

    def constant(values: tuple[float, float, float]) -> Float[Array, "1 1 1 3"]:
        return jnp.asarray(values, x.dtype).reshape(1, 1, 1, 3)

    # NumPy's float64 becomes the dtype that JAX computes in.
    x = jnp.asarray(x)
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


def pool(x: Float[Array, "n h w c"], kind: Pooling) -> Float[Array, "n h2 w2 c"]:
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
