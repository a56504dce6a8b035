"""L-BFGS with its line search as part of the state: one evaluation a tick.

The zoom line search of `optax.lbfgs` compiles the network three times and, under vmap, evaluates
all lanes until the slowest is done.
The direction is found on pictures with their spectrum reshaped, which saves evaluations (see `spectrum`).
Here a tick evaluates the trial point once. If the loss has fallen enough (Armijo's condition) the trial is taken and
the next direction proposed, with a longer step if this one was too short by far; if not, the step is shortened and
tried at the next tick.
"""

import dataclasses
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from nst_jax.losses.content import Scalar
from nst_jax.objective.objective import Picture
from nst_jax.optimizers.base import (
    CONVERGED,
    DIVERGED,
    RUNNING,
    STALLED,
    Evaluation,
    Optimizer,
    Proposal,
    State,
    select,
)
from nst_jax.optimizers.compact_lbfgs import History, reset_history, scale_by_compact_lbfgs
from nst_jax.optimizers.spectral import precondition

# Which values of a picture may move.
Free = Bool[Array, "height width 3"]

# Armijo's condition: the part of the decrease that the slope promises which must be had.
SUFFICIENT_DECREASE = 1e-4
# After so many refusals in a row the memory is dropped; after as many again the run is given up.
MAX_REFUSALS = 10
# Where the slope keeps more than this part of itself over a step, the next one is longer, by this factor more each
# time. Six pairs of pictures end with the same loss as without; others, that crawl at first, with up to 40 % less.
LITTLE_CHANGE, STRETCH, MOST_STRETCH = 0.9, 2.0, 256.0


class Memory(NamedTuple):
    """What L-BFGS remembers.

    Attributes:
        gradient: at the accepted picture.
        direction: of the current line search.
        step: along the direction, of the trial being evaluated.
        stretch: what the next direction's first trial is longer than the direction by.
        refusals: trials refused since the last accepted one.
        history: the last pairs of moves and changes of the gradient.
    """

    gradient: Picture
    direction: Picture
    step: Scalar
    stretch: Scalar
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

    def start(self, picture: Picture) -> Memory:
        """Nothing remembered, nowhere to go: the first trial is the start itself."""
        return Memory(
            gradient=jnp.zeros_like(picture),
            direction=jnp.zeros_like(picture),
            step=jnp.ones((), picture.dtype),
            stretch=jnp.ones((), picture.dtype),
            refusals=jnp.zeros((), jnp.int32),
            history=scale_by_compact_lbfgs(self.memory_size).init(picture),
        )

    def propose(self, state: State, evaluation: Evaluation) -> Proposal:
        """Takes the trial and turns to the next direction, or shortens the step."""
        memory: Memory = state.memory
        loss, _, gradient = evaluation
        finite = jnp.isfinite(loss) & jnp.isfinite(gradient).all()
        move = state.trial - state.picture
        first = jnp.isinf(state.loss)
        # Clipping bends a direction, and a long step along it may even lead uphill.
        promised = jnp.minimum(jnp.vdot(memory.gradient, move), 0)
        # A trial that is the picture itself tells nothing, but the first.
        accepted = finite & (loss <= state.loss + SUFFICIENT_DECREASE * promised) & (first | jnp.any(move != 0))

        # A slope that is hardly less than it was tells of too short a step (Nocedal & Wright 2006, equation 3.5).
        slope = jnp.vdot(gradient, move)
        short = accepted & (memory.refusals == 0) & (slope < LITTLE_CHANGE * promised) & (promised < 0)
        stretch = jnp.where(short, jnp.minimum(STRETCH * memory.stretch, MOST_STRETCH), 1)
        refusals = jnp.where(accepted, 0, memory.refusals + 1)
        restart = refusals == MAX_REFUSALS
        picture, gradient = select(accepted, (state.trial, gradient), (state.picture, memory.gradient))
        history = select(restart, reset_history(memory.history), memory.history)
        change = gradient - memory.gradient
        free = _free(picture, gradient)
        downhill, history = self._update(gradient, free, history, move, change, accepted)

        line = jnp.where(accepted | restart, downhill, memory.direction)
        step = jnp.where(accepted, stretch, memory.step * _shrinkage(loss - state.loss, promised))
        can_move = jnp.isfinite(state.loss) | accepted
        status = jnp.where(refusals < 2 * MAX_REFUSALS, RUNNING, STALLED)
        status = jnp.where(accepted & ~jnp.any(free & (gradient != 0)), CONVERGED, status)
        return Proposal(
            accepted,
            trial=jnp.clip(picture + step * line, 0, 1),
            status=jnp.where(can_move, status, DIVERGED),
            memory=Memory(gradient, line, jnp.where(restart, 1, step), stretch, refusals, history),
        )

    def reconsidered(self, state: State) -> State:
        """The picture is tried once more, since losses and slopes of two objectives are not to be compared."""
        return state._replace(
            loss=jnp.full_like(state.loss, jnp.inf),
            trial=jnp.array(state.picture),
            status=jnp.where(state.status == STALLED, RUNNING, state.status),
            memory=state.memory._replace(refusals=jnp.zeros_like(state.memory.refusals)),
        )

    def _update(
        self,
        gradient: Picture,
        free: Free,
        history: History,
        move: Picture,
        change: Picture,
        accepted: Bool[Array, ""],
    ) -> tuple[Picture, History]:
        """The direction, with the move remembered only if it was accepted and s'y > 0.

        It is found for z = P^-1 x, where P reshapes the spectrum: its gradient is P g, and its direction P d in pixels.
        """
        move, change = precondition(move, self.exponent, opponent=self.opponent, inverse=True), self._reshaped(change)
        good = accepted & (jnp.vdot(move, change) > 0)
        transform = scale_by_compact_lbfgs(self.memory_size)
        within = self._reshaped(jnp.where(free, gradient, 0))
        uphill, history = transform.update(within, history, move=move, change=change, good=good)
        return jnp.where(free, self._reshaped(-uphill), 0), history

    def _reshaped(self, picture: Picture) -> Picture:
        return precondition(picture, self.exponent, opponent=self.opponent)


def _free(picture: Picture, gradient: Picture) -> Free:
    """Which values may move: not those at an end of [0, 1] that the gradient would drive beyond it.

    With these left out of the gradient and of the direction, a short step along the direction leads downhill even when
    it is clipped (Bertsekas 1982, "Projected Newton Methods for Optimization Problems with Simple Constraints").
    """
    return ~((picture <= 0) & (gradient > 0) | (picture >= 1) & (gradient < 0))


def _shrinkage(rise: Scalar, promised: Scalar) -> Scalar:
    """What to multiply a refused step with: to the minimum of the parabola through both losses and the slope.

    Kept between a tenth and a half; a tenth where the loss was not finite.
    """
    factor = -promised / (2 * (rise - promised))
    return jnp.where(jnp.isfinite(factor), jnp.clip(factor, 0.1, 0.5), 0.1)
