"""The content loss and the array types shared by all losses."""

import jax.numpy as jnp
from jaxtyping import Array, Float

Features = Float[Array, "height width channels"]
Scalar = Float[Array, ""]


def content_loss(features: Features, target: Features) -> Scalar:
    """Compute the mean squared difference of two feature maps, mean((F - P)^2).

    Eq. 1 of Gatys et al. 2015 is half the sum instead: N M / 2 times this value.
    """
    return jnp.mean((features - target) ** 2)
