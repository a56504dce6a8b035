"""One evaluation a tick: the state of an optimisation and what a tick does to it.

Both optimisers share one shape: a tick evaluates the loss and its gradient at the trial picture once, then accepts it
and proposes the next trial, or refuses it and proposes another. Everything is a select, nothing a conditional or an
inner loop, so that the same program runs one picture or, under vmap, many, each at its own pace.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from nst_jax.losses.content import Scalar
from nst_jax.objective.objective import Picture, Terms

# What became of an optimisation.
RUNNING, CONVERGED, STALLED, DIVERGED = range(4)


class Evaluation(NamedTuple):
    """The objective, its weighted terms and its gradient at a picture."""

    loss: Scalar
    terms: Terms
    gradient: Picture


class State(NamedTuple):
    """An optimisation between two ticks.

    Attributes:
        picture: the best picture so far: the last one that was accepted.
        loss: its total loss; infinite before the first evaluation.
        terms: its weighted terms.
        trial: the picture to be evaluated next.
        status: RUNNING, or why nothing changes any more.
        memory: what the optimiser remembers.
    """

    picture: Picture
    loss: Scalar
    terms: Terms
    trial: Picture
    status: Int[Array, ""]
    memory: Any


class Proposal(NamedTuple):
    """An optimiser's answer to an evaluation: whether the trial is accepted, and what comes next."""

    accepted: Bool[Array, ""]
    trial: Picture
    status: Int[Array, ""]
    memory: Any


@runtime_checkable
class Optimizer(Protocol):
    """Hashable settings of an optimiser, a static argument of jit. To be inherited from."""

    def start(self, picture: Picture) -> Any:
        """The memory before the first evaluation."""

    def propose(self, state: State, evaluation: Evaluation) -> Proposal:
        """Judges the trial of `state`, which was evaluated, and proposes the next."""

    def shown(self, state: State) -> Picture:
        """The picture that a run has come to."""
        return state.picture

    def reconsidered(self, state: State) -> State:
        """The state, to go on from by another objective; what accepts all trials need not be told."""
        return state

    def carried(self, memory: Any, picture: Picture) -> Any:
        """The memory before the first evaluation at another size, begun with `picture`; `memory` is of the last one."""
        del memory
        return self.start(picture)


def initial_state(start: Picture, optimizer: Optimizer) -> State:
    """The state before the first evaluation, with `start` as both the picture and the trial."""
    unknown = jnp.full((), jnp.nan, start.dtype)
    return State(
        # Two buffers, for donation would refuse one that is passed twice.
        picture=jnp.array(start),
        loss=jnp.full((), jnp.inf, start.dtype),
        terms=Terms(unknown, jnp.array(unknown), jnp.array(unknown)),
        trial=jnp.array(start),
        status=jnp.asarray(RUNNING),
        # Out of jit, so that its many zero buffers are not one.
        memory=jax.jit(optimizer.start)(start),
    )


def tick(state: State, evaluation: Evaluation, optimizer: Optimizer) -> State:
    """Accepts or refuses the trial, which was evaluated, and takes up the optimiser's next proposal.

    Once a state is no longer RUNNING, its picture, loss, terms and status stay as they are.
    """
    proposal = optimizer.propose(state, evaluation)
    running = state.status == RUNNING
    tried = (state.trial, evaluation.loss, evaluation.terms)
    picture, loss, terms = select(running & proposal.accepted, tried, (state.picture, state.loss, state.terms))
    return State(
        picture=picture,
        loss=loss,
        terms=terms,
        trial=jnp.where(running, proposal.trial, state.trial),
        status=jnp.where(running, proposal.status, state.status),
        # Not selected but taken: it may be large, and once nothing is accepted any more it does not matter.
        memory=proposal.memory,
    )


def select(condition: Bool[Array, ""], if_true: Any, if_false: Any) -> Any:
    """`jnp.where` over two pytrees of the same structure."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), if_true, if_false)
