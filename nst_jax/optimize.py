"""One evaluation a tick: the state of an optimisation and the jitted, donated chunk of ticks.

Both optimisers share one shape: a tick evaluates the loss and its gradient at the trial picture once, then accepts it
and proposes the next trial, or refuses it and proposes another. Everything is a select, nothing a conditional or an
inner loop, so that the same program runs one picture or, under vmap, many, each at its own pace.
"""

import functools
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from nst_jax.losses import Scalar
from nst_jax.objective import Objective, Picture, Targets, Terms, evaluate
from nst_jax.vgg import VGG19

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
    """Hashable settings of an optimiser, a static argument of jit."""

    def start(self, picture: Picture) -> Any:
        """The memory before the first evaluation."""

    def propose(self, state: State, evaluation: Evaluation) -> Proposal:
        """Judges the trial of `state`, which was evaluated, and proposes the next."""


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


# The most ticks in one chunk: the length of the record that comes back with it.
CHUNK_LIMIT = 64


class Chunk(NamedTuple):
    """What a chunk of ticks leaves: the state, and the accepted picture's terms after each tick, `count` of them."""

    state: State
    record: Terms


def run_chunk(
    state: State, count: int, network: VGG19, targets: Targets, *, objective: Objective, optimizer: Optimizer
) -> Chunk:
    """Runs `count` ticks, at most CHUNK_LIMIT, without waiting for them.

    `state` is donated: it must not be used again. However a run is cut into chunks, its pictures are the same.
    """
    empty = jnp.full((CHUNK_LIMIT,), jnp.nan, state.loss.dtype)
    chunk = Chunk(state, Terms(empty, jnp.array(empty), jnp.array(empty)))
    if not _runs_on_cpu():
        return _loop(chunk, network, targets, count, objective, optimizer)
    # XLA's CPU backend runs the body of a loop on one thread, without its fast convolutions: five times slower
    # (VGG-19, 256 px). Even the small loop inside L-BFGS slows down a network compiled together with it. Two calls
    # for each tick, dispatched without waiting, cost nothing there.
    for index in range(count):
        evaluation = _evaluate(chunk.state.trial, network, targets, objective)
        chunk = _tick_and_record(index, chunk, evaluation, optimizer)
    return chunk


def _runs_on_cpu() -> bool:
    return jax.default_backend() == "cpu"


@functools.partial(jax.jit, static_argnames="objective")
def _evaluate(picture: Picture, network: VGG19, targets: Targets, objective: Objective) -> Evaluation:
    (loss, terms), gradient = jax.value_and_grad(evaluate, has_aux=True)(picture, network, targets, objective)
    return Evaluation(loss, terms, gradient)


@functools.partial(jax.jit, static_argnames="optimizer", donate_argnames="chunk")
def _tick_and_record(index: Array | int, chunk: Chunk, evaluation: Evaluation, optimizer: Optimizer) -> Chunk:
    state = tick(chunk.state, evaluation, optimizer)
    record = jax.tree.map(lambda values, value: values.at[index].set(value), chunk.record, state.terms)
    return Chunk(state, record)


@functools.partial(jax.jit, static_argnames=("objective", "optimizer"), donate_argnames="chunk")
def _loop(
    chunk: Chunk, network: VGG19, targets: Targets, count: Array | int, objective: Objective, optimizer: Optimizer
) -> Chunk:
    def body(index: Array, carry: Chunk) -> Chunk:
        evaluation = _evaluate(carry.state.trial, network, targets, objective)
        return _tick_and_record(index, carry, evaluation, optimizer)

    return jax.lax.fori_loop(0, count, body, chunk)
