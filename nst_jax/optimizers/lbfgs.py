"""L-BFGS with its line search as part of the state: one evaluation a tick.

The zoom line search of `optax.lbfgs` compiles the network three times and, under vmap, evaluates
all lanes until the slowest is done.
The direction is found on images with their spectrum reshaped, which saves evaluations (see `spectrum`).
Here a tick evaluates the trial point once. If the loss has fallen enough (Armijo's condition) the trial is taken and
the next direction proposed, with a longer step if this one was too short by far; if not, the step is shortened and
tried at the next tick.
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

# Which values of a image may move.
Free = Bool[Array, "height width 3"]

# Armijo's condition: the part of the decrease that the slope promises which must be had.
SUFFICIENT_DECREASE = 1e-4
# After so many refusals in a row the memory is dropped; after as many again the run is given up.
MAX_REFUSALS = 10
# Where the slope keeps more than this part of itself over a step, the next one is longer, by this factor more each
# time. Six pairs of images end with the same loss as without; others, that crawl at first, with up to 40 % less.
LITTLE_CHANGE, STRETCH, MOST_STRETCH = 0.9, 2.0, 256.0


class LBFGSState(NamedTuple):
    """What L-BFGS remembers.

    Attributes:
        gradient: at the accepted image.
        direction: of the current line search.
        step: along the direction, of the trial being evaluated.
        initial_step: what the next direction's first trial is longer than the direction by.
        refusals: trials refused since the last accepted one.
        history: the last pairs of moves and changes of the gradient.
    """

    gradient: Image
    direction: Image
    step: Scalar
    initial_step: Scalar
    refusals: Int[Array, ""]
    history: History


@dataclasses.dataclass(frozen=True)
class LBFGS(Optimizer):
    """L-BFGS with pixels kept in [0, 1] by projection: each trial is clipped, and judged by the move really made.

    Attributes:
        memory_size: how many pairs are remembered.
        exponent: what `spectrum.reshaped` is given; 0 measures all pixels alike, as L-BFGS does by itself.
        opponent: the same.
    """

    memory_size: int = 10
    exponent: float = 0.0
    opponent: bool = False

    def init(self, image: Image) -> LBFGSState:
        """Nothing remembered, nowhere to go: the first trial is the start itself."""
        return LBFGSState(
            gradient=jnp.zeros_like(image),
            direction=jnp.zeros_like(image),
            step=jnp.ones((), image.dtype),
            initial_step=jnp.ones((), image.dtype),
            refusals=jnp.zeros((), jnp.int32),
            history=scale_by_compact_lbfgs(self.memory_size).init(image),
        )

    def update(self, state: State, evaluation: Evaluation) -> Update:
        """Takes the trial and turns to the next direction, or shortens the step."""
        inner: LBFGSState = state.inner_state
        loss, _, gradient = evaluation
        finite = jnp.isfinite(loss) & jnp.isfinite(gradient).all()
        move = state.trial - state.image
        first = jnp.isinf(state.loss)
        # Clipping bends a direction, and a long step along it may even lead uphill.
        promised = jnp.minimum(jnp.vdot(inner.gradient, move), 0)
        # A trial that is the image itself tells nothing, but the first.
        accepted = finite & (loss <= state.loss + SUFFICIENT_DECREASE * promised) & (first | jnp.any(move != 0))

        # A slope that is hardly less than it was tells of too short a step (Nocedal & Wright 2006, equation 3.5).
        slope = jnp.vdot(gradient, move)
        short = accepted & (inner.refusals == 0) & (slope < LITTLE_CHANGE * promised) & (promised < 0)
        initial_step = jnp.where(short, jnp.minimum(STRETCH * inner.initial_step, MOST_STRETCH), 1)
        refusals = jnp.where(accepted, 0, inner.refusals + 1)
        restart = refusals == MAX_REFUSALS
        image, gradient = select(accepted, (state.trial, gradient), (state.image, inner.gradient))
        history = select(restart, reset_history(inner.history), inner.history)
        change = gradient - inner.gradient
        free = _free(image, gradient)
        downhill, history = self._next_direction(gradient, free, history, move, change, accepted)

        line = jnp.where(accepted | restart, downhill, inner.direction)
        step = jnp.where(accepted, initial_step, inner.step * _shrinkage(loss - state.loss, promised))
        can_move = jnp.isfinite(state.loss) | accepted
        status = jnp.where(refusals < 2 * MAX_REFUSALS, RUNNING, STALLED)
        status = jnp.where(accepted & ~jnp.any(free & (gradient != 0)), CONVERGED, status)
        return Update(
            accepted,
            trial=jnp.clip(image + step * line, 0, 1),
            status=jnp.where(can_move, status, DIVERGED),
            inner_state=LBFGSState(gradient, line, jnp.where(restart, 1, step), initial_step, refusals, history),
        )

    def restart(self, state: State) -> State:
        """The image is tried once more, since losses and slopes of two objectives are not to be compared."""
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
        """The direction, with the move remembered only if it was accepted and s'y > 0.

        It is found for z = P^-1 x, where P reshapes the spectrum: its gradient is P g, and its direction P d in pixels.
        """
        move, change = precondition(move, self.exponent, opponent=self.opponent, inverse=True), self._reshaped(change)
        good = accepted & (jnp.vdot(move, change) > 0)
        transform = scale_by_compact_lbfgs(self.memory_size)
        within = self._reshaped(jnp.where(free, gradient, 0))
        uphill, history = transform.update(within, history, move=move, change=change, good=good)
        return jnp.where(free, self._reshaped(-uphill), 0), history

    def _reshaped(self, image: Image) -> Image:
        return precondition(image, self.exponent, opponent=self.opponent)


def _free(image: Image, gradient: Image) -> Free:
    """Which values may move: not those at an end of [0, 1] that the gradient would drive beyond it.

    With these left out of the gradient and of the direction, a short step along the direction leads downhill even when
    it is clipped (Bertsekas 1982, "Projected Newton Methods for Optimization Problems with Simple Constraints").
    """
    return ~((image <= 0) & (gradient > 0) | (image >= 1) & (gradient < 0))


def _shrinkage(rise: Scalar, promised: Scalar) -> Scalar:
    """What to multiply a refused step with: to the minimum of the parabola through both losses and the slope.

    Kept between a tenth and a half; a tenth where the loss was not finite.
    """
    factor = -promised / (2 * (rise - promised))
    return jnp.where(jnp.isfinite(factor), jnp.clip(factor, 0.1, 0.5), 0.1)
