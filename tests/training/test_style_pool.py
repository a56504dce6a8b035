"""The pool of styles of the fast network's training."""

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.training.style_pool import StylePool


def style(value: float):
    """Return what stands for a style: any pytree of arrays."""
    return {"number": jnp.asarray(value), "row": jnp.arange(3) + int(value)}


def test_the_latest_styles_are_kept_and_drawn_from_what_was_added():
    pool = StylePool(4)
    positions = np.array([[0.0, 0.49], [0.5, 0.999]])
    for added in range(1, 8):
        pool.add(style(float(added)))
        filled = min(added, 4)
        drawn = pool.indices(positions)
        assert drawn.dtype == np.int32
        np.testing.assert_array_equal(drawn, np.floor(positions * filled))
        kept = jax.tree.map(np.asarray, pool.styles)
        assert set(kept["number"][:filled].tolist()) == set(range(max(1, added - 3), added + 1))
        np.testing.assert_array_equal(kept["row"][:filled], kept["number"][:filled, None] + np.arange(3))
    assert set(pool.indices(np.linspace(0, 1, 1000, endpoint=False)).tolist()) == {0, 1, 2, 3}
