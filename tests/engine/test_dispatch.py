"""Dispatch: the device is never left waiting, and chunks end where they are asked to."""

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.engine.batched import CHUNK_LIMIT, Chunk
from nst_jax.engine.dispatch import run_chunks
from nst_jax.objective.objective import Terms
from nst_jax.optimizers.base import RUNNING, STALLED, State


class Device:
    """Counts steps instead of computing: the images after n steps are n everywhere. Each example stalls by itself."""

    def __init__(self, *stall_at: int):
        self.done, self.chunks, self.stall_at = 0, [], np.array(stall_at or [10**9])

    def state(self) -> State:
        number = jnp.full(self.stall_at.shape, float(self.done))
        status = jnp.where(self.done < self.stall_at, RUNNING, STALLED)
        image = jnp.full((*self.stall_at.shape, 2, 2, 3), float(self.done))
        return State(image, number, Terms(number, number, number), image, status, ())

    def advance(self, _: State, count: int, first: int) -> Chunk:
        assert first == self.done
        numbers = np.full((len(self.stall_at), CHUNK_LIMIT), np.nan, np.float32)
        numbers[:, :count] = np.arange(self.done + 1, self.done + count + 1)
        self.done += count
        self.chunks.append(count)
        return Chunk(self.state(), Terms(*[jnp.asarray(numbers)] * 3))


def shown(state: State) -> jnp.ndarray:
    return state.image


@pytest.mark.parametrize(("steps", "every"), [(1, None), (2, None), (50, None), (50, 7), (50, 1), (50, 1000)])
def test_all_steps_are_done_and_reported_in_order(steps, every):
    device = Device()
    seen = list(run_chunks(device.state(), device.advance, shown, steps, every))
    assert sum(device.chunks) == steps
    assert seen[-1].steps == steps
    assert [snapshot.images[0, 0, 0, 0] for snapshot in seen] == [snapshot.steps for snapshot in seen]
    np.testing.assert_array_equal(
        np.concatenate([snapshot.terms.style[0] for snapshot in seen]), np.arange(1, steps + 1)
    )
    assert [snapshot.ended for snapshot in seen] == [False] * (len(seen) - 1) + [True]
    if every:
        assert set(range(every, steps + 1, every)) <= {snapshot.steps for snapshot in seen}


def test_the_next_chunk_is_dispatched_before_a_snapshot_is_yielded():
    device = Device()
    for snapshot in run_chunks(device.state(), device.advance, shown, 30, None):
        assert device.done > snapshot.steps or snapshot.steps == 30


def test_a_run_whose_examples_have_all_ended_is_not_continued():
    device = Device(5, 3)
    seen = list(run_chunks(device.state(), device.advance, shown, 10_000, 1))
    assert [snapshot.steps for snapshot in seen] == [1, 2, 3, 4, 5]
    assert [list(snapshot.statuses) for snapshot in seen[1:]] == [
        [RUNNING, RUNNING], [RUNNING, STALLED], [RUNNING, STALLED], [STALLED, STALLED]
    ]  # fmt: skip
    assert [snapshot.ended for snapshot in seen] == [False] * 4 + [True]
    assert device.done <= 6


def test_steps_of_earlier_scales_count_for_where_chunks_end():
    device = Device()
    seen = list(run_chunks(device.state(), device.advance, shown, 30, 7, begun=5))
    assert {2, 9, 16, 23, 30} <= {snapshot.steps for snapshot in seen}


def test_chunks_grow_to_what_the_record_holds():
    device = Device()
    list(run_chunks(device.state(), device.advance, shown, 2000, None))
    assert device.chunks[:2] == [1, 1]
    assert max(device.chunks) == CHUNK_LIMIT


def test_an_example_that_stalls_before_the_last_phase_has_not_ended():
    device = Device(3, 5)
    seen = list(run_chunks(device.state(), device.advance, shown, 8, 1, is_last=False))
    assert [snapshot.steps for snapshot in seen] == list(range(1, 9))
    assert not any(snapshot.ended for snapshot in seen)
    assert all((snapshot.statuses == RUNNING).all() for snapshot in seen)
    assert [snapshot.final is None for snapshot in seen] == [True] * 7 + [False]
