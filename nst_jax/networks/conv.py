"""The 3x3 convolution of the network, with a custom gradient and a choice of precision."""

import functools
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax.custom_derivatives import CustomVJPPrimal, SymbolicZero
from jaxtyping import Array, Float

Maps = Float[Array, "n h w c"]
Kernel = Float[Array, "3 3 c d"]
Precision = Literal["plain", "bfloat16"]
Saved = tuple[Maps | None, Kernel]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolution(x: Maps, kernel: Kernel, precision: Precision = "plain") -> Float[Array, "n h w d"]:
    """Convolve with a 3x3 kernel, stride 1 and zero padding that keeps the size.

    The gradient with respect to `x` is implemented as a convolution with the kernel rotated by 180 degrees and its
    channels swapped, which the CPU backend runs faster than the equivalent transposed convolution that JAX derives.

    Args:
        x: (n, h, w, c).
        kernel: (3, 3, c, d).
        precision: "plain": in the dtype of `x`;
            "bfloat16": products of operands rounded to bfloat16, summed in the dtype of `x`, for accelerators.

    Returns:
        (n, h, w, d), of the dtype of `x`.
    """
    return _convolve(x, kernel, precision)


def _convolve(x: Maps, kernel: Kernel, precision: Precision = "plain") -> Float[Array, "n h w d"]:
    dtype = jnp.bfloat16 if precision == "bfloat16" else x.dtype
    return jax.lax.conv_general_dilated(
        x.astype(dtype),
        kernel.astype(dtype),
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        preferred_element_type=x.dtype,
    )


def _forward(
    x: CustomVJPPrimal, kernel: CustomVJPPrimal, precision: Precision
) -> tuple[Float[Array, "n h w d"], Saved]:
    # Keep `x` only if the gradient of the kernel is requested. Image optimization does not need it, and tracing it is
    # slow.
    return convolution(x.value, kernel.value, precision), (x.value if kernel.perturbed else None, kernel.value)


def _backward(precision: Precision, saved: Saved, cotangent: Any) -> tuple[Maps, Kernel | None]:
    x, kernel = saved
    if isinstance(cotangent, SymbolicZero):
        cotangent = jnp.zeros(cotangent.shape, cotangent.dtype)
    kernel_gradient = None if x is None else jax.vjp(functools.partial(_convolve, x), kernel)[1](cotangent)[0]
    return _convolve(cotangent, kernel[::-1, ::-1].swapaxes(2, 3), precision), kernel_gradient


convolution.defvjp(_forward, _backward, symbolic_zeros=True)
