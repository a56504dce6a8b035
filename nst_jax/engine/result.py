"""What a stylisation hands out: the picture, how the losses went, and what it was made of."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from nst_jax.images.picture import RGB, Alpha
from nst_jax.images.writing import save
from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, STALLED
from nst_jax.recipes.recipe import Recipe

ENDINGS = {
    RUNNING: "all steps done",
    CONVERGED: "converged: the gradient is zero",
    STALLED: "stalled: no step lowers the loss any more",
    DIVERGED: "diverged: the loss is not finite",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Losses:
    """The weighted terms of the loss at the accepted picture after each step, float32 arrays of shape (steps,)."""

    content: Float[np.ndarray, " steps"]
    style: Float[np.ndarray, " steps"]
    total_variation: Float[np.ndarray, " steps"]

    @property
    def total(self) -> Float[np.ndarray, " steps"]:
        """The sum of the terms: what is minimised, in the end where there is Huber's loss of the style layers."""
        return self.content + self.style + self.total_variation


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """A picture and how it came to be.

    Attributes:
        picture: (height, width, 3) float32, sRGB in [0, 1]: the best picture so far, enlarged to the final size while
            it is still painted at a coarser scale.
        alpha: the content's transparency at the picture's size, or None.
        dpi: the content's dots per inch, if its file told.
        losses: one value for each step done.
        seconds: wall time since the start of the first step, compilation included.
        steps: steps done, over all scales.
        planned: steps to be done in all, if no scale ends early.
        scale: the number of the present scale, from 1 for the coarsest.
        scales: how many there are.
        progress: the part of the work done, from 0 to 1, by evaluated pixels.
        ending: why the run ended; None while it goes on.
        provenance: settings, network, inputs and versions; see `provenance.provenance`.
    """

    picture: RGB
    alpha: Alpha | None
    dpi: float | None
    losses: Losses
    seconds: float
    steps: int
    planned: int
    scale: int
    scales: int
    progress: float
    ending: str | None
    provenance: dict[str, Any]

    @property
    def diverged(self) -> bool:
        """Whether the run was stopped by a loss that is not finite; the picture is the last good one."""
        return self.ending == ENDINGS[DIVERGED]

    @property
    def exploded(self) -> bool:
        """Whether the loss at the last scale ended higher than it began, as it can where steps are taken unseen."""
        last = self.losses.total[-self.recipe.steps :]
        return self.recipe.optimizer != "lbfgs" and bool(last[-1] > last[0])

    @property
    def recipe(self) -> Recipe:
        """The settings of the run."""
        return Recipe(**self.provenance["recipe"])

    def save(self, path: str | Path, *, bit_depth: int = 8, dpi: float | None = None) -> None:
        """Writes the picture with its provenance; see `saving.save`. Without `dpi`, or with 0, notes the content's."""
        facts = self.provenance | {"steps_done": self.steps, "ending": self.ending}
        save(Path(path), self.picture, self.alpha, facts, bit_depth=bit_depth, dpi=dpi or self.dpi)
