"""Huber's loss."""

import jax.numpy as jnp

from nst_jax.losses.content import Scalar


def huber(squared: Scalar, curvature: Scalar) -> Scalar:
    """Huber's loss of a distance d, given its square: d^2 up to a threshold t, and 2 t d - t^2 beyond (Huber 1964).

    So what is far off pulls with a bounded force, in place of one that grows with the distance. Its derivative by d is
    continuous.

    Args:
        squared: d^2, 0 or more.
        curvature: 1 / t^2; 0 gives d^2 throughout.
    """
    # As a factor, which is finite for every curvature, as its derivative is.
    ratio = jnp.maximum(squared * curvature, 1)
    return squared * (2 * jnp.sqrt(ratio) - 1) / ratio
