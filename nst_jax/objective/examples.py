"""A function of one image, applied to all images of a batch."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def map_examples(function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """Apply `jax.vmap`, but leave out the batch axis inside if there is a single example.

    Most runs have one image, and jax traces and compiles the evaluation of one in three quarters of the time without
    vmap. Meant for use inside of a compiled program: outside, each change of an axis would be a program of its own.

    Args:
        function: a function of one example.
        in_axes: for each argument, a pytree prefix of 0 (a leading batch axis) and None (the same for all examples).
        out_axes: the same for the result.
    """

    def apply(*arguments: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(arguments)
        counts: list[int] = []
        _where_batched(lambda leaf: counts.append(len(leaf)), axes, arguments)
        if any(count != 1 for count in counts):
            return jax.vmap(function, in_axes, out_axes)(*arguments)
        result = function(*_where_batched(lambda leaf: jnp.squeeze(leaf, 0), axes, arguments))
        return _where_batched(lambda leaf: jnp.expand_dims(leaf, 0), out_axes, result)

    return apply


def _where_batched(change: Callable[[Any], Any], axes: Any, tree: Any) -> Any:
    """Change the leaves that have a batch axis, as told by a prefix of the tree; the others stay."""
    return jax.tree.map(
        lambda axis, part: part if axis is None else jax.tree.map(change, part),
        axes,
        tree,
        is_leaf=lambda node: node is None,
    )
