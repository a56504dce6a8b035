"""The styles that a training of the fast network draws from, kept on the device."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nst_jax.training.fast_objective import Style


class StylePool:
    """The latest styles, of up to a fixed number, as one pytree of arrays with a leading axis.

    Args:
        capacity: the number of styles that are kept.
    """

    def __init__(self, capacity: int):
        self._capacity, self._added = capacity, 0
        self._styles: Style | None = None

    @property
    def styles(self) -> Style:
        """All styles; those past the number that was added are zeros."""
        assert self._styles is not None, "no style was added"
        return self._styles

    def add(self, style: Style) -> None:
        """Add a style, in place of the oldest if the pool is full."""
        if self._styles is None:
            self._styles = jax.tree.map(lambda each: jnp.zeros((self._capacity, *each.shape), each.dtype), style)
        self._styles = _put(self._styles, style, self._added % self._capacity)
        self._added += 1

    def indices(self, positions: Float[np.ndarray, "*axes"]) -> Int[np.ndarray, "*axes"]:
        """Return the indices of styles for positions given as fractions, in [0, 1), of the filled part of the pool."""
        return np.asarray(positions * min(self._added, self._capacity), np.int32)


@partial(jax.jit, donate_argnums=0)
def _put(styles: Style, style: Style, index: Int[Array, ""]) -> Style:
    return jax.tree.map(lambda all_, each: all_.at[index].set(each), styles, style)
