"""Keeps the device busy: the next chunk of steps is on its way before the last one is looked at."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax import optimize
from nst_jax.images import RGB
from nst_jax.objective import Terms
from nst_jax.optimize import Chunk, State

# A chunk is as many steps as take about this long: short enough for a live display and a prompt Ctrl-C.
CHUNK_SECONDS = 0.5

ENDINGS = {
    optimize.RUNNING: "all steps done",
    optimize.CONVERGED: "converged: the gradient is zero",
    optimize.STALLED: "stalled: no step lowers the loss any more",
    optimize.DIVERGED: "diverged: the loss is not finite",
}


class Snapshot(NamedTuple):
    """A run after a chunk of steps, on the host.

    Attributes:
        picture: (height, width, 3) float32, the best so far.
        terms: the weighted terms after each step of the chunk, arrays of its length.
        steps: steps done since the start.
        ending: why the run ended; None while it goes on.
    """

    picture: RGB
    terms: Terms
    steps: int
    ending: str | None


class _Pending(NamedTuple):
    """A chunk on its way on the device."""

    picture: jax.Array
    status: jax.Array
    record: Terms
    ticks: int


def snapshots(
    state: State, advance: Callable[[State, int], Chunk], steps: int, every: int | None
) -> Iterator[Snapshot]:
    """Runs `steps` steps, or fewer if the run ends by itself, and yields after each chunk.

    Args:
        state: the start; donated.
        advance: runs so many steps from a state, without waiting: `optimize.run_chunk` with the rest filled in.
        steps: how many steps at most.
        every: chunks end at multiples of this, if it is given.
    """
    dispatched, seen, count = 0, 0, 1
    pending: list[_Pending] = []
    clock = time.perf_counter()
    while seen < steps:
        while dispatched < steps and len(pending) < 2:
            count = min(count, steps - dispatched, every - dispatched % every if every else steps)
            chunk = advance(state, count)
            state = chunk.state
            # Copies, because the next chunk takes the state's buffers over.
            pending.append(_Pending(jnp.array(state.picture), jnp.array(state.status), chunk.record, count))
            dispatched += count
        oldest = pending.pop(0)
        status = int(oldest.status)  # waits for the device
        now = time.perf_counter()
        count, clock = _next_count(oldest.ticks, now - clock), now
        seen += oldest.ticks
        ending = ENDINGS[status] if seen == steps or status != optimize.RUNNING else None
        yield Snapshot(np.array(oldest.picture), _recorded(oldest), seen, ending)
        if ending:
            return


def _recorded(chunk: _Pending) -> Terms:
    return jax.tree.map(lambda values: np.array(values)[: chunk.ticks], chunk.record)


def _next_count(count: int, seconds: float) -> int:
    """How many steps take about CHUNK_SECONDS, growing no faster than fourfold, since the first chunk compiles."""
    fitting = int(count * CHUNK_SECONDS / max(seconds, 1e-6))
    return max(1, min(fitting, 4 * count, optimize.CHUNK_LIMIT))
