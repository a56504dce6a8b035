"""What a caller can be told while a run computes: its plan before the first step, and the part of a step that is done.

A step of a large image may take minutes, and a generator can report only between steps.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from nst_jax.engine.memory_plan import MemoryPlan
from nst_jax.recipes.pyramid import Scale


class RunPlan(NamedTuple):
    """How a run will be computed.

    Attributes:
        sizes: the sizes of all scales, coarsest first.
        memory: the tiles and the estimated memory at each scale.
    """

    sizes: tuple[Scale, ...]
    memory: tuple[MemoryPlan, ...]

    @property
    def needed(self) -> int:
        """The estimated peak memory of the process, in bytes."""
        return max(plan.needed for plan in self.memory)


@runtime_checkable
class Watch(Protocol):
    """The interface (protocol) of whoever is told; an exception raised by a method ends the run."""

    def planned(self, plan: RunPlan) -> None:
        """Take note of the plan, before anything is computed."""

    def evaluated(self, fraction: float) -> None:
        """Take note of the part of the evaluation for the current step that is done, from 0 to 1; only with tiles."""


class Countdown:
    """Reports the windows of one evaluation to a watch.

    Args:
        watch: whom to tell; None for nobody.
        total: the work of the whole evaluation; see `work`.
    """

    def __init__(self, watch: Watch | None, total: float):
        self._watch, self._total, self._done = watch, total, 0.0

    def done(self, result: Any, work: float) -> None:
        """Report a call with this work once its result, a pytree of arrays, has been computed."""
        if self._watch is not None:
            jax.block_until_ready(result)  # type: ignore[no-untyped-call]
            self._done += work
            self._watch.evaluated(min(self._done / self._total, 1.0))


SILENT = Countdown(None, 1.0)
