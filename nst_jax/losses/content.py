"""The content loss, and the array types that all losses share."""

import jax.numpy as jnp
from jaxtyping import Array, Float

Features = Float[Array, "height width channels"]


Scalar = Float[Array, ""]


def content_loss(features: Features, target: Features) -> Scalar:
    """Mean squared difference of two feature maps: mean((F - P)^2).

    Gatys et al. 2015, eq. 1, is the sum instead, halved: N M / 2 times this value.
    """
    return jnp.mean((features - target) ** 2)
