"""The L-BFGS direction as an optax transformation without loops, by two matrix products with all pairs at once.

Byrd, Nocedal & Schnabel 1994, "Representations of Quasi-Newton Matrices", equation 3.1: the two-loop recursion (Nocedal
& Wright 2006, algorithm 7.4), which visits one pair after the other, yields a linear combination of the gradient and
the stored pairs, whose coefficients follow from their inner products. `optax.scale_by_lbfgs` runs the two loops, and
each iteration reads one image on one thread. The products here read all pairs twice.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from nst_jax.optimizers.base import Image

if TYPE_CHECKING:
    import optax

EXACT = jax.lax.Precision.HIGHEST


class History(NamedTuple):
    """The last pairs of moves and gradient changes, in a ring buffer.

    Attributes:
        recorded: the number of pairs recorded so far; the newest is at index (recorded - 1) % size.
        pairs: (2 * size, pixels): the moves s and, below them, the gradient changes y.
        products: (2 * size, 2 * size): the inner products of all rows of `pairs`.
    """

    recorded: Int[Array, ""]
    pairs: Float[Array, "pairs pixels"]
    products: Float[Array, "pairs pairs"]


def scale_by_compact_lbfgs(size: int) -> "optax.GradientTransformationExtraArgs":
    """Create a transformation that multiplies a gradient by the inverse Hessian of L-BFGS.

    It corresponds to `optax.scale_by_lbfgs`, except that the caller passes the pairs. The initial inverse Hessian is
    scaled by the newest pair; without any pair the result is the gradient, shortened to a length of at most 1. The
    transformation's update takes, besides a gradient, these keyword arguments:

        move: the step s from the previous point to this one.
        change: the change y of the gradient over that step.
        good: whether to store the pair (s, y). A pair with s'y <= 0 would make the matrix indefinite.

    Args:
        size: the number of pairs stored.
    """

    def init(params: Image) -> History:
        return History(
            recorded=jnp.zeros((), jnp.int32),
            pairs=jnp.zeros((2 * size, params.size), params.dtype),
            products=jnp.zeros((2 * size, 2 * size), params.dtype),
        )

    def update(
        updates: Image,
        state: History,
        params: Image | None = None,
        *,
        move: Image,
        change: Image,
        good: Bool[Array, ""],
    ) -> tuple[Image, History]:
        del params
        gradient = updates.ravel()
        newest = jnp.where(good, state.recorded, state.recorded - 1) % size
        slots = jnp.stack([newest, newest + size])
        # If there is nothing to record, rewrite the newest pair: a select over all pairs would copy them.
        pair = jnp.where(good, jnp.stack([move.ravel(), change.ravel()]), state.pairs[slots])
        pairs = state.pairs.at[slots].set(pair)
        # XLA's matrix product for CPUs is twelve times faster in this order of the factors than in the other.
        products = jnp.matmul(pairs, jnp.vstack([pair, gradient]).T, precision=EXACT)
        pair_products = state.products.at[:, slots].set(products[:, :2]).at[slots].set(products[:, :2].T)
        recorded = state.recorded + good.astype(state.recorded.dtype)

        gradient_coefficient, pair_coefficients = _coefficients(
            recorded, pair_products, products[:, 2], jnp.vdot(gradient, gradient)
        )
        # The row is duplicated: under vmap, XLA's product for CPUs uses one thread for a single row, but all for two.
        combined, _ = jnp.matmul(jnp.stack([pair_coefficients, pair_coefficients]), pairs, precision=EXACT)
        scaled = gradient_coefficient * gradient + combined
        return scaled.reshape(updates.shape), History(recorded, pairs, pair_products)

    # Imported when an optimization begins, as in `adam`.
    import optax

    return optax.GradientTransformationExtraArgs(init, update)


def reset_history(history: History) -> History:
    """Empty the history by resetting its count, which avoids a copy of the large buffer."""
    return history._replace(recorded=jnp.zeros_like(history.recorded))


def _coefficients(
    recorded: Int[Array, ""],
    pair_products: Float[Array, "pairs pairs"],
    gradient_products: Float[Array, " pairs"],
    squared_norm: Float[Array, ""],
) -> tuple[Float[Array, ""], Float[Array, " pairs"]]:
    """Compute the coefficients of the gradient and of the pairs in the direction.

    Args:
        recorded: the number of pairs recorded so far.
        pair_products: the inner products of the rows of `History.pairs` with each other, (2 * size, 2 * size).
        gradient_products: the inner products of these rows with the gradient, (2 * size,).
        squared_norm: the squared norm of the gradient.

    Returns:
        The coefficient of the gradient, and those of the rows, (2 * size,).
    """
    size = gradient_products.size // 2
    oldest_first = (recorded + jnp.arange(size)) % size
    present = jnp.arange(size) >= size - recorded
    order = jnp.concatenate([oldest_first, oldest_first + size])
    valid = jnp.tile(present, 2)
    ordered = jnp.where(jnp.outer(valid, valid), pair_products[order][:, order], 0)
    moves_changes, changes_changes = ordered[:size, size:], ordered[size:, size:]
    moves_gradient, changes_gradient = jnp.split(jnp.where(valid, gradient_products[order], 0), 2)

    curvatures = jnp.diag(moves_changes)
    upper = jnp.triu(moves_changes) + jnp.diag(jnp.where(present, 0, 1).astype(moves_changes.dtype))
    # Each branch has finite values where the other one is chosen, for those who look for NaN with `jax_debug_nans`.
    newest = jnp.where(recorded > 0, changes_changes[-1, -1], 1)
    length = jnp.where(squared_norm > 0, squared_norm, 1)
    scale = jnp.where(recorded > 0, curvatures[-1] / newest, jnp.minimum(1, length**-0.5))
    inner = jax.scipy.linalg.solve_triangular(upper, moves_gradient)
    outer = curvatures * inner + scale * (jnp.matmul(changes_changes, inner, precision=EXACT) - changes_gradient)
    coefficients = jnp.concatenate([jax.scipy.linalg.solve_triangular(upper, outer, trans=1), -scale * inner])
    return scale, jnp.zeros_like(gradient_products).at[order].set(coefficients)
