"""The optimizer states of a batch: how they begin, pass from one phase or scale to the next, and show their images."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding
from jaxtyping import Array, Float

from nst_jax.engine.batch_targets import Images
from nst_jax.engine.mesh import BATCH
from nst_jax.objective.objective import Terms
from nst_jax.objective.programs import program
from nst_jax.optimizers.base import RUNNING, STALLED, Optimizer, State, initial_state


def initial_states(images: Images, optimizer: Optimizer, mesh: Mesh, previous: Any = None) -> State:
    """Return the optimizer states before the first evaluation of the objective, spread over the devices of the mesh.

    Args:
        images: the images to start from, (batch, height, width, 3).
        optimizer: the optimizer of all examples.
        mesh: from `make_mesh`.
        previous: the `State.inner_state` of all examples at the end of the previous scale, which
            `Optimizer.resize_state` converts to this one; None at the first scale.
    """
    states = _initial_states(images, optimizer)
    if previous is not None:
        states = states._replace(inner_state=_resized(previous, images, optimizer))
    return shard_state(states, mesh)


def restart(state: State, optimizer: Optimizer, mesh: Mesh) -> State:
    """Prepare the states for another objective (see `Optimizer.restart`); `state` is donated: do not use it again."""
    return shard_state(_restart(state, optimizer), mesh)


def switch_optimizer(state: State, old: Optimizer, new: Optimizer, mesh: Mesh) -> State:
    """Return new states that start from the images that the old optimizer has reached.

    DIVERGED and CONVERGED examples keep their status; STALLED ones are RUNNING again.
    """
    status = jnp.where(state.status == STALLED, RUNNING, state.status)
    return initial_states(iterates(state, old), new, mesh)._replace(
        status=jax.device_put(status, NamedSharding(mesh, BATCH))
    )


def shard_state(state: State, mesh: Mesh) -> State:
    """Distribute a state over the devices of the mesh along the batch axis."""
    return jax.device_put(state, NamedSharding(mesh, BATCH))


@program(static_argnames="optimizer")
def iterates(state: State, optimizer: Optimizer) -> Images:
    """Return the image that each example has reached, (batch, height, width, 3).

    The images are in new buffers, so that they stay valid: the next step donates the buffers of `state`, and jax
    overwrites them.
    """
    return jnp.array(jax.vmap(optimizer.iterate)(state))


@program()
def example(images: Images, index: Array | int) -> Float[Array, "height width 3"]:
    """Return one image of a batch."""
    return images[index]


@program(static_argnames="optimizer")
def _initial_states(images: Images, optimizer: Optimizer) -> State:
    scalar = jnp.zeros((), images.dtype)
    make = functools.partial(initial_state, optimizer=optimizer, aux_like=Terms(scalar, scalar, scalar))
    return jax.vmap(make)(images)


@program(static_argnames="optimizer")
def _resized(previous: Any, images: Images, optimizer: Optimizer) -> Any:
    return jax.vmap(optimizer.resize_state)(previous, images)


@program(static_argnames=("optimizer",), donate_argnames="state")
def _restart(state: State, optimizer: Optimizer) -> State:
    return jax.vmap(optimizer.restart)(state)
