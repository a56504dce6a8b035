"""Maps divided into squares of positions, and put together again."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def reduced(x: Float[Array, "height width channels"], side: int) -> Float[Array, "_ _ channels"]:
    """Average squares of `side` x `side` positions; odd edges are cropped."""
    return blocks(x, side).mean((2, 3))


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
