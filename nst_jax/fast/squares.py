"""Maps divided into squares of positions, and put together again."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def reduced(image: Float[Array, "height width channels"], side: int) -> Float[Array, "_ _ channels"]:
    """Average squares of `side` x `side` pixels; odd edges are cropped."""
    return blocks(image, side).mean((2, 3))


def blocks(x: Float[Array, "height width channels"], side: int) -> Float[Array, "h w side side channels"]:
    """Divide a map into squares of `side` x `side` positions; odd edges are cropped."""
    height, width = x.shape[0] // side, x.shape[1] // side
    return x[: height * side, : width * side].reshape(height, side, width, side, -1).transpose(0, 2, 1, 3, 4)


def joined(squares: Float[Array, "h w side side channels"]) -> Float[Array, "_ _ channels"]:
    """Invert `blocks`."""
    height, width, side, _, channels = squares.shape
    return squares.transpose(0, 2, 1, 3, 4).reshape(height * side, width * side, channels)


def enlarged(x: Float[Array, "h w"], times: int) -> Float[Array, "_ _"]:
    """Repeat each position in a square of `times` x `times`."""
    return jnp.repeat(jnp.repeat(x, times, 0), times, 1)


def blurred(image: Float[Array, "height width channels"]) -> Float[Array, "height width channels"]:
    """Average each pixel with its neighbors, by the weights 1/4, 1/2, 1/4 along both axes; edges are repeated."""
    for axis in (0, 1):
        padded = jnp.pad(image, [(1, 1) if i == axis else (0, 0) for i in range(3)], mode="edge")
        before, after = (jax.lax.slice_in_dim(padded, i, i + image.shape[axis], axis=axis) for i in (0, 2))
        image = 0.25 * before + 0.5 * image + 0.25 * after
    return image
