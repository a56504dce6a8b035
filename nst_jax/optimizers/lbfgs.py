"""L-BFGS with the line search as part of its state: one evaluation per step.

The zoom line search of `optax.lbfgs` compiles the network three times and, under vmap, evaluates all examples until
the slowest has finished. Here each step evaluates the trial point once. If the loss has decreased enough (Armijo
condition), the trial is accepted and the next direction is proposed, with a longer step length if this one was far too
short; otherwise the next trial is a shorter step along the same direction. Directions are computed for preconditioned
images, which saves evaluations (see `spectral`).
"""

import dataclasses
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from nst_jax.optimizers.base import (
    CONVERGED,
    DIVERGED,
    RUNNING,
    STALLED,
    Evaluation,
    Image,
    Optimizer,
    Scalar,
    State,
    Update,
    select,
)
from nst_jax.optimizers.compact_lbfgs import History, reset_history, scale_by_compact_lbfgs
from nst_jax.optimizers.spectral import precondition

# The values of an image that are free to move.
Free = Bool[Array, "height width 3"]

# Armijo condition: the required fraction of the decrease that the slope predicts.
SUFFICIENT_DECREASE = 1e-4
# After this number of consecutive refusals the history is reset; after twice as many the run has stalled.
MAX_REFUSALS = 10
# If the slope after a step is more than LITTLE_CHANGE times the slope before it, the first step along the next
# direction is longer by the factor STRETCH, which accumulates up to MOST_STRETCH. Six pairs of images end with the same
# loss as without this rule; others, whose loss decreases slowly at first, end with up to 40 % less.
LITTLE_CHANGE, STRETCH, MOST_STRETCH = 0.9, 2.0, 256.0


class LBFGSState(NamedTuple):
    """The inner state of L-BFGS.

    Attributes:
        gradient: the gradient at the accepted image, (height, width, 3).
        direction: the direction of the current line search, (height, width, 3).
        step: the step length along the direction of the trial being evaluated.
        initial_step: the step length of the first trial along a direction, from 1 to MOST_STRETCH.
        refusals: the number of trials refused since the last accepted one.
        history: the last pairs of moves and gradient changes.
    """

    gradient: Image
    direction: Image
    step: Scalar
    initial_step: Scalar
    refusals: Int[Array, ""]
    history: History


