"""The 3x3 convolution whose borders are padded with the edge values, for networks that are run forward."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.networks.winograd import transform_kernel, winograd_convolution

# The least number of channels for which Winograd's algorithm is faster on a CPU: twice as fast at 64 to 64 channels,
# half as fast at 32 to 32 or at 234 to 64.
WIDE = 64


def convolve_with_edges(x: Float[Array, "n h w c"], kernel: Float[Array, "3 3 c d"]) -> Float[Array, "n h w d"]:
    """Convolve with stride 1, the borders padded with their edge values.

    On a CPU, wide layers are computed by Winograd's algorithm, with the same result up to rounding.

    Args:
        x: (n, h, w, c).
        kernel: (3, 3, c, d).
    """
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    c, d = kernel.shape[2:]
    if min(c, d) < WIDE or c > 2 * d:
        return _plain(padded, kernel)
    return jax.lax.platform_dependent(padded, kernel, cpu=_winograd, default=_plain)


def _plain(padded: Array, kernel: Array) -> Array:
    dimensions = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(padded, kernel, (1, 1), "VALID", dimension_numbers=dimensions)


def _winograd(padded: Array, kernel: Array) -> Array:
    return winograd_convolution(padded, transform_kernel(kernel))[:, 1:-1, 1:-1]
