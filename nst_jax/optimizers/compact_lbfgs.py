"""The direction of L-BFGS as an optax transformation without loops: two products with all pairs at once.

Byrd, Nocedal & Schnabel 1994, "Representations of Quasi-Newton Matrices", equation 3.1: what Nocedal & Wright's two
loops (2006, algorithm 7.4) compute one pair after the other is a linear combination of the gradient and the remembered
pairs, whose coefficients follow from their inner products. `optax.scale_by_lbfgs` is the two loops; each turn reads one
image on one thread. Here all pairs are read twice, by matrix products.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from nst_jax.optimizers.base import Image

EXACT = jax.lax.Precision.HIGHEST


class History(NamedTuple):
    """What is remembered of the way.

    Attributes:
        recorded: how many pairs were, ever; the newest is at (recorded - 1) % size.
        pairs: (2 * size, pixels): the moves s and, below them, the changes of the gradient y.
        products: (2 * size, 2 * size): the inner products of each with each.
    """

    recorded: Int[Array, ""]
    pairs: Float[Array, "pairs pixels"]
    products: Float[Array, "pairs pairs"]


def scale_by_compact_lbfgs(size: int) -> optax.GradientTransformationExtraArgs:
    """The product of L-BFGS' inverse Hessian and a gradient: `optax.scale_by_lbfgs`, with the pairs given from outside.

    The initial inverse Hessian is scaled by the newest pair; without one, a step is the gradient, of length 1 at most.
    The transformation's update takes, besides a gradient, these keywords:

        move: from the point before to this one, s.
        change: of the gradient, y.
        good: whether the pair (s, y) is to be remembered. One with s'y <= 0 would make the matrix indefinite.

    Args:
        size: how many pairs are kept.
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
        # Where nothing is to be recorded the newest pair is, over again: a select of all pairs would copy them.
        pair = jnp.where(good, jnp.stack([move.ravel(), change.ravel()]), state.pairs[slots])
        pairs = state.pairs.at[slots].set(pair)
        # In this order of factors XLA's product for CPUs is twelve times faster than in the other.
        products = jnp.matmul(pairs, jnp.vstack([pair, gradient]).T, precision=EXACT)
        among = state.products.at[:, slots].set(products[:, :2]).at[slots].set(products[:, :2].T)
        recorded = state.recorded + good

        of_gradient, of_pairs = _coefficients(recorded, among, products[:, 2], jnp.vdot(gradient, gradient))
        # Twice: under vmap XLA's product of a single row runs on one thread of a CPU, and that of two rows on all.
        combined, _ = jnp.matmul(jnp.stack([of_pairs, of_pairs]), pairs, precision=EXACT)
        scaled = of_gradient * gradient + combined
        return scaled.reshape(updates.shape), History(recorded, pairs, among)

    return optax.GradientTransformationExtraArgs(init, update)


def reset_history(history: History) -> History:
    """An empty history; what was recorded no longer counts, so the large buffer stays where it is."""
    return history._replace(recorded=jnp.zeros_like(history.recorded))


def _coefficients(
    recorded: Int[Array, ""],
    among: Float[Array, "pairs pairs"],
    with_gradient: Float[Array, " pairs"],
    squared_norm: Float[Array, ""],
) -> tuple[Float[Array, ""], Float[Array, " pairs"]]:
    """What the gradient and the pairs are multiplied with, by the inner products among them."""
    size = with_gradient.size // 2
    oldest_first = (recorded + jnp.arange(size)) % size
    present = jnp.arange(size) >= size - recorded
    order = jnp.concatenate([oldest_first, oldest_first + size])
    known = jnp.tile(present, 2)
    ordered = jnp.where(jnp.outer(known, known), among[order][:, order], 0)
    moves_changes, changes_changes = ordered[:size, size:], ordered[size:, size:]
    along_moves, along_changes = jnp.split(jnp.where(known, with_gradient[order], 0), 2)

    curvatures = jnp.diag(moves_changes)
    upper = jnp.triu(moves_changes) + jnp.diag(jnp.where(present, 0, 1).astype(moves_changes.dtype))
    scale = jnp.where(recorded > 0, curvatures[-1] / changes_changes[-1, -1], jnp.minimum(1, squared_norm**-0.5))
    inner = jax.scipy.linalg.solve_triangular(upper, along_moves)
    outer = curvatures * inner + scale * (jnp.matmul(changes_changes, inner, precision=EXACT) - along_changes)
    coefficients = jnp.concatenate([jax.scipy.linalg.solve_triangular(upper, outer, trans=1), -scale * inner])
    return scale, jnp.zeros_like(with_gradient).at[order].set(coefficients)
