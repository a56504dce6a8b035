"""The decoder of the fast network: pure functions of a pytree of parameters.

It turns transported features of the content at three resolutions, features and colors that were taken over from samples
of the style, and noise into an image, coarse to fine, by 3x3 convolutions whose channels are scaled and shifted by
numbers computed from the style code: the conditional normalization of Dumoulin et al. 2017 (arXiv:1610.07629) and
Ghiasi et al. 2017 (arXiv:1705.06830) without its normalization, which the transport has already done. So an output
pixel depends only on its neighborhood, and tiles give exactly the whole picture.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax.fast.regions import Weights
from nst_jax.networks.edge_convolution import convolve_with_edges

Maps = Float[Array, "n _ _ _"]
Parameters = dict[str, Any]

# Channels at 1/8, 1/4, 1/2 and the full resolution.
WIDTHS = {8: 96, 4: 64, 2: 32, 1: 16}
# Residual blocks at 1/8 and 1/4 of the resolution.
BLOCKS = {8: 2, 4: 2}
# Channels of noise, which lets even areas get an irregular texture, at 1/8, 1/4 and 1/2 of the resolution. Of noise at
# 1/8, the decoder made blotches.
NOISE = {8: 0, 4: 4, 2: 2}
# The layer whose transported features enter at each resolution.
ENTRANCES = {8: "relu4_1", 4: "relu3_1", 2: "relu2_1"}
# The layer whose features are taken over from samples of the style, where there is one, at each resolution.
MATCHED = {8: "relu4_1", 4: "relu3_1"}
# The decoder adds to the composite of the style's patches at this resolution, 1/4, from which colors and large areas
# come, while forms smaller than four pixels are its own.
BASE = 4
# Length of the style vector, as in Ghiasi et al. 2017.
STYLE_VECTOR = 100


class Modulation(NamedTuple):
    """The scale and shift of the channels of one convolution, (n, 1, 1, channels); by regions (n, h, w, channels)."""

    scale: Float[Array, "n _ _ channels"]
    shift: Float[Array, "n _ _ channels"]


class Inputs(NamedTuple):
    """What the decoder reads at one resolution.

    Attributes:
        features: transported features, (n, height, width, channels).
        matched: features that are taken over from samples of the style, (n, height, width, channels or 0).
        colors: the recolored content averaged to that resolution, (n, height, width, 3).
        composite: the composite of the style's patches averaged to that resolution, (n, height, width, 3).
        noise: standard normal numbers, (n, height, width, NOISE[stride]).
    """

    features: Maps
    matched: Maps
    colors: Maps
    composite: Maps
    noise: Maps


def convolution_shapes(channels: dict[str, int]) -> dict[str, tuple[int, int, int, int]]:
    """Return the name and the kernel shape of each modulated convolution, in the order of computation.

    Each name has five letters, then the stride: 8 for 1/8 of the resolution.

    Args:
        channels: the number of channels of each layer in ENTRANCES.
    """
    shapes: dict[str, tuple[int, int, int, int]] = {}
    previous = 0
    for stride, layer in ENTRANCES.items():
        width = WIDTHS[stride]
        size = 1 if stride == 8 else 3
        entering = channels[layer] + (channels[MATCHED[stride]] if stride in MATCHED else 0)
        shapes[f"enter{stride}"] = (size, size, previous + entering + 6 + NOISE[stride], width)
        for block in range(BLOCKS.get(stride, 0)):
            shapes |= {f"block{stride}_{block}{half}": (3, 3, width, width) for half in "ab"}
        previous = width
    shapes["inner2"] = (3, 3, previous, previous)
    shapes["enter1"] = (3, 3, previous, WIDTHS[1])
    return shapes


def parameter_shapes(channels: dict[str, int], vector_length: int) -> Parameters:
    """Return the shapes of all parameters, as a pytree of the structure of the parameters.

    Args:
        channels: the number of channels of each layer in ENTRANCES.
        vector_length: the length of `style_code.code_vector`.
    """
    kernels = convolution_shapes(channels)
    return {
        "kernels": kernels,
        "output": {"kernel": (3, 3, WIDTHS[1], 3), "bias": (3,)},
        "vector": {"mean": (vector_length,), "scale": (vector_length,), "kernel": (vector_length, STYLE_VECTOR)},
        "modulation": {
            name: {"kernel": (STYLE_VECTOR, 2 * shape[3]), "bias": (2 * shape[3],)} for name, shape in kernels.items()
        },
    }


def random_parameters(channels: dict[str, int], vector_length: int, seed: int = 0) -> Parameters:
    """Draw the parameters from which training starts.

    Kernels are He et al. 2015's, those that end a residual block a tenth of that. At the start there is no modulation.

    Args:
        channels: the number of channels of each layer in ENTRANCES.
        vector_length: the length of `style_code.code_vector`.
        seed: of the random numbers.
    """
    generator = np.random.default_rng(seed)

    def normal(shape: tuple[int, ...], scale: float) -> Array:
        return jnp.asarray(generator.normal(size=shape) * scale, jnp.float32)

    shapes = parameter_shapes(channels, vector_length)
    parameters: Parameters = jax.tree.map(jnp.zeros, shapes, is_leaf=lambda node: isinstance(node, tuple))
    parameters["kernels"] = {
        name: normal(shape, (0.1 if name.endswith("b") else 1) * (2 / np.prod(shape[:3])) ** 0.5)
        for name, shape in shapes["kernels"].items()
    }
    parameters["output"]["kernel"] = normal(shapes["output"]["kernel"], 0.002)
    parameters["vector"]["kernel"] = normal(shapes["vector"]["kernel"], vector_length**-0.5)
    parameters["vector"]["scale"] = jnp.ones(vector_length)
    return parameters


def style_vector(parameters: Parameters, code: Float[Array, "*axes numbers"]) -> Float[Array, "*axes 100"]:
    """Compute the style vector, of STYLE_VECTOR numbers, from the vector of a style code."""
    read = parameters["vector"]
    # The standardization is measured before the training and stays as it is. Of styles unlike any that were seen, no
    # number counts for more than three standard deviations.
    mean, scale = (jax.lax.stop_gradient(read[name]).reshape(*[1] * (code.ndim - 1), -1) for name in ("mean", "scale"))
    return 3 * jnp.tanh((code - mean) / (3 * scale)) @ read["kernel"]


def modulations(
    parameters: Parameters, vectors: Float[Array, "n regions 100"], shares: Weights
) -> dict[str, Modulation]:
    """Compute the scale and shift of every convolution from style vectors.

    Args:
        parameters: of the decoder.
        vectors: the style vector of each region of each image.
        shares: how much each position belongs to each region, with a sum of 1; see `regions.shares_of_regions`.
    """
    both = {
        name: vectors @ each["kernel"] + each["bias"][None, None] for name, each in parameters["modulation"].items()
    }
    if vectors.shape[1] == 1:
        mixed = {name: each[:, :, None] for name, each in both.items()}
    else:
        mixed = {name: jnp.einsum("rhw,nrc->nhwc", shares[int(name[5])], each) for name, each in both.items()}
    return {name: Modulation(*jnp.split(each, 2, -1)) for name, each in mixed.items()}


def decode(
    parameters: Parameters, inputs: dict[int, Inputs], modulation: dict[str, Modulation]
) -> Float[Array, "n height width 3"]:
    """Decode features into images.

    Args:
        parameters: of the decoder.
        inputs: for each stride in ENTRANCES; each resolution is twice the one before.
        modulation: from `modulations`.

    Returns:
        RGB, nominally in [0, 1] but not clipped, of twice the height and width of `inputs[2]`.
    """
    kernels = parameters["kernels"]

    def modulated(x: Maps, name: str) -> Maps:
        scale, shift = modulation[name]
        return _convolve(x, kernels[name]) * (1 + scale) + shift

    # The map of the resolution before, enlarged; none at the first.
    before: list[Maps] = []
    for stride in ENTRANCES:
        x = jax.nn.relu(modulated(jnp.concatenate([*before, *inputs[stride]], -1), f"enter{stride}"))
        for block in range(BLOCKS.get(stride, 0)):
            inner = jax.nn.relu(modulated(x, f"block{stride}_{block}a"))
            x = x + modulated(inner, f"block{stride}_{block}b")
        before = [enlarge(x)]
    x = jax.nn.relu(modulated(x, "inner2"))
    scale, shift = modulation["enter1"]
    x = jax.nn.relu(_convolve_enlarged(x, kernels["enter1"]) * (1 + scale) + shift)
    base = jax.image.resize(inputs[BASE].composite, (*x.shape[:-1], 3), "linear")
    return base + _convolve(x, parameters["output"]["kernel"]) + parameters["output"]["bias"].reshape(1, 1, 1, -1)


def enlarge(x: Maps) -> Maps:
    """Double the height and width by linear interpolation, the borders padded with their edge values.

    Pixels that are repeated instead would show as a grid.
    """
    for axis in (1, 2):
        padded = jnp.pad(x, [(1, 1) if i == axis else (0, 0) for i in range(4)], mode="edge")
        length = x.shape[axis]
        before, after = (jax.lax.slice_in_dim(padded, start, start + length, axis=axis) for start in (0, 2))
        pair = jnp.stack([0.25 * before + 0.75 * x, 0.75 * x + 0.25 * after], axis + 1)
        x = pair.reshape(*x.shape[:axis], 2 * length, *x.shape[axis + 1 :])
    return x


def _convolve(x: Maps, kernel: Float[Array, "k k c d"]) -> Maps:
    """Convolve with stride 1, the borders padded with their edge values."""
    if kernel.shape[0] == 1:
        return x @ kernel[0, 0]
    return convolve_with_edges(x, kernel)


def _convolve_enlarged(x: Maps, kernel: Float[Array, "3 3 c d"]) -> Maps:
    """Compute `_convolve(enlarge(x), kernel)` at the resolution of `x`, which is several times as fast.

    A 3x3 window of the enlarged map depends on a 3x3 window of `x`.
    """
    # fold[p, i, k]: the weight of row i of the window of x in row k of the window around the pixel of phase p.
    rows = np.array([[0.75, 0.25, 0], [0.25, 0.75, 0], [0, 0.75, 0.25], [0, 0.25, 0.75]], np.float32)
    fold = np.stack([rows[0:3].T, rows[1:4].T])
    phases = jnp.einsum("pik,qjl,klcd->ijcpqd", fold, fold, kernel)
    n, height, width, _ = x.shape
    y = _convolve(x, phases.reshape(*phases.shape[:3], -1))
    y = y.reshape(n, height, width, 2, 2, -1).transpose(0, 1, 3, 2, 4, 5)
    return y.reshape(n, 2 * height, 2 * width, -1)
