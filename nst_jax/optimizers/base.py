"""The common form of all optimizers here: a state, and one evaluation of the loss and its gradient per step.

A step judges the trial image, whose loss and gradient have just been evaluated: it accepts or rejects it and proposes
the next trial. Decisions are `jnp.where` selections instead of `lax.cond` or inner loops, so the same program runs one
image or, under `jax.vmap`, a batch in which each image advances at its own pace.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Image = Float[Array, "height width 3"]
Scalar = Float[Array, ""]

# The status of an optimization.
RUNNING, CONVERGED, STALLED, DIVERGED = range(4)


class Evaluation(NamedTuple):
    """A loss and its gradient at an image.

    Attributes:
        loss: scalar.
        aux: any pytree of arrays that the loss function returns beside the loss (as `jax.value_and_grad(has_aux=True)`
            has it); optimizers pass it through without looking at it.
        gradient: (height, width, 3), of the image's dtype.
    """

    loss: Scalar
    aux: Any
    gradient: Image


class State(NamedTuple):
    """An optimization between two steps.

    Attributes:
        image: the last accepted image, (height, width, 3).
        loss: the loss of `image`; infinite before the first evaluation.
        aux: the `Evaluation.aux` of `image`.
        trial: the image to evaluate next, (height, width, 3).
        status: RUNNING, or the reason why nothing changes any more (CONVERGED, STALLED or DIVERGED).
        inner_state: the state of the optimizer itself, such as `AdamState`.
    """

    image: Image
    loss: Scalar
    aux: Any
    trial: Image
    status: Int[Array, ""]
    inner_state: Any


class Update(NamedTuple):
    """What an optimizer decides after an evaluation.

    Attributes:
        accepted: whether the trial becomes the state's image.
        trial: the next image to evaluate, (height, width, 3).
        status: the next `State.status`.
        inner_state: the next `State.inner_state`.
    """

    accepted: Bool[Array, ""]
    trial: Image
    status: Int[Array, ""]
    inner_state: Any


@runtime_checkable
class Optimizer(Protocol):
    """Base class of optimizers: hashable settings, passed to `jax.jit` as a static argument."""

    def init(self, image: Image) -> Any:
        """Return the inner state before the first evaluation."""

    def update(self, state: State, evaluation: Evaluation) -> Update:
        """Judge the trial of `state` by its evaluation and propose the next trial."""

    def iterate(self, state: State) -> Image:
        """Return the image that the optimizer offers as its result so far; by default the last accepted one."""
        return state.image

    def restart(self, state: State) -> State:
        """Return the state with which to go on after the objective has changed; by default `state` itself.

        An optimizer overrides this to discard what refers to the old objective, such as its loss, a step length that a
        line search has chosen, or the progress of a schedule. The image is kept.

        Args:
            state: the state at the end of the steps with the old objective.
        """
        return state

    def resize_state(self, inner_state: Any, image: Image) -> Any:
        """Return the inner state to begin the next scale with; by default a new one.

        Args:
            inner_state: the inner state at the end of the previous scale.
            image: the first image of the next scale, (height, width, 3).
        """
        del inner_state
        return self.init(image)


def initial_state(image: Image, optimizer: Optimizer, aux_like: Any) -> State:
    """Return the state before the first evaluation, with `image` as both the accepted image and the trial.

    Args:
        image: (height, width, 3).
        optimizer: the optimizer.
        aux_like: a pytree of arrays or of `jax.ShapeDtypeStruct` with the structure, shapes and dtypes of
            `Evaluation.aux`. Its floats are infinite in the state until the first image is accepted.
    """

    def unknown(leaf: Any) -> Array:
        dtype = jnp.dtype(leaf.dtype)
        return jnp.full(leaf.shape, jnp.inf if jnp.issubdtype(dtype, jnp.inexact) else 0, dtype)

    return State(
        # Separate buffers, because a donated buffer may be passed only once.
        image=jnp.array(image),
        loss=jnp.full((), jnp.inf, image.dtype),
        aux=jax.tree.map(unknown, aux_like),
        trial=jnp.array(image),
        status=jnp.asarray(RUNNING),
        # Compiled, because outside of jit equal zeros would share one buffer.
        inner_state=jax.jit(optimizer.init)(image),
    )


def take_step(state: State, evaluation: Evaluation, optimizer: Optimizer) -> State:
    """Accept or reject the evaluated trial and move on to the next one.

    Once the status is not RUNNING, image, loss, aux and status stay as they are.

    Args:
        state: the state before the step.
        evaluation: the evaluation of `state.trial`.
        optimizer: the optimizer that `state` belongs to.
    """
    update = optimizer.update(state, evaluation)
    running = state.status == RUNNING
    tried = (state.trial, evaluation.loss, evaluation.aux)
    image, loss, aux = select(running & update.accepted, tried, (state.image, state.loss, state.aux))
    return State(
        image=image,
        loss=loss,
        aux=aux,
        trial=jnp.where(running, update.trial, state.trial),
        status=jnp.where(running, update.status, state.status),
        # Taken without a selection: it may be large, and it has no effect once the run has ended.
        inner_state=update.inner_state,
    )


def select(condition: Bool[Array, ""], if_true: Any, if_false: Any) -> Any:
    """Return one of two pytrees: `if_true` where the condition holds, else `if_false`, by `jnp.where` on each leaf.

    Args:
        condition: a boolean scalar.
        if_true: a pytree of arrays of any shapes.
        if_false: a pytree of the same structure, shapes and dtypes.

    Returns:
        A pytree of that structure.
    """
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), if_true, if_false)
