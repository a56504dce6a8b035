"""The square root of a positive definite matrix by products alone, which all devices are good at."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Matrix = Float[Array, "n n"]
# As in crowsonkb/style-transfer-pytorch. Eigenvalues below some 1e-7 of the largest are not yet right after these.
ITERATIONS = 12


@jax.custom_vjp
def matrix_root(matrix: Matrix) -> Matrix:
    """The principal square root by Newton and Schulz' iteration (Higham 2008, "Functions of Matrices", eq. 6.33).

    The gradient solves Lyapunov's equation by an iteration of the same kind (Lin & Maji 2017, arXiv:1707.06772), which
    takes no memory for the steps.

    Args:
        matrix: symmetric, positive definite.
    """
    norm = jnp.linalg.norm(matrix)
    identity = jnp.eye(len(matrix), dtype=matrix.dtype)
    root, inverse = matrix / norm, identity
    for _ in range(ITERATIONS):
        correction = (3 * identity - _product(inverse, root)) / 2
        root, inverse = _product(root, correction), _product(correction, inverse)
    return root * jnp.sqrt(norm)


def _forward(matrix: Matrix) -> tuple[Matrix, Matrix]:
    root = matrix_root(matrix)
    return root, root


def _backward(root: Matrix, cotangent: Matrix) -> tuple[Matrix]:
    norm = jnp.linalg.norm(root)
    identity = jnp.eye(len(root), dtype=root.dtype)
    sign, solution = root / norm, cotangent / norm
    for _ in range(ITERATIONS):
        correction = 3 * identity - _product(sign, sign)
        bent = _product(sign, _product(sign, solution) - _product(solution, sign))
        solution = (_product(solution, correction) - bent) / 2
        sign = _product(sign, correction) / 2
    return (solution / 2,)


matrix_root.defvjp(_forward, _backward)


def _product(a: Matrix, b: Matrix) -> Matrix:
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)
