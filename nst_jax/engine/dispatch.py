"""Asynchronous dispatch: the next chunk of steps is queued before the host waits for the previous one."""

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

# The intended duration of a chunk of steps: short enough for a live display and a prompt reaction to Ctrl-C.
CHUNK_SECONDS = 0.5


@runtime_checkable
class Advance(Protocol):
    """A function that dispatches steps without waiting for them.

    It is `batched.run_chunk` with the network, targets, objective, optimizer and mesh bound by `functools.partial`, so
    that only the state and the steps to take are left as arguments.
    """

    def __call__(self, state: State, count: int, *, first: int) -> Chunk:
        """Dispatch `count` steps.

        Args:
            state: the state of all examples before these steps; donated: do not use it again.
            count: the number of steps, at most `batched.CHUNK_LIMIT`.
            first: the number of steps done before at this scale.

        Returns:
            The state after the steps and the loss terms of each step, as arrays that the device may still compute.
        """


class Snapshot(NamedTuple):
    """A run after a chunk of steps; arrays are on the host unless noted otherwise.

    Attributes:
        images: the image of each example so far, (batch, height, width, 3) float32, on the device.
        terms: the weighted loss terms after each step of the chunk, each (batch, steps of the chunk).
        steps: the number of steps done at this scale.
        statuses: the status of each example, (batch,): `optimizers.base.RUNNING`, or the reason why it ended.
        ended: whether the scale is finished.
        final: the state of all examples after the last step, on the device; None before the end of a phase.
        state: the state of all examples after this chunk, on the device, if a checkpoint is due; else None. With
            `ahead=1` of `run_chunks`, it is valid until the next snapshot.
    """

    images: jax.Array
    terms: Terms
    steps: int
    statuses: Int[np.ndarray, " batch"]
    ended: bool
    final: State | None
    state: State | None


class _Pending(NamedTuple):
    """A dispatched chunk whose results the host has not read yet."""

    images: jax.Array
    statuses: jax.Array
    record: Terms
    steps: int
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
    ahead: int = 2,
) -> Iterator[Snapshot]:
    """Run the steps of one phase in chunks, until `steps` are done or every example has ended.

    Args:
        state: the initial state of all examples; donated.
        advance: dispatches a chunk of steps; see `Advance`.
        show: returns the images of a state, in new buffers.
        steps: the number of steps at this scale at which the phase ends.
        every: if given, a chunk ends wherever the steps of the whole run (`begun` plus those at this scale) are a
            multiple of this number.
        begun: the number of steps done at earlier scales, not counted in `steps` or in snapshots.
        done: the number of steps already done at this scale, fewer than `steps`; counted in `steps` and in snapshots.
        keep: called for each chunk; returns whether its snapshot shall contain the state, which may be large.
        is_last: whether this is the last phase at this scale; before it, STALLED examples are reported as RUNNING.
        ahead: the number of chunks that may be dispatched before the first of them is reported.

    Yields:
        A snapshot after each chunk.
    """
    dispatched, finished, count = done, done, 1
    pending: list[_Pending] = []
    clock = time.perf_counter()
    ended = False
    while not ended and finished < steps:
        while dispatched < steps and len(pending) < ahead:
            count = min(count, steps - dispatched, every - (begun + dispatched) % every if every else steps)
            chunk = advance(state, count, first=dispatched)
            state = chunk.state
            kept = None
            if keep():
                # The next chunk reuses the buffers of the donated state. Unless that waits, they are copied.
                kept = state if ahead == 1 else jax.tree.map(jnp.array, state)
            pending.append(_Pending(show(state), jnp.array(state.status), chunk.record, count, kept))
            dispatched += count
        oldest = pending.pop(0)
        statuses = np.array(oldest.statuses)  # waits until the device has finished the chunk
        now = time.perf_counter()
        count, clock = _next_count(oldest.steps, now - clock), now
        finished += oldest.steps
        if not is_last:
            statuses[statuses == STALLED] = RUNNING
        last = finished == steps
        ended = (last and is_last) or bool((statuses != RUNNING).all())
        final = state if last or ended else None
        yield Snapshot(oldest.images, _recorded_terms(oldest), finished, statuses, ended, final, oldest.state)


def _recorded_terms(chunk: _Pending) -> Terms:
    """Return the terms on the host; those of an image of which no evaluation was finite are NaN."""

    def on_host(values: jax.Array) -> np.ndarray:
        done = np.asarray(values)[:, : chunk.steps]
        return np.where(np.isinf(done), np.float32(np.nan), done)

    return jax.tree.map(on_host, chunk.record)


def _next_count(count: int, seconds: float) -> int:
    """Return the size of the next chunk so that it takes about CHUNK_SECONDS.

    It grows at most fourfold at a time, because the time of the first chunk includes compilation.
    """
    fitting = int(count * CHUNK_SECONDS / max(seconds, 1e-6))
    return max(1, min(fitting, 4 * count, CHUNK_LIMIT))
