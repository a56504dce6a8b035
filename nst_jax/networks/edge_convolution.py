"""The 3x3 convolution whose borders are padded with the edge values, for networks that are run forward."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def convolve_with_edges(x: Float[Array, "n h w c"], kernel: Float[Array, "3 3 c d"]) -> Float[Array, "n h w d"]:
    """Convolve with stride 1, the borders padded with their edge values.

    Args:
        x: (n, h, w, c).
        kernel: (3, 3, c, d).
    """
    # Winograd's algorithm would save a twentieth of the time of the fast network at 512 pixels, but its program would
    # take twice as long to compile.
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return jax.lax.conv_general_dilated(padded, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
