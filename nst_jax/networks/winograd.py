"""The 3x3 convolution by Winograd's minimal filtering F(4x4, 3x3): 36 multiplications in place of 144 per tile.

Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks" (arXiv:1509.09308), section 4.3: each 4x4 tile of
the output comes from a 6x6 tile d of the input and the 3x3 kernel g as Y = A^T [(G g G^T) * (B^T d B)] A, where A, B
and G are constant matrices and * multiplies element by element. Together with the sum over the channels this amounts to
36 matrix products. On CPUs, convolutions take most of the time of a VGG-19; with few channels, the additions around
the products cost more than the fewer multiplications save.

The matrices follow from the points 0, p, -p, 1/p, -1/p and infinity, at which polynomials are multiplied, with p = 2/3.
With the usual points 0, 1, -1, 2, -2 and infinity, the rounding error is twice as large (Barabasz et al. 2020, "Error
Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", arXiv:1803.10986, on the choice
of points; the factor was measured here). The inverse of each point is again one of the points, so that a rotated kernel
has the same transform in another order.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import CustomVJPPrimal, SymbolicZero
from jaxtyping import Array, Float

Maps = Float[Array, "n h w c"]
# The six rows of a transformed kernel: separate arrays, because slices of one array would be copied at each use.
Transformed = tuple[Float[Array, "6 _ _"], ...]
Saved = tuple[Maps | None, Transformed]
# The six rows or the six columns of a tile.
Six = tuple[Array, Array, Array, Array, Array, Array]

# The side of a tile of the output.
TILE = 4
_P = 2 / 3
_Q = 1 / _P
_SCALE = 2 * (_Q**2 - _P**2)
_G = np.array(
    [
        [1, 0, 0],
        [_Q**2 / _SCALE, _Q / _SCALE, 1 / _SCALE],
        [_Q**2 / _SCALE, -_Q / _SCALE, 1 / _SCALE],
        [1 / _SCALE, _Q / _SCALE, _Q**2 / _SCALE],
        [1 / _SCALE, -_Q / _SCALE, _Q**2 / _SCALE],
        [0, 0, 1],
    ]
)
# A^T: row i has the i-th powers of the points 0 to -1/p, those of 1/p and -1/p divided by the square of 1/p. The last
# column is that of infinity.
_A_TRANSPOSED = np.array(
    [
        [1, 1, 1, _P**2, _P**2, 0],
        [0, _P, -_P, _P, -_P, 0],
        [0, _P**2, _P**2, 1, 1, 0],
        [0, _P**3, -(_P**3), _Q, -_Q, 1],
    ]
)
# Rotating a kernel by 180 degrees permutes the rows and columns of its transform in this order, its own inverse.
_ROTATED = (5, 3, 4, 1, 2, 0)


def transform_kernel(kernel: Float[np.ndarray, "3 3 c d"] | Float[Array, "3 3 c d"]) -> tuple[Any, ...]:
    """Transform a kernel g for `winograd_convolution`.

    Args:
        kernel: (3, 3, c, d), a NumPy array or, within a program, a JAX array.

    Returns:
        The six rows of G g G^T for each pair of channels, (6, c, d) each, with the matrix G of F(4x4, 3x3).
    """
    if isinstance(kernel, np.ndarray):
        return tuple(np.einsum("ay,bx,yxcd->abcd", _G, _G, kernel, optimize=True).astype(kernel.dtype))
    g = _G.astype(kernel.dtype)
    return tuple(jnp.einsum("ay,bx,yxcd->abcd", g, g, kernel))


@jax.custom_vjp
def winograd_convolution(x: Maps, kernel: Transformed) -> Float[Array, "n h w d"]:
    """Convolve with a 3x3 kernel, stride 1 and zero padding that keeps the size.

    The gradient with respect to `x` is computed by the same algorithm, the gradient with respect to the transformed
    kernel, if it is requested, by automatic differentiation. In float32 the relative error is 6e-7 to 1.6e-6 with 64 to
    512 channels of the input; that of a plain convolution is 3e-7.

    Args:
        x: (n, h, w, c). Heights and widths are padded by zeros to multiples of four; the result is cropped.
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
    rows, columns = -(-height // TILE), -(-width // TILE)
    padded = jnp.pad(x, ((0, 0), (1, TILE * rows - height + 1), (1, TILE * columns - width + 1), (0, 0)))
    order = list(_ROTATED) if rotated else list(range(6))
    contraction = (((2,), (2 if rotated else 1,)), ((0,), (0,)))
    # The output's transform along the columns is a matrix product too. Written as sums, XLA would fuse it into the
    # transform along the rows and compute it once for each of the four rows of the output, which takes as long as all
    # 36 products together.
    output_columns = jnp.asarray(_A_TRANSPOSED[:, order], x.dtype)
    bands = []
    for band, row in zip(_input_transform(padded, 1, rows), order, strict=True):
        tiles = [part.reshape(n * rows * columns, channels) for part in _input_transform(band, 2, columns)]
        # Order the tiles as the kernel's columns.
        product = jax.lax.dot_general(jnp.stack([tiles[column] for column in order]), kernel[row], contraction)
        bands.append((output_columns @ product.reshape(6, -1)).reshape(TILE, n, rows, columns, product.shape[-1]))
    outputs = jnp.stack(_output_transform(*bands))
    # Axes: row in the tile, column in the tile, image, row of tiles, column of tiles, channel.
    outputs = outputs.transpose(2, 3, 0, 4, 1, 5)
    return outputs.reshape(n, TILE * rows, TILE * columns, -1)[:, :height, :width]


def _input_transform(x: Maps, axis: int, count: int) -> Six:
    """Apply B^T along one axis to `count` overlapping windows of size six and stride four."""
    d = [jax.lax.slice_in_dim(x, start, start + TILE * (count - 1) + 1, TILE, axis) for start in range(6)]
    p2, q2 = _P**2, _Q**2
    even, odd = q2 * d[2] - d[4], _P * (q2 * d[1] - d[3])
    even_inverse, odd_inverse = d[4] - p2 * d[2], _Q * (d[3] - p2 * d[1])
    first, last = d[0] + d[4] - (p2 + q2) * d[2], d[1] + d[5] - (p2 + q2) * d[3]
    return first, even + odd, even - odd, even_inverse + odd_inverse, even_inverse - odd_inverse, last


def _output_transform(a: Array, b: Array, c: Array, d: Array, e: Array, f: Array) -> tuple[Array, Array, Array, Array]:
    """Apply A^T along one axis to the six values of each window."""
    sums, differences, inverse_sums, inverse_differences = b + c, b - c, d + e, d - e
    return (
        a + sums + _P**2 * inverse_sums,
        _P * (differences + inverse_differences),
        _P**2 * sums + inverse_sums,
        _P**3 * differences + _Q * inverse_differences + f,
    )
