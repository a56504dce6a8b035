"""What a caller can be told while a run computes: its plan before the first step, and the part of a step that is done.

A step of a large image may take minutes, and a generator can report only between steps.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from nst_jax.engine.memory_plan import MemoryPlan
from nst_jax.recipes.pyramid import Scale


class RunPlan(NamedTuple):
    """How a run is planned; a scale that runs out of memory changes to smaller tiles later.

    Attributes:
        sizes: the sizes of all scales, coarsest first.
        memory: the tiles and the estimated memory at each scale.
    """

    sizes: tuple[Scale, ...]
    memory: tuple[MemoryPlan, ...]

    @property
    def needed(self) -> int:
        """The estimated peak memory in bytes: of the process on a CPU, otherwise of the device."""
        return max(plan.needed for plan in self.memory)


@runtime_checkable
class Watch(Protocol):
    """The interface (protocol) of a receiver of plan and progress; an exception from a method ends the run."""

    def planned(self, plan: RunPlan) -> None:
        """Receive the plan, before anything is computed."""

    def evaluated(self, fraction: float) -> None:
        """Receive the fraction, from 0 to 1, of the current step's evaluation that is done; called only with tiles."""


class StepProgress:
    """Reports the windows of one evaluation to a watch.

    Args:
        watch: the receiver; None for nobody.
        total: the work of the whole evaluation, in the unit of the module `engine.work`.
    """

    def __init__(self, watch: Watch | None, total: float):
        self._watch, self._total, self._done = watch, total, 0.0

    def done(self, result: Any, work: float) -> None:
        """Wait until `result`, a pytree of arrays, is ready, and report its work; do nothing without a watch."""
        if self._watch is not None:
            jax.block_until_ready(result)  # type: ignore[no-untyped-call]
            self._done += work
            self._watch.evaluated(min(self._done / self._total, 1.0))


SILENT = StepProgress(None, 1.0)
