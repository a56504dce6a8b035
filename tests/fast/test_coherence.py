"""Matches that continue those of their neighbors."""

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.fast import coherence
from nst_jax.fast.coherence import AGREEMENT, DIRECTIONS, ROUNDS
from tests.losses.feature_maps import seeds

# Positions of the style and of the content.
STYLE, CONTENT = (6, 7), (9, 11)
ALL = np.arange(STYLE[0] * STYLE[1])
coherent = jax.jit(coherence.coherent)
neighbors_of = jax.jit(coherence.neighbors_of, static_argnums=(1, 2))


def drawn(seed: int, scale: float = 1.0):
    """Draw a start, queries, and keys of nearly the length 1."""
    generator = np.random.default_rng(seed)
    queries = np.float32(generator.normal(size=(*CONTENT, 5)) * scale / 5**0.5)
    keys = np.float32(generator.normal(size=(len(ALL), 5)) * scale / 5**0.5)
    start = np.square(queries[:, :, None] - keys).sum(-1).argmin(-1)
    return start, queries, keys


def agreements(chosen, neighbors) -> int:
    """Count the pairs of neighboring positions whose samples are neighbors in the same direction."""
    chosen = np.asarray(chosen)
    right = neighbors[chosen[:, :-1], DIRECTIONS.index((0, 1))] == chosen[:, 1:]
    down = neighbors[chosen[:-1], DIRECTIONS.index((1, 0))] == chosen[1:]
    return int(right.sum() + down.sum())


def test_the_neighbors_of_all_positions_are_those_beside_them():
    found = np.asarray(neighbors_of(ALL, *STYLE)).reshape(*STYLE, 4)
    for row, column in np.ndindex(STYLE):
        for index, (down, right) in enumerate(DIRECTIONS):
            y, x = row + down, column + right
            inside = 0 <= y < STYLE[0] and 0 <= x < STYLE[1]
            assert found[row, column, index] == (y * STYLE[1] + x if inside else -1)


@hypothesis.given(seeds, st.integers(1, 60))
def test_neighbors_among_some_positions_in_any_order_and_repeated(seed, count):
    chosen = np.random.default_rng(seed).integers(len(ALL), size=count)
    found = np.asarray(neighbors_of(jnp.asarray(chosen), *STYLE))
    for place, beside in zip(chosen, found, strict=True):
        for (down, right), sample in zip(DIRECTIONS, beside, strict=True):
            y, x = place // STYLE[1] + down, place % STYLE[1] + right
            inside = 0 <= y < STYLE[0] and 0 <= x < STYLE[1]
            wanted = y * STYLE[1] + x if inside else -1
            assert chosen[sample] == wanted if sample >= 0 else wanted not in chosen


@hypothesis.given(seeds, st.floats(0.1, 1))
def test_the_cost_does_not_rise(seed, scale):
    """The squared distances, less AGREEMENT for each of both positions of a pair that goes together."""
    start, queries, keys = drawn(seed, scale)
    neighbors = np.asarray(neighbors_of(ALL, *STYLE))
    made = np.asarray(coherent(start, queries, keys, neighbors))

    def cost(chosen) -> float:
        return np.square(queries - keys[chosen]).sum() - AGREEMENT * agreeing(chosen)

    agreeing = lambda chosen: agreements(chosen, neighbors)  # noqa: E731
    assert cost(made) <= cost(start) + 1e-4
    assert agreeing(made) >= agreeing(start)


def test_an_even_area_gets_a_piece_of_the_style_and_not_one_sample():
    """All positions and samples are alike, but one that is a little nearer, which is the nearest everywhere."""
    keys = np.ones((len(ALL), 3), np.float32)
    keys[20] *= 0.99
    queries = np.full((*CONTENT, 3), 0.98, np.float32)
    start = np.full(CONTENT, 20)
    neighbors = np.asarray(neighbors_of(ALL, *STYLE))
    made = np.asarray(coherent(start, queries, keys, neighbors))
    assert len(np.unique(made)) >= 5
    assert agreements(start, neighbors) == 0
    assert agreements(made, neighbors) > made.size / 2


def test_positions_that_differ_much_keep_their_sample():
    start, queries, keys = drawn(3, 20.0)
    np.testing.assert_array_equal(coherent(start, queries, keys, np.asarray(neighbors_of(ALL, *STYLE))), start)


def test_a_piece_of_the_style_stays_as_it_is():
    _, _, keys = drawn(4)
    piece = ALL.reshape(STYLE)[1:5, 2:6]
    made = coherent(piece, keys[piece], keys, np.asarray(neighbors_of(ALL, *STYLE)))
    np.testing.assert_array_equal(made, piece)


@hypothesis.given(seeds)
def test_a_position_depends_on_others_up_to_two_steps_for_each_round(seed):
    start, queries, keys = drawn(seed, 0.2)
    neighbors = np.asarray(neighbors_of(ALL, *STYLE))
    changed = start.copy()
    changed[4, 5] = (start[4, 5] + 1 + seed % 40) % len(ALL)
    different = np.asarray(coherent(start, queries, keys, neighbors)) != coherent(changed, queries, keys, neighbors)
    rows, columns = np.nonzero(np.asarray(different))
    assert (np.abs(rows - 4) + np.abs(columns - 5)).max(initial=0) <= 2 * ROUNDS


def test_without_neighbors_nothing_changes():
    start, queries, keys = drawn(5)
    alone = np.full((len(ALL), 4), -1)
    np.testing.assert_array_equal(coherent(start, queries, keys, alone), start)
