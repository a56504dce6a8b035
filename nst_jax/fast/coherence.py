"""Coherent matches: neighboring positions of the content take over neighboring samples of the style.

Where the content is even, the same sample is the nearest one to all positions, and it would be repeated with the period
of the positions, as rows of one stroke. So a position prefers a sample that lies beside the sample of its neighbor, as
in Ashikhmin 2001 ("Synthesizing natural textures") and in Hertzmann et al. 2001 ("Image analogies"): pieces of the
style that are larger than one position are taken over as they are.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# Rows and columns to the neighbors; two that follow each other are opposite.
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))
# How often each position chooses among its neighbors' continuations. In a round, the positions of one color of a
# checkerboard choose first, then the others, so that no two neighbors exchange their choices.
ROUNDS = 2
# How much further a sample may be, in squared distance of keys of length 1, for each neighbor that it continues.
# With 0.15, pieces of a wrong color showed in even skies; with 0, rows of one stroke.
AGREEMENT = 0.06


def neighbors_of(chosen: Int[Array, " samples"], height: int, width: int) -> Int[Array, "samples 4"]:
    """Find the sample beside each sample in each of DIRECTIONS.

    Args:
        chosen: the position of each sample in the style, as an index into its rows one after the other.
        height: positions of the style along a column.
        width: positions along a row.

    Returns:
        Indices of samples; -1 where the picture ends, or where the position is not among the samples.
    """
    of_position = jnp.full(height * width, -1).at[chosen].set(jnp.arange(len(chosen)))
    row, column = chosen // width, chosen % width
    found = []
    for down, right in DIRECTIONS:
        y, x = row + down, column + right
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        found.append(jnp.where(inside, of_position[jnp.where(inside, y * width + x, 0)], -1))
    return jnp.stack(found, 1)


def coherent(
    start: Int[Array, "h w"],
    queries: Float[Array, "h w numbers"],
    keys: Float[Array, "samples numbers"],
    neighbors: Int[Array, "samples 4"],
) -> Int[Array, "h w"]:
    """Let positions change to samples that continue those of their neighbors, where these are nearly as near.

    A position of the result depends on the positions of `start` up to 2 * ROUNDS away.

    Args:
        start: the sample of each position.
        queries: the key of each position.
        keys: of the samples.
        neighbors: from `neighbors_of`.
    """
    height, width = start.shape
    lengths = jnp.sum(keys**2, 1)
    board = (jnp.arange(height)[:, None] + jnp.arange(width)[None]) % 2

    def cost(samples: Int[Array, "h w"], continued: list[Int[Array, "h w"]]) -> Float[Array, "h w"]:
        # The square of the distance, less that of the query, which is the same for all samples.
        used = jnp.maximum(samples, 0)
        distance = lengths[used] - 2 * jnp.sum(queries * keys[used], -1)
        agreeing = sum((samples == each).astype(jnp.float32) for each in continued)
        return jnp.where(samples >= 0, distance - AGREEMENT * agreeing, jnp.inf)

    chosen = start
    for half in range(2 * ROUNDS):
        continued = _continuations(chosen, neighbors)
        best, least = chosen, cost(chosen, continued)
        for each in continued:
            other = cost(each, continued)
            best, least = jnp.where(other < least, each, best), jnp.minimum(other, least)
        chosen = jnp.where(board == half % 2, best, chosen)
    return chosen


def _continuations(chosen: Int[Array, "h w"], neighbors: Int[Array, "samples 4"]) -> list[Int[Array, "h w"]]:
    """Return, for each of DIRECTIONS, the sample that continues that of the neighbor there; -1 where there is none."""
    height, width = chosen.shape
    padded = jnp.pad(chosen, 1, constant_values=-1)
    found = []
    for index, (down, right) in enumerate(DIRECTIONS):
        neighbor = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        # Back from the neighbor: the opposite direction.
        found.append(jnp.where(neighbor >= 0, neighbors[jnp.maximum(neighbor, 0), index ^ 1], -1))
    return found
