"""The 3x3 convolution by Winograd's minimal filtering F(2x2, 3x3): 16 multiplications where the plain sum takes 36.

Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks" (arXiv:1509.09308), section 4.1: each 2x2 tile of
the output comes from a 4x4 tile d of the input as Y = A^T [(G g G^T) * (B^T d B)] A, where * multiplies element by
element and the sum over the channels makes 16 matrix products of it. On CPUs these are what a VGG-19 spends its time
with from conv3_1 on; in shallower layers, with few channels, the sums around them cost more than they save.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import CustomVJPPrimal, SymbolicZero
from jaxtyping import Array, Float

Maps = Float[Array, "n h w c"]
# Four rows of four. Apart, since slices of one array would be copied at each evaluation.
Transformed = tuple[Float[Array, "4 _ _"], ...]
Saved = tuple[Maps | None, Transformed]
# Rows or columns of a tile.
Four = tuple[Array, Array, Array, Array]

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
# Turning a kernel by 180 degrees does this to the rows and columns of its transform.
_TURNED = (3, 1, 2, 0)


def transform_kernel(kernel: Float[np.ndarray, "3 3 c d"]) -> tuple[Float[np.ndarray, "4 c d"], ...]:
    """The kernel as `winograd_convolution` takes it: the four rows of G g G^T for each pair of channels."""
    return tuple(np.einsum("ay,bx,yxcd->abcd", _G, _G, kernel, optimize=True).astype(kernel.dtype))


@jax.custom_vjp
def winograd_convolution(x: Maps, kernel: Transformed) -> Float[Array, "n h w d"]:
    """The 3x3 convolution with stride 1 and zero padding that keeps the size, with a gradient of the same kind.

    In float32 its relative error is about that of the plain sum (the transforms of F(2x2, 3x3) only add and halve).

    Args:
        x: (n, h, w, c), of any size; odd ones are computed with a row or column more.
        kernel: from `transformed`.
    """
    return _convolved(x, kernel)


def _forward(x: CustomVJPPrimal, kernel: tuple[CustomVJPPrimal, ...]) -> tuple[Float[Array, "n h w d"], Saved]:
    rows = tuple(row.value for row in kernel)
    # Who optimizes pictures does not ask for the gradient of the kernel, and tracing it takes its time.
    kept = x.value if any(row.perturbed for row in kernel) else None
    return _convolved(x.value, rows), (kept, rows)


def _backward(saved: Saved, cotangent: Any) -> tuple[Maps, Transformed | None]:
    x, kernel = saved
    if isinstance(cotangent, SymbolicZero):
        cotangent = jnp.zeros(cotangent.shape, cotangent.dtype)
    of_kernel = None if x is None else jax.vjp(functools.partial(_convolved, x), kernel)[1](cotangent)[0]
    return _convolved(cotangent, kernel, turned=True), of_kernel


winograd_convolution.defvjp(_forward, _backward, symbolic_zeros=True)


@functools.partial(jax.jit, static_argnames="turned")
def _convolved(x: Maps, kernel: Transformed, turned: bool = False) -> Float[Array, "n h w _"]:
    """With the kernel, or with the kernel turned and its channels swapped, which is the transposed convolution."""
    n, height, width, channels = x.shape
    rows, columns = -(-height // 2), -(-width // 2)
    padded = jnp.pad(x, ((0, 0), (1, 2 * rows - height + 1), (1, 2 * columns - width + 1), (0, 0)))
    order = _TURNED if turned else range(4)
    contraction = (((2,), (2 if turned else 1,)), ((0,), (0,)))
    products = []
    for band, row in zip(_into(padded, 1, rows), order, strict=True):
        tiles = [part.reshape(n * rows * columns, channels) for part in _into(band, 2, columns)]
        # In the order of the kernel's columns, and the products back again: 1 and 2 are their own partners but swap.
        ordered = jnp.stack([tiles[column] for column in order])
        product = jax.lax.dot_general(ordered, kernel[row], contraction)
        products.append([product[column] for column in order])
    outputs = [_out_of(*band) for band in zip(*(_out_of(*row) for row in products), strict=True)]
    # outputs[i][j] holds column i and row j of all 2x2 tiles.
    woven = jnp.stack([jnp.stack([outputs[0][row], outputs[1][row]], 1) for row in range(2)], 1)
    woven = woven.reshape(n, rows, columns, 2, 2, -1).transpose(0, 1, 3, 2, 4, 5)
    return woven.reshape(n, 2 * rows, 2 * columns, -1)[:, :height, :width]


def _into(x: Maps, axis: int, count: int) -> Four:
    """B^T along one axis: `count` overlapping windows of four, two apart."""
    window = [jax.lax.slice_in_dim(x, start, start + 2 * count - 1, 2, axis) for start in range(4)]
    return window[0] - window[2], window[1] + window[2], window[2] - window[1], window[1] - window[3]


def _out_of(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """A^T along one axis."""
    return a + b + c, b - c - d
