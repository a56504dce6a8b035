"""The 3x3 convolution by Winograd's minimal filtering F(2x2, 3x3): 16 multiplications in place of 36 per tile.

Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks" (arXiv:1509.09308), section 4.1: each 2x2 tile of
the output comes from a 4x4 tile d of the input and the 3x3 kernel g as Y = A^T [(G g G^T) * (B^T d B)] A, where A, B
and G are constant matrices and * multiplies element by element. Together with the sum over the channels this amounts to
16 matrix products. On CPUs they take most of the time of a VGG-19 from conv3_1 on; in shallower layers, with few
channels, the additions around the products cost more than the fewer multiplications save.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import CustomVJPPrimal, SymbolicZero
from jaxtyping import Array, Float

Maps = Float[Array, "n h w c"]
# The four rows of a transformed kernel: separate arrays, because slices of one array would be copied at each use.
Transformed = tuple[Float[Array, "4 _ _"], ...]
Saved = tuple[Maps | None, Transformed]
# The four rows or the four columns of a tile.
Four = tuple[Array, Array, Array, Array]

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
# Rotating a kernel by 180 degrees permutes the rows and columns of its transform in this order.
_ROTATED = (3, 1, 2, 0)


def transform_kernel(kernel: Float[np.ndarray, "3 3 c d"] | Float[Array, "3 3 c d"]) -> tuple[Any, ...]:
    """Transform a kernel g for `winograd_convolution`.

    Args:
        kernel: (3, 3, c, d), a NumPy array or, within a program, a JAX array.

    Returns:
        The four rows of G g G^T for each pair of channels, (4, c, d) each, with the matrix G of F(2x2, 3x3).
    """
    if isinstance(kernel, np.ndarray):
        return tuple(np.einsum("ay,bx,yxcd->abcd", _G, _G, kernel, optimize=True).astype(kernel.dtype))
    g = _G.astype(kernel.dtype)
    return tuple(jnp.einsum("ay,bx,yxcd->abcd", g, g, kernel))


@jax.custom_vjp
def winograd_convolution(x: Maps, kernel: Transformed) -> Float[Array, "n h w d"]:
    """Convolve with a 3x3 kernel, stride 1 and zero padding that keeps the size.

    The gradient with respect to `x` is computed by the same algorithm, the gradient with respect to the transformed
    kernel, if it is requested, by automatic differentiation. In float32 the relative error is about that of a plain
    convolution, since the transforms of F(2x2, 3x3) only add and halve.

    Args:
        x: (n, h, w, c). Odd heights and widths are padded by a row or column of zeros, which is cropped from the
            result.
        kernel: from `transform_kernel`.

    Returns:
        (n, h, w, d), of the height and width of `x`.
    """
    return _convolve(x, kernel)


def _forward(x: CustomVJPPrimal, kernel: tuple[CustomVJPPrimal, ...]) -> tuple[Float[Array, "n h w d"], Saved]:
    rows = tuple(row.value for row in kernel)
    # Keep `x` only if the gradient of the kernel is requested. Image optimization does not need it, and tracing it is
    # slow.
    saved_x = x.value if any(row.perturbed for row in kernel) else None
    return _convolve(x.value, rows), (saved_x, rows)


def _backward(saved: Saved, cotangent: Any) -> tuple[Maps, Transformed | None]:
    x, kernel = saved
    if isinstance(cotangent, SymbolicZero):
        cotangent = jnp.zeros(cotangent.shape, cotangent.dtype)
    kernel_gradient = None if x is None else jax.vjp(functools.partial(_convolve, x), kernel)[1](cotangent)[0]
    return _convolve(cotangent, kernel, rotated=True), kernel_gradient


winograd_convolution.defvjp(_forward, _backward, symbolic_zeros=True)


@functools.partial(jax.jit, static_argnames="rotated")
def _convolve(x: Maps, kernel: Transformed, rotated: bool = False) -> Float[Array, "n h w _"]:
    """Convolve with the kernel, or, if `rotated`, with the kernel rotated by 180 degrees and its channels swapped."""
    n, height, width, channels = x.shape
    rows, columns = -(-height // 2), -(-width // 2)
    padded = jnp.pad(x, ((0, 0), (1, 2 * rows - height + 1), (1, 2 * columns - width + 1), (0, 0)))
    order = _ROTATED if rotated else range(4)
    contraction = (((2,), (2 if rotated else 1,)), ((0,), (0,)))
    products = []
    for band, row in zip(_input_transform(padded, 1, rows), order, strict=True):
        tiles = [part.reshape(n * rows * columns, channels) for part in _input_transform(band, 2, columns)]
        # Reorder the tiles to the kernel's columns, and the products back. The permutation is its own inverse.
        ordered = jnp.stack([tiles[column] for column in order])
        product = jax.lax.dot_general(ordered, kernel[row], contraction)
        products.append([product[column] for column in order])
    outputs = [_output_transform(*band) for band in zip(*(_output_transform(*row) for row in products), strict=True)]
    # outputs[i][j] holds column i and row j of all 2x2 tiles.
    interleaved = jnp.stack([jnp.stack([outputs[0][row], outputs[1][row]], 1) for row in range(2)], 1)
    interleaved = interleaved.reshape(n, rows, columns, 2, 2, -1).transpose(0, 1, 3, 2, 4, 5)
    return interleaved.reshape(n, 2 * rows, 2 * columns, -1)[:, :height, :width]


def _input_transform(x: Maps, axis: int, count: int) -> Four:
    """Apply B^T along one axis to `count` overlapping windows of size four and stride two."""
    window = [jax.lax.slice_in_dim(x, start, start + 2 * count - 1, 2, axis) for start in range(4)]
    return window[0] - window[2], window[1] + window[2], window[2] - window[1], window[1] - window[3]


def _output_transform(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """Apply A^T along one axis to the four values of each window."""
    return a + b + c, b - c - d
