"""Total variation of images: differences between neighboring pixels."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Scalar
from nst_jax.losses.shapes import BATCH_HINT
from nst_jax.recipes.types import TotalVariationNorm


def total_variation(image: Float[Array, "height width channels"], norm: TotalVariationNorm = "l2") -> Scalar:
    """Compute the total variation: differences between neighboring pixels, averaged unless `norm` says otherwise.

    Args:
        image: (height, width, 3), any range.
        norm: "l1": absolute differences (anisotropic, Rudin, Osher & Fatemi 1992); "l2": squared differences
            (Mahendran & Vedaldi 2015, arXiv:1412.0035, eq. 5 with beta = 2); "l2-nine-point": squared differences
            including diagonal neighbors (crowsonkb/style-transfer-pytorch); "l2-half-sum": half the sum (not the mean)
            of squared differences over pixels that have both a lower and a right neighbor (jcjohnson/neural-style).

    Returns:
        A scalar of the image's dtype. With "l1" and "l2" it is the mean over pairs of vertical neighbors plus the mean
        over pairs of horizontal neighbors; a direction in which the image is one pixel long contributes 0.

    Raises:
        ValueError: if the image has another number of axes.
    """
    if jnp.ndim(image) != 3:
        raise ValueError(f"An image has the shape (height, width, channels), not {jnp.shape(image)}. {BATCH_HINT}")
    if norm == "l2-nine-point":
        return _nine_point_variation(image)
    if norm == "l2-half-sum":
        corner = image[:-1, :-1]
        return (jnp.sum((corner - image[1:, :-1]) ** 2) + jnp.sum((corner - image[:-1, 1:]) ** 2)) / 2
    magnitude = {"l1": jnp.abs, "l2": jnp.square}[norm]
    differences = (image[1:] - image[:-1], image[:, 1:] - image[:, :-1])
    total = jnp.zeros((), image.dtype)
    for difference in differences:
        if difference.size:
            total += jnp.mean(magnitude(difference))
    return total


def _nine_point_variation(image: Float[Array, "height width channels"]) -> Scalar:
    """Compute mean squared differences along the axes, weighted 2/3 each, and the diagonals, weighted 1/6 each.

    The image is padded with its edge pixels.
    """
    x = jnp.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
    right = jnp.mean((x[1:-1, 2:] - x[1:-1, 1:-1]) ** 2)
    below = jnp.mean((x[2:, 1:-1] - x[1:-1, 1:-1]) ** 2)
    falling = jnp.mean((x[1:, 1:] - x[:-1, :-1]) ** 2)
    rising = jnp.mean((x[1:, :-1] - x[:-1, 1:]) ** 2)
    return 2 * ((right + below) / 3 + (falling + rising) / 12)
