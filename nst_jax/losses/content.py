"""The content loss and the array types shared by all losses."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.shapes import check_features, check_same

Features = Float[Array, "height width channels"]
Scalar = Float[Array, ""]


def content_loss(features: Features, target: Features) -> Scalar:
    """Compute the mean squared difference of two feature maps of one layer.

    Eq. 1 of Gatys et al. 2015 (arXiv:1508.06576) is half the sum of squares instead of the mean: N M / 2 times this
    value, for N channels and M = height * width positions.

    Args:
        features: of the image that is optimized (F in eq. 1), (height, width, channels).
        target: of the content image (P in eq. 1), of the same shape.

    Raises:
        ValueError: if the shapes differ or are other ones.
    """
    check_features(features)
    check_same("Features", features, target)
    return jnp.mean((features - target) ** 2)
