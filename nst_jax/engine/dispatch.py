"""Keeps the device busy: the next chunk of steps is on its way before the last one is looked at."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from nst_jax.engine.batched import CHUNK_LIMIT, Chunk
from nst_jax.objective.objective import Terms
from nst_jax.optimizers.base import RUNNING, STALLED, State

# A chunk is as many steps as take about this long: short enough for a live display and a prompt Ctrl-C.
CHUNK_SECONDS = 0.5


@runtime_checkable
class Advance(Protocol):
    """Runs steps without waiting for them, as `batched.run_chunk` does with its other arguments given."""

    def __call__(self, state: State, count: int, *, first: int) -> Chunk:
        """Runs `count` steps from a state that has `first` steps of this scale behind it; `state` is donated."""


class Snapshot(NamedTuple):
    """A run after a chunk of steps, on the host.

    Attributes:
        images: the image of each example so far, (batch, height, width, 3) float32, on the device.
        terms: the weighted terms after each step of the chunk, (lanes, steps of the chunk) each.
        steps: steps done since the start.
        statuses: of each lane, (lanes,): `optimize.RUNNING`, or why it ended.
        ended: whether there is nothing more to do.
        final: the state of all lanes, on the device, after the last step.
        state: the same after this one, if it was asked for.
    """

    images: jax.Array
    terms: Terms
    steps: int
    statuses: Int[np.ndarray, " lanes"]
    ended: bool
    final: State | None
    state: State | None


class _Pending(NamedTuple):
    """A chunk on its way on the device."""

    images: jax.Array
    statuses: jax.Array
    record: Terms
    ticks: int
    state: State | None


def run_chunks(
    state: State,
    advance: Advance,
    show: Callable[[State], jax.Array],
    steps: int,
    every: int | None,
    begun: int = 0,
    done: int = 0,
    keep: Callable[[], bool] = lambda: False,
    is_last: bool = True,
) -> Iterator[Snapshot]:
    """Runs `steps` steps, or fewer if all lanes end by themselves, and yields after each chunk.

    Args:
        state: the start of all lanes; donated.
        advance: runs so many steps from a state that has so many behind it at this size, without waiting:
            `lanes.run_chunk` with the rest filled in.
        show: the pictures of a state, in buffers of their own.
        steps: how many steps at most.
        every: chunks end where the steps, with those begun with, are a multiple of this, if it is given.
        begun: steps done before, at other sizes; not counted among `steps` and those of the snapshots.
        done: steps that the state has behind it at this size, fewer than `steps`; counted.
        keep: asked at each chunk whether its snapshot is to hold the state as well, which may be large.
        is_last: whether this is the last phase at this scale; before it, STALLED examples are reported as RUNNING.
    """
    dispatched, seen, count = done, done, 1
    pending: list[_Pending] = []
    clock = time.perf_counter()
    ended = False
    while not ended and seen < steps:
        while dispatched < steps and len(pending) < 2:
            count = min(count, steps - dispatched, every - (begun + dispatched) % every if every else steps)
            chunk = advance(state, count, first=dispatched)
            state = chunk.state
            # Copies, because the next chunk takes the state's buffers over.
            kept = jax.tree.map(jnp.array, state) if keep() else None
            pending.append(_Pending(show(state), jnp.array(state.status), chunk.record, count, kept))
            dispatched += count
        oldest = pending.pop(0)
        statuses = np.array(oldest.statuses)  # waits for the device
        now = time.perf_counter()
        count, clock = _next_count(oldest.ticks, now - clock), now
        seen += oldest.ticks
        if not is_last:
            statuses[statuses == STALLED] = RUNNING
        last = seen == steps
        ended = (last and is_last) or bool((statuses != RUNNING).all())
        final = state if last or ended else None
        yield Snapshot(oldest.images, _recorded(oldest), seen, statuses, ended, final, oldest.state)


def _recorded(chunk: _Pending) -> Terms:
    return jax.tree.map(lambda values: np.array(values)[:, : chunk.ticks], chunk.record)


def _next_count(count: int, seconds: float) -> int:
    """How many steps take about CHUNK_SECONDS, growing no faster than fourfold, since the first chunk compiles."""
    fitting = int(count * CHUNK_SECONDS / max(seconds, 1e-6))
    return max(1, min(fitting, 4 * count, CHUNK_LIMIT))
