"""The account of a run over all its scales, and the results that are made of it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from nst_jax import images
from nst_jax.engine.dispatch import Snapshot
from nst_jax.engine.result import ENDINGS, Losses, Result
from nst_jax.images import color_transfer
from nst_jax.images.masks import Regions, composite, sized
from nst_jax.images.picture import RGB, Alpha, Picture
from nst_jax.objective.objective import Terms
from nst_jax.optimizers.base import DIVERGED, RUNNING
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe


class RunHistory:
    """Keeps account of a run.

    Args:
        contents: as they were read.
        recipe: the settings.
        facts: what each result is to tell of how it was made.
        sizes: of all scales.
        regions: where there is to be paint; None for everywhere.
    """

    def __init__(
        self,
        contents: Sequence[Picture],
        recipe: Recipe,
        facts: Sequence[dict[str, Any]],
        sizes: Sequence[Scale],
        regions: Regions | None,
    ):
        self.steps = 0
        self._recipe, self._facts, self._sizes, self._contents = recipe, facts, sizes, contents
        # What was added to a small picture to paint it is cut off.
        self._shape = images.fitted_size(contents[0].rgb.shape, recipe.size, recipe.resize)
        self._shapes = [each.rgb.shape[:2] if recipe.upscale_to_original else self._shape for each in contents]
        self._alphas = [self._alpha(*each) for each in zip(contents, self._shapes, strict=True)]
        self._coverage = None if regions is None else sized(regions.coverage[None], *self._shape)[0]
        # What lends its chroma, or what is not to be painted, to each result, resized once.
        self._photographs = (
            [images.resize(content.rgb, *self._shape) for content in contents]
            if recipe.color == "luminance" or regions is not None
            else []
        )
        self._steps_at = recipe.steps_at(len(sizes))
        self._work = np.cumsum([0, *(steps * size.pixels for steps, size in zip(self._steps_at, sizes, strict=True))])
        self._diverged = np.zeros(len(contents), bool)
        self._history: list[Terms] = []
        self._began = time.perf_counter()

    def enter(self, size: Scale, snapshot: Snapshot) -> list[Result]:
        """The results so far."""
        self._history.append(snapshot.terms)
        terms = self._terms()
        index = self._sizes.index(size)
        work = self._work[index] + snapshot.steps * size.pixels
        seconds = time.perf_counter() - self._began
        return [
            Result(
                picture=self._finished(snapshot.pictures[lane], lane),
                alpha=self._alphas[lane],
                dpi=self._contents[lane].dpi,
                losses=Losses(**{name: values[lane] for name, values in terms.items()}),
                seconds=seconds,
                steps=self.steps + snapshot.steps,
                planned=sum(self._steps_at),
                scale=index + 1,
                scales=len(self._sizes),
                progress=float(work) / float(self._work[-1]),
                ending=self._ending(size, snapshot, lane),
                provenance=facts,
            )
            for lane, facts in enumerate(self._facts)
        ]

    def close(self, snapshot: Snapshot) -> bool:
        """Ends a scale; says whether no picture can be painted on."""
        self.steps += snapshot.steps
        self._diverged |= snapshot.statuses[: len(self._diverged)] == DIVERGED
        return bool(self._diverged.all())

    def written(self) -> dict[str, np.ndarray]:
        """All that a continued run cannot find out again."""
        seconds = np.asarray(time.perf_counter() - self._began)
        return {"steps": np.asarray(self.steps), "diverged": self._diverged, "seconds": seconds, **self._terms()}

    def read(self, written: Mapping[str, np.ndarray]) -> None:
        """Goes on from what `written` gave."""
        self.steps = int(written["steps"])
        self._diverged = written["diverged"]
        self._began = time.perf_counter() - float(written["seconds"])
        self._history = [Terms(**{name: jnp.asarray(written[name]) for name in Terms._fields})]

    def _terms(self) -> dict[str, np.ndarray]:
        """Of each lane after each step."""
        columns = zip(*self._history, strict=True)
        return {name: np.concatenate(values, axis=1) for name, values in zip(Terms._fields, columns, strict=True)}

    def _alpha(self, content: Picture, shape: tuple[int, int]) -> Alpha | None:
        return None if content.alpha is None else images.resize(content.alpha, *shape)

    def _finished(self, painted: RGB, lane: int) -> RGB:
        size, (height, width) = self._sizes[-1], self._shape
        # Not all optimisers keep to the range.
        whole = images.resize(np.clip(painted, 0, 1), *size)[:height, :width]
        if self._photographs:
            whole = color_transfer.finished(whole, self._photographs[lane], self._recipe.color)
        if self._coverage is not None:
            whole = composite(whole, self._photographs[lane], self._coverage)
        return images.resize(whole, *self._shapes[lane])

    def _ending(self, size: Scale, snapshot: Snapshot, lane: int) -> str | None:
        status = int(snapshot.statuses[lane])
        if self._diverged[lane] or status == DIVERGED:
            return ENDINGS[DIVERGED]
        over = snapshot.ended or status != RUNNING
        return ENDINGS[status] if over and size == self._sizes[-1] else None
