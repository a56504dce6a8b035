"""The direction of L-BFGS from `optax.lbfgs`, with pairs remembered that are given, and only the good ones.

Nocedal & Wright 2006, algorithm 7.4, with the initial preconditioner scaled by the newest pair.
"""

from typing import Any

import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Int

from nst_jax.objective import Picture
from nst_jax.optimize import select


def empty_history(picture: Picture, size: int) -> optax.OptState:
    """No pairs yet, with room for `size` of them."""
    return _transform(size).init(picture)


def pairs_of(history: optax.OptState) -> Any:
    """Optax's account: `count`, `updates` (the last gradient) and the pairs."""
    return history[0]


def is_empty(history: optax.OptState) -> Bool[Array, ""]:
    """Whether no gradient was seen yet."""
    count: Int[Array, ""] = pairs_of(history).count
    return count == 0


def direction(
    gradient: Picture, history: optax.OptState, move: Picture, change: Picture, good: Bool[Array, ""], size: int
) -> tuple[Picture, optax.OptState]:
    """Where to go from here.

    A pair with s'y <= 0 would make the preconditioner indefinite. Optax always records a pair, and to select between
    the memories before and after would copy twenty pictures. So, where nothing is to be recorded, it is led to record
    the newest good pair over again.

    Args:
        gradient: here.
        history: from `empty_history`, or as this function returned it.
        move: from the point before to this one, s.
        change: of the gradient, y.
        good: whether the pair (s, y) is to be remembered; without meaning for the first gradient.
        size: how many pairs are kept.

    Returns:
        The step downhill, at the first gradient along it and of length 1 at most, and the history.
    """
    pairs, *rest = history
    newest = (pairs.count - 2) % size
    last = pairs.diff_params_memory[newest], pairs.diff_updates_memory[newest], pairs.count - 1
    move, change, count = select(good | (pairs.count == 0), (move, change, pairs.count), last)
    # Optax forms the pair from what it remembers and what it is given.
    pairs = pairs._replace(count=count, params=jnp.zeros_like(move), updates=gradient - change)
    return _transform(size).update(gradient, (pairs, *rest), move)


def forgotten(history: optax.OptState) -> optax.OptState:
    """An empty history; pairs without weight count for nothing, so the large buffers stay where they are."""
    pairs, *rest = history
    empty = pairs._replace(count=jnp.zeros_like(pairs.count), weights_memory=jnp.zeros_like(pairs.weights_memory))
    return (empty, *rest)


def _transform(size: int) -> optax.GradientTransformationExtraArgs:
    return optax.lbfgs(memory_size=size, linesearch=None)