@dataclasses.dataclass(frozen=True)
class LBFGS(Optimizer):
    """L-BFGS with a line search, for pixels in [0, 1].

    Each trial of the line search is clipped to [0, 1]. It is accepted if the loss has decreased by at least
    SUFFICIENT_DECREASE times what the gradient predicts for the clipped move (Armijo condition).

    Attributes:
        memory_size: the number of stored pairs (s, y): a move s from one accepted image to the next, and the change y
            of the gradient over that move.
        exponent: how much more strongly coarse structure is changed than fine structure: the directions are computed
            for images in which the frequency f is scaled by about f^exponent (see `spectral.precondition`). 0 treats
            all frequencies the same.
        opponent: whether colors are changed less than luminance, in axes of opponent colors (see
            `spectral.precondition`).
    """

    memory_size: int = 10
    exponent: float = 0.0
    opponent: bool = False

    def init(self, image: Image) -> LBFGSState:
        """Start with an empty history and a zero direction: the first trial is the start image itself."""
        return LBFGSState(
            gradient=jnp.zeros_like(image),
            direction=jnp.zeros_like(image),
            step=jnp.ones((), image.dtype),
            initial_step=jnp.ones((), image.dtype),
            refusals=jnp.zeros((), jnp.int32),
            history=scale_by_compact_lbfgs(self.memory_size).init(image),
        )

    def update(self, state: State, evaluation: Evaluation) -> Update:
        """Accept the trial and propose a step along the next direction, or refuse it and propose a shorter step."""
        inner: LBFGSState = state.inner_state
        loss, _, gradient = evaluation
        finite = jnp.isfinite(loss) & jnp.isfinite(gradient).all()
        move = state.trial - state.image
        first = jnp.isinf(state.loss)
        # At most 0: clipping changes the direction of a move, and a long clipped move may even point uphill.
        predicted = jnp.minimum(jnp.vdot(inner.gradient, move), 0)
        # Except for the first one, a trial that equals the image makes no progress and is refused.
        accepted = finite & (loss <= state.loss + SUFFICIENT_DECREASE * predicted) & (first | jnp.any(move != 0))

        # A slope that has hardly decreased indicates that the step was too short (Nocedal & Wright 2006, equation 3.5).
        slope = jnp.vdot(gradient, move)
        short = accepted & (inner.refusals == 0) & (slope < LITTLE_CHANGE * predicted) & (predicted < 0)
        initial_step = jnp.where(short, jnp.minimum(STRETCH * inner.initial_step, MOST_STRETCH), 1)
        refusals = jnp.where(accepted, 0, inner.refusals + 1)
        restart = refusals == MAX_REFUSALS
        image, gradient = select(accepted, (state.trial, gradient), (state.image, inner.gradient))
        history = select(restart, reset_history(inner.history), inner.history)
        change = gradient - inner.gradient
        free = _free(image, gradient)
        new_direction, history = self._next_direction(gradient, free, history, move, change, accepted)

        direction = jnp.where(accepted | restart, new_direction, inner.direction)
        step = jnp.where(accepted, initial_step, inner.step * _backtracking_factor(loss - state.loss, predicted))
        can_move = jnp.isfinite(state.loss) | accepted
        status = jnp.where(refusals < 2 * MAX_REFUSALS, RUNNING, STALLED)
        status = jnp.where(accepted & ~jnp.any(free & (gradient != 0)), CONVERGED, status)
        return Update(
            accepted,
            trial=jnp.clip(image + step * direction, 0, 1),
            status=jnp.where(can_move, status, DIVERGED),
            inner_state=LBFGSState(gradient, direction, jnp.where(restart, 1, step), initial_step, refusals, history),
        )

    def restart(self, state: State) -> State:
        """Evaluate the accepted image again, because losses and slopes of two objectives are not comparable."""
        return state._replace(
            loss=jnp.full_like(state.loss, jnp.inf),
            trial=jnp.array(state.image),
            status=jnp.where(state.status == STALLED, RUNNING, state.status),
            inner_state=state.inner_state._replace(refusals=jnp.zeros_like(state.inner_state.refusals)),
        )

    def _next_direction(
        self,
        gradient: Image,
        free: Free,
        history: History,
        move: Image,
        change: Image,
        accepted: Bool[Array, ""],
    ) -> tuple[Image, History]:
        """Record the move s with the gradient change y if it was accepted and s'y > 0; compute the next direction.

        The direction d is computed for z = P^-1 x, where x is the image and P the preconditioner: for the gradient g
        with respect to x, that with respect to z is P g, and in pixels the direction is P d.
        """
        move = precondition(move, self.exponent, opponent=self.opponent, inverse=True)
        change = self._precondition(change)
        good = accepted & (jnp.vdot(move, change) > 0)
        transform = scale_by_compact_lbfgs(self.memory_size)
        free_gradient = self._precondition(jnp.where(free, gradient, 0))
        ascent, history = transform.update(free_gradient, history, move=move, change=change, good=good)
        return jnp.where(free, self._precondition(-ascent), 0), history

    def _precondition(self, image: Image) -> Image:
        return precondition(image, self.exponent, opponent=self.opponent)


def _free(image: Image, gradient: Image) -> Free:
    """Return which values may move: all except those at a bound of [0, 1] that descent would push beyond it.

    If the others are removed from the gradient and from the direction, a short step along the direction decreases the
    loss even when it is clipped (Bertsekas 1982, "Projected Newton Methods for Optimization Problems with Simple
    Constraints").
    """
    return ~((image <= 0) & (gradient > 0) | (image >= 1) & (gradient < 0))


def _backtracking_factor(rise: Scalar, predicted: Scalar) -> Scalar:
    """Compute the factor by which a refused step is shortened.

    It is the minimum of the parabola that has the losses at both ends of the step and the slope at its start. It is
    clipped to [0.1, 0.5], and is 0.1 if the loss was not finite.

    Args:
        rise: the loss at the trial minus that at the accepted image.
        predicted: the change of the loss that the slope predicts, 0 or less.
    """
    # The parabola of a trial that equals the image is flat; 0 / 0 there would look like an error to `jax_debug_nans`.
    bend = 2 * (rise - predicted)
    factor = jnp.where(bend == 0, jnp.inf, -predicted / jnp.where(bend == 0, 1, bend))
    return jnp.where(jnp.isfinite(factor), jnp.clip(factor, 0.1, 0.5), 0.1)
