"""The history of a run over all its scales: losses, steps, times, and the progress reports made of them."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence

import jax.numpy as jnp
import numpy as np

from nst_jax.engine.batch_states import example
from nst_jax.engine.dispatch import Snapshot
from nst_jax.engine.postprocess import Postprocessor
from nst_jax.engine.problem import Problem
from nst_jax.engine.provenance import RunInputs
from nst_jax.engine.result import ENDINGS, Losses, Progress, Result
from nst_jax.images.masks import Regions
from nst_jax.objective.blending import mixture_weights
from nst_jax.objective.objective import Terms
from nst_jax.optimizers.base import DIVERGED, RUNNING
from nst_jax.recipes.pyramid import Scale


class RunHistory:
    """Records a run and reports its progress.

    Args:
        problem: the contents, the styles, cropped by the recipe, and the settings.
        inputs: returns for the index of a content the names and hashes of the network and images that its result is
            computed from.
        sizes: the sizes of all scales, coarsest first.
        work: the work of a step at each scale, in any unit.
        regions: the regions that are stylized; None for the whole image.
    """

    def __init__(
        self,
        problem: Problem,
        inputs: Callable[[int], RunInputs],
        sizes: Sequence[Scale],
        work: Sequence[float],
        regions: Regions | None,
    ):
        self.steps = 0
        contents, recipe = problem.contents, problem.recipe
        self._recipe, self._inputs, self._sizes = recipe, inputs, sizes
        self._dpi = [content.dpi for content in contents]
        weights = mixture_weights(recipe, len(problem.styles)).values()
        used = [style for style, *each in zip(problem.styles, *weights, strict=True) if any(each)]
        self._postprocessor = Postprocessor(contents, used, recipe, sizes[-1], regions, problem.original_shapes)
        self._steps_at = recipe.steps_at(sizes)
        self._step_work = work
        self._work = np.cumsum([0, *(steps * each for steps, each in zip(self._steps_at, work, strict=True))])
        self._diverged = np.zeros(len(contents), bool)
        self._terms: list[Terms] = []
        self._finished = 0
        self._began = time.perf_counter()

    def update(self, size: Scale, snapshot: Snapshot) -> list[Progress]:
        """Record a chunk of steps and return the progress of each image of the batch."""
        self._terms.append(snapshot.terms)
        seconds = time.perf_counter() - self._began
        scale = self._sizes.index(size)
        work = self._work[scale] + snapshot.steps * self._step_work[scale]
        step, recorded = self.steps + snapshot.steps, len(self._terms)
        return [
            Progress(
                step=step,
                total_steps=sum(self._steps_at),
                scale=scale + 1,
                scales=len(self._sizes),
                fraction=float(work) / float(self._work[-1]),
                losses={name: float(values[index, -1]) for name, values in snapshot.terms._asdict().items()},
                seconds=seconds,
                ending=ending,
                make_result=functools.partial(self._result, snapshot, index, recorded, step, seconds, ending),
            )
            for index, ending in enumerate(self._endings(size, snapshot))
        ]

    def finish_scale(self, snapshot: Snapshot) -> bool:
        """Record the end of a scale, and return whether all images of the batch have diverged."""
        self.steps += snapshot.steps
        self._finished = len(self._terms)
        self._diverged |= snapshot.statuses[: len(self._diverged)] == DIVERGED
        return bool(self._diverged.all())

    def restart_scale(self) -> None:
        """Drop what this process has recorded at the current scale, which begins anew."""
        del self._terms[self._finished :]

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return the state to checkpoint: everything that cannot be recomputed when the run is resumed."""
        seconds = np.asarray(time.perf_counter() - self._began)
        facts = {"steps": np.asarray(self.steps), "diverged": self._diverged, "seconds": seconds}
        return facts | _joined(self._terms)

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `state_dict` returned."""
        self.steps = int(state["steps"])
        self._diverged = state["diverged"]
        self._began = time.perf_counter() - float(state["seconds"])
        self._terms = [Terms(**{name: jnp.asarray(state[name]) for name in Terms._fields})]
        self._finished = 1

    def _result(
        self, snapshot: Snapshot, index: int, recorded: int, step: int, seconds: float, ending: str | None
    ) -> Result:
        losses = {name: values[index] for name, values in _joined(self._terms[:recorded]).items()}
        return Result(
            picture=self._postprocessor.rgb(np.asarray(example(snapshot.images, index)), index),
            alpha=self._postprocessor.alpha(index),
            dpi=self._dpi[index],
            losses=Losses(**losses),
            seconds=seconds,
            steps=step,
            total_steps=sum(self._steps_at),
            recipe=self._recipe,
            ending=ending,
            inputs=self._inputs(index),
        )

    def _endings(self, size: Scale, snapshot: Snapshot) -> list[str | None]:
        is_last_scale = size == self._sizes[-1]
        endings = []
        for diverged, status in zip(self._diverged, map(int, snapshot.statuses), strict=False):
            over = is_last_scale and (snapshot.ended or status != RUNNING)
            endings.append(ENDINGS[DIVERGED] if diverged or status == DIVERGED else ENDINGS[status] if over else None)
        return endings


def _joined(terms: Sequence[Terms]) -> dict[str, np.ndarray]:
    """Concatenate the terms of all chunks, (batch, steps) each."""
    columns = zip(*terms, strict=True)
    return {name: np.concatenate(values, axis=1) for name, values in zip(Terms._fields, columns, strict=True)}
