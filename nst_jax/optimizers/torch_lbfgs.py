"""L-BFGS without a line search, as PyTorch and Torch7 have it: what most published style transfers ran.

Every evaluation is accepted and every step taken whole, so the loss may rise, and with weights that do not fit explode.
`torch.optim.LBFGS` with lr 1 is matched evaluation by evaluation.
"""

import dataclasses
from typing import NamedTuple

import jax.numpy as jnp

from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, Evaluation, Image, Optimizer, State, Update
from nst_jax.optimizers.compact_lbfgs import History, scale_by_compact_lbfgs
from nst_jax.recipes.types import Clipping

# torch.optim.LBFGS': the least curvature s'y of a pair to be remembered, the gradient and slope to end at.
LEAST_CURVATURE, LEAST_GRADIENT, LEAST_SLOPE = 1e-10, 1e-7, 1e-9


class TorchLBFGSState(NamedTuple):
    """What it remembers.

    Attributes:
        move: of the last step, on the pixel range, as L-BFGS knows it.
        gradient: at the last trial, on the pixel range.
        history: the last pairs of moves and changes of the gradient.
    """

    move: Image
    gradient: Image
    history: History


@dataclasses.dataclass(frozen=True)
class TorchLBFGS(Optimizer):
    """L-BFGS with steps of length 1.

    Attributes:
        memory_size: how many pairs are remembered.
        pixel_range: what it takes 1 of our pixels for; the first step and the thresholds depend on it.
        clipping: "step": pixels are brought back into their range after each step, and the pair is of the move really
            made; "evaluation": the same, but the pair is of the step that was meant, as in the PyTorch tutorial;
            "end": not at all.
    """

    memory_size: int = 10
    pixel_range: float = 1.0
    clipping: Clipping = "step"

    def init(self, image: Image) -> TorchLBFGSState:
        """Nothing remembered."""
        history = scale_by_compact_lbfgs(self.memory_size).init(image)
        return TorchLBFGSState(jnp.zeros_like(image), jnp.zeros_like(image), history)

    def update(self, state: State, evaluation: Evaluation) -> Update:
        """Takes the trial and steps on."""
        loss, _, gradient = evaluation
        finite = jnp.isfinite(loss) & jnp.isfinite(gradient).all()
        gradient = gradient / self.pixel_range
        move, before, history = state.inner_state
        first = jnp.isinf(state.loss)
        change = gradient - before
        good = jnp.vdot(move, change) > LEAST_CURVATURE
        transform = scale_by_compact_lbfgs(self.memory_size)
        uphill, history = transform.update(gradient, history, move=move, change=change, good=good)
        shortened = -gradient * jnp.minimum(1, 1 / jnp.sum(jnp.abs(gradient)))
        step = jnp.where(first, shortened, -uphill)

        trial = state.trial + step / self.pixel_range
        clipped = jnp.clip(trial, 0, 1)
        if self.clipping == "step":
            step = (clipped - state.trial) * self.pixel_range
        at_rest = (jnp.max(jnp.abs(gradient)) <= LEAST_GRADIENT) | (jnp.vdot(gradient, step) > -LEAST_SLOPE)
        return Update(
            accepted=finite,
            trial=trial if self.clipping == "end" else clipped,
            status=jnp.where(finite, jnp.where(at_rest, CONVERGED, RUNNING), DIVERGED),
            inner_state=TorchLBFGSState(step, gradient, history),
        )
