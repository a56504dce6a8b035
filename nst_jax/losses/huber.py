"""Huber's loss, which limits the gradient of large distances."""

import jax.numpy as jnp

from nst_jax.losses.content import Scalar


def huber(squared: Scalar, curvature: Scalar) -> Scalar:
    """Compute Huber's loss of a distance d from d^2: d^2 for d up to a threshold t, else 2 t d - t^2 (Huber 1964).

    The derivative with respect to d is continuous; beyond the threshold it is constant instead of growing with d.

    Args:
        squared: d^2, 0 or more; here a weighted style loss.
        curvature: 1 / t^2; with 0 the loss is d^2 everywhere.

    >>> float(huber(jnp.array(4.0), jnp.array(1.0)))  # d = 2 and t = 1
    3.0
    """
    # Computed as d^2 times a factor, because the factor and its derivative are finite for every curvature.
    ratio = jnp.maximum(squared * curvature, 1)
    return squared * (2 * jnp.sqrt(ratio) - 1) / ratio
