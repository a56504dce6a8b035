"""Time and rounding error of Winograd's algorithm in the layers of VGG-19, compared with plain convolutions."""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from nst_jax.errors import InputError
from nst_jax.networks.conv import convolution
from nst_jax.networks.winograd import transform_kernel, winograd_convolution
from nst_jax.objective.compiler_options import compiler_options
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, VGG19_WIDTHS, block_of, stride

# The number of timings, of which the median is reported, after one that is not counted.
TIMINGS = 7


class Row(NamedTuple):
    """The results for one layer.

    Attributes:
        layer: its name.
        side: the height and width of its map.
        plain: milliseconds of a plain convolution.
        winograd: milliseconds of Winograd's algorithm.
        plain_error: the norm of the error of a plain convolution in float32, divided by the norm of the output.
        winograd_error: that of Winograd's algorithm.
    """

    layer: str
    side: int
    plain: float
    winograd: float
    plain_error: float
    winograd_error: float


def measure(layer: str, size: int) -> Row:
    """Measure a layer with random kernels and random inputs that went through a ReLU.

    Args:
        layer: a convolution except the first, such as conv3_2.
        size: the height and width of the image in pixels.

    Raises:
        InputError: for another name.
    """
    if layer not in CONVOLUTIONS[1:]:
        raise InputError(f"There is no layer '{layer}'; choose from {', '.join(CONVOLUTIONS[1:])}.")
    side, channels = size // stride(layer), VGG19_WIDTHS[block_of(layer) - 1]
    entering = VGG19_WIDTHS[block_of(layer) - 2] if layer.endswith("_1") else channels
    generator = np.random.default_rng(0)
    x = np.maximum(generator.normal(size=(1, side, side, entering)), 0).astype(np.float32)
    kernel = (generator.normal(size=(3, 3, entering, channels)) * (2 / (9 * entering)) ** 0.5).astype(np.float32)
    with jax.enable_x64(True):
        truth = np.asarray(convolution(jnp.asarray(x, jnp.float64), jnp.asarray(kernel, jnp.float64)))
    plain, output = _run(convolution, x, kernel)
    winograd, output_of_winograd = _run(winograd_convolution, x, transform_kernel(kernel))
    errors = [float(np.linalg.norm(each - truth) / np.linalg.norm(truth)) for each in (output, output_of_winograd)]
    return Row(layer, side, plain, winograd, *errors)


def _run(function: Callable[..., Array], *arguments: Any) -> tuple[float, np.ndarray]:
    """Compile a function, and return the median of the milliseconds of a call, and the result."""
    on_device = jax.device_put(arguments)
    compiled = jax.jit(function).lower(*on_device).compile(compiler_options=compiler_options())
    seconds = []
    for _ in range(TIMINGS + 1):
        began = time.perf_counter()
        result = jax.block_until_ready(compiled(*on_device))
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds[1:]), np.asarray(result)
