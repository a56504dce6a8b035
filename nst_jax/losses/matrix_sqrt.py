"""The square root of a positive definite matrix by products alone, which all devices are good at."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Matrix = Float[Array, "n n"]
# As in crowsonkb/style-transfer-pytorch. Eigenvalues below some 1e-7 of the largest are not yet right after these.
ITERATIONS = 12


@jax.custom_vjp
def matrix_sqrt(matrix: Matrix) -> Matrix:
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
        correction = (3 * identity - product(inverse, root)) / 2
        root, inverse = product(root, correction), product(correction, inverse)
    return root * jnp.sqrt(norm)


def _forward(matrix: Matrix) -> tuple[Matrix, Matrix]:
    root = matrix_sqrt(matrix)
    return root, root


def _backward(root: Matrix, cotangent: Matrix) -> tuple[Matrix]:
    norm = jnp.linalg.norm(root)
    identity = jnp.eye(len(root), dtype=root.dtype)
    sign, solution = root / norm, cotangent / norm
    for _ in range(ITERATIONS):
        correction = 3 * identity - product(sign, sign)
        bent = product(sign, product(sign, solution) - product(solution, sign))
        solution = (product(solution, correction) - bent) / 2
        sign = product(sign, correction) / 2
    return (solution / 2,)


matrix_sqrt.defvjp(_forward, _backward)


def product(a: Matrix, b: Matrix) -> Matrix:
    """A b in full precision: accelerators' fast, inexact products would not let the iterations end."""
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)
