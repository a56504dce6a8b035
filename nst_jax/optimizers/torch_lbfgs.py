"""L-BFGS without a line search, as in PyTorch and Torch7: the optimizer of most published style transfers.

Every evaluation is accepted and every step has its full length, so the loss may rise, and diverge with unsuitable
weights. The iterates match those of `torch.optim.LBFGS` with lr 1 evaluation by evaluation.
"""

import dataclasses
from typing import NamedTuple

import jax.numpy as jnp

from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, Evaluation, Image, Optimizer, State, Update
from nst_jax.optimizers.compact_lbfgs import History, scale_by_compact_lbfgs
from nst_jax.recipes.types import Clipping

# Thresholds of torch.optim.LBFGS: the minimum curvature s'y for a pair to be stored, and the gradient and the slope
# below which it stops.
LEAST_CURVATURE, LEAST_GRADIENT, LEAST_SLOPE = 1e-10, 1e-7, 1e-9


class TorchLBFGSState(NamedTuple):
    """The inner state of `TorchLBFGS`.

    Attributes:
        move: the last step as recorded for the next pair, in units of the pixel range, (height, width, 3).
        gradient: the gradient at the last trial, in units of the pixel range, (height, width, 3).
        history: the last pairs of moves and gradient changes.
    """

    move: Image
    gradient: Image
    history: History


@dataclasses.dataclass(frozen=True)
class TorchLBFGS(Optimizer):
    """L-BFGS with a fixed step length of 1.

    Attributes:
        memory_size: the number of stored pairs (s, y) of a move s and the change y of the gradient over it.
        pixel_range: the width of the pixel range in the units of L-BFGS, such as 255; the images here are in [0, 1].
            The first step and the thresholds depend on it.
        clipping: "step": pixels are clipped to [0, 1] after each step, and the pair contains the clipped move;
            "evaluation": pixels are clipped as well, but the pair contains the move before clipping, as in the PyTorch
            tutorial; "end": the optimizer does not clip.
    """

    memory_size: int = 10
    pixel_range: float = 1.0
    clipping: Clipping = "step"

    def init(self, image: Image) -> TorchLBFGSState:
        """Start with an empty history."""
        history = scale_by_compact_lbfgs(self.memory_size).init(image)
        return TorchLBFGSState(jnp.zeros_like(image), jnp.zeros_like(image), history)

    def update(self, state: State, evaluation: Evaluation) -> Update:
        """Accept the trial if it is finite and take the next step."""
        loss, _, gradient = evaluation
        finite = jnp.isfinite(loss) & jnp.isfinite(gradient).all()
        gradient = gradient / self.pixel_range
        move, previous_gradient, history = state.inner_state
        first = jnp.isinf(state.loss)
        change = gradient - previous_gradient
        good = jnp.vdot(move, change) > LEAST_CURVATURE
        transform = scale_by_compact_lbfgs(self.memory_size)
        ascent, history = transform.update(gradient, history, move=move, change=change, good=good)
        shortened = -gradient * jnp.minimum(1, 1 / jnp.sum(jnp.abs(gradient)))
        step = jnp.where(first, shortened, -ascent)

        trial = state.trial + step / self.pixel_range
        clipped = jnp.clip(trial, 0, 1)
        if self.clipping == "step":
            step = (clipped - state.trial) * self.pixel_range
        converged = (jnp.max(jnp.abs(gradient)) <= LEAST_GRADIENT) | (jnp.vdot(gradient, step) > -LEAST_SLOPE)
        return Update(
            accepted=finite,
            trial=trial if self.clipping == "end" else clipped,
            status=jnp.where(finite, jnp.where(converged, CONVERGED, RUNNING), DIVERGED),
            inner_state=TorchLBFGSState(step, gradient, history),
        )
