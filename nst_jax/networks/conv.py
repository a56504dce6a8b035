"""The 3x3 convolution of the network, with a custom gradient and a choice of summation."""

import functools
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax.custom_derivatives import CustomVJPPrimal, SymbolicZero
from jaxtyping import Array, Float

Maps = Float[Array, "n h w c"]
Kernel = Float[Array, "3 3 c d"]
Summation = Literal["plain", "split", "bfloat16"]
Saved = tuple[Maps | None, Kernel]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolution(x: Maps, kernel: Kernel, summation: Summation = "plain") -> Float[Array, "n h w d"]:
    """Convolve with a 3x3 kernel, stride 1 and zero padding that keeps the size.

    The gradient with respect to `x` is implemented as a convolution with the kernel rotated by 180 degrees and its
    channels swapped, which the CPU backend runs faster than the equivalent transposed convolution that JAX derives.

    Args:
        x: (n, h, w, c).
        kernel: (3, 3, c, d).
        summation: "plain": a single convolution;
            "split": one convolution for each of the three rows of the kernel, then the sum of the three. Shorter sums
            have smaller rounding errors: with it in block 2, the relative error of the pretrained VGG-19 falls from
            4.6e-7 to 3.5e-7 at conv2_1, and from 4.5e-7 to 4.1e-7 at conv2_2. If two values of a pooling window differ
            by a few units in the last place, rounding decides which one receives the gradient, and one such decision
            changes the gradient by about 1e-4 of its norm;
            "bfloat16": products of operands rounded to bfloat16, summed in the dtype of `x`, for accelerators.

    Returns:
        (n, h, w, d), of the dtype of `x`.
    """
    if summation != "split":
        return _convolve(x, kernel, summation)
    padded = jnp.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    height = x.shape[1]
    top, middle, bottom = (_convolve(padded[:, row : row + height], kernel[row : row + 1]) for row in range(3))
    return top + middle + bottom


def _convolve(x: Maps, kernel: Float[Array, "rows 3 c d"], summation: Summation = "plain") -> Float[Array, "n h w d"]:
    padding = ((kernel.shape[0] // 2,) * 2, (1, 1))
    dtype = jnp.bfloat16 if summation == "bfloat16" else x.dtype
    return jax.lax.conv_general_dilated(
        x.astype(dtype),
        kernel.astype(dtype),
        (1, 1),
        padding,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        preferred_element_type=x.dtype,
    )


def _forward(
    x: CustomVJPPrimal, kernel: CustomVJPPrimal, summation: Summation
) -> tuple[Float[Array, "n h w d"], Saved]:
    # Keep `x` only if the gradient of the kernel is requested. Image optimization does not need it, and tracing it is
    # slow.
    return convolution(x.value, kernel.value, summation), (x.value if kernel.perturbed else None, kernel.value)


def _backward(summation: Summation, saved: Saved, cotangent: Any) -> tuple[Maps, Kernel | None]:
    x, kernel = saved
    if isinstance(cotangent, SymbolicZero):
        cotangent = jnp.zeros(cotangent.shape, cotangent.dtype)
    kernel_gradient = None if x is None else jax.vjp(functools.partial(_convolve, x), kernel)[1](cotangent)[0]
    return _convolve(cotangent, kernel[::-1, ::-1].swapaxes(2, 3), summation), kernel_gradient


convolution.defvjp(_forward, _backward, symbolic_zeros=True)
