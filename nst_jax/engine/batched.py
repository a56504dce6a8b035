"""Several images side by side: the single-image program under vmap, split over the devices with shard_map.

Each image has a lane of its own: its state, its content targets, its pace. The network and the style targets are
shared. No lane needs another, so there is no communication between devices, and one image is a batch of one.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Array, Float

from nst_jax.devices import has_accelerator
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.objective import Coefficients, Masks, Objective, Targets, Terms, evaluate
from nst_jax.objective.targets import add_jitter_offsets, make_targets
from nst_jax.optimizers.base import RUNNING, STALLED, Evaluation, Optimizer, State, initial_state, take_step
from nst_jax.recipes.recipe import Recipe

BATCH_AXIS = "batch"
BATCH, REPLICATED = P(BATCH_AXIS), P()  # type: ignore[no-untyped-call]
# The most ticks in one chunk: the length of the record that comes back with it.
CHUNK_LIMIT = 64

Images = Float[Array, "batch height width 3"]
Styles = Float[Array, "... _ _ 3"] | tuple[Float[Array, "... _ _ 3"], ...]


class Chunk(NamedTuple):
    """What a chunk of ticks leaves.

    Attributes:
        state: of all lanes, each leaf with the lanes in front.
        record: the accepted images' terms after each tick, (lanes, CHUNK_LIMIT), not a number beyond the last tick.
    """

    state: State
    record: Terms


def make_mesh(lanes: int) -> Mesh:
    """All local devices, or as many as there are lanes. The number of lanes must be a multiple of theirs."""
    devices = jax.local_devices()
    return Mesh(np.array(devices[: min(lanes, len(devices))]), (BATCH_AXIS,))


def make_batch_targets(
    network: VGG19, contents: Images, style: Styles, recipe: Recipe, masks: Masks | None = None
) -> Targets:
    """The targets of each lane's content, (lanes, ...), and those of the style; see `objective.make_targets`.

    Args:
        network: the network.
        contents: (lanes, height, width, 3).
        style: (h, w, 3), or (lanes, h, w, 3) where the recipe gives each lane a style of its own; or several of them.
        recipe: as for `make_targets`.
        masks: the same for all lanes.
    """
    objective = Objective.of(recipe)
    make: Callable[..., Targets] = jax.vmap(
        lambda content, style: make_targets(network, content, style, recipe, masks),
        in_axes=(0, 0 if objective.own_styles else None),
        out_axes=_targets(objective, 0, None),
    )
    return make(contents, style)


def add_batch_jitter_offsets(
    targets: Targets, network: VGG19, contents: Images, masks: Masks | None, objective: Objective
) -> Targets:
    """The targets of `make_batch_targets` as steps with jitter need them; see `targets.add_jitter_offsets`."""
    parts = _targets(objective, 0, None)
    seen: Callable[..., Targets] = jax.vmap(
        lambda targets, content: add_jitter_offsets(targets, network, content, masks, objective),
        in_axes=(parts, 0),
        out_axes=parts,
    )
    return seen(targets, contents)


def initial_states(images: Images, optimizer: Optimizer, mesh: Mesh, previous: Any = None) -> State:
    """Returns the states before the first evaluation, spread over the devices of the mesh.

    Args:
        images: to start from, (batch, height, width, 3).
        optimizer: of all examples.
        mesh: from `make_mesh`.
        previous: the inner states at the end of the previous scale, if there was one.
    """
    scalar = jnp.zeros((), images.dtype)
    make = functools.partial(initial_state, optimizer=optimizer, aux_like=Terms(scalar, scalar, scalar))
    states = jax.vmap(make)(images)
    if previous is not None:
        states = states._replace(inner_state=_resized(previous, images, optimizer))
    return shard_state(states, mesh)


def restart(state: State, optimizer: Optimizer, mesh: Mesh) -> State:
    """Prepares the states for another objective; see `Optimizer.restart`. `state` is donated: do not use it again."""
    return shard_state(_restart(state, optimizer), mesh)


def switch_optimizer(state: State, old: Optimizer, new: Optimizer, mesh: Mesh) -> State:
    """Returns new states that start from what the old optimizer has reached.

    Examples that have DIVERGED or CONVERGED stay so; those that have STALLED are RUNNING again.
    """
    status = jnp.where(state.status == STALLED, RUNNING, state.status)
    return initial_states(iterates(state, old), new, mesh)._replace(
        status=jax.device_put(status, NamedSharding(mesh, BATCH))
    )


def shard_state(state: State, mesh: Mesh) -> State:
    """Spreads a state over the devices of the mesh along the batch axis."""
    return jax.device_put(state, NamedSharding(mesh, BATCH))


def iterates(state: State, optimizer: Optimizer) -> Images:
    """Returns the image that each example has reached, in new buffers."""
    return jnp.array(jax.vmap(optimizer.iterate)(state))


def empty_chunk(state: State, mesh: Mesh) -> Chunk:
    """A chunk without a tick yet."""
    empty = jnp.full((len(state.loss), CHUNK_LIMIT), jnp.nan, state.loss.dtype)
    # A buffer for each term, for donation would refuse one that is passed twice.
    return Chunk(state, Terms(*(jax.device_put(jnp.array(empty), NamedSharding(mesh, BATCH)) for _ in Terms._fields)))


def run_chunk(
    state: State,
    count: int,
    network: VGG19,
    targets: Targets,
    *,
    objective: Objective,
    optimizer: Optimizer,
    mesh: Mesh,
    first: int = 0,
) -> Chunk:
    """Runs `count` ticks of every lane, at most CHUNK_LIMIT, without waiting for them.

    `state` is donated: it must not be used again. However a run is cut into chunks, its images are the same, given
    that `first` is the number of ticks before these.
    """
    chunk = empty_chunk(state, mesh)
    if has_accelerator():
        return _loop(chunk, network, targets, count, first, objective, optimizer, mesh)
    # XLA's CPU backend runs the body of a loop on one thread, without its fast convolutions: five times slower
    # (VGG-19, 256 px). Even the small loop inside L-BFGS slows down a network compiled together with it. Two calls
    # for each tick, dispatched without waiting, cost nothing there.
    for index in range(count):
        evaluation = evaluate_batch(chunk.state.trial, network, targets, objective, mesh, first + index)
        chunk = _take_step(index, chunk, evaluation, optimizer, mesh)
    return chunk


@jax.jit(static_argnames=("objective", "mesh"))
def evaluate_batch(
    images: Images,
    network: VGG19,
    targets: Targets,
    objective: Objective,
    mesh: Mesh,
    step: Array | int = 0,
) -> Evaluation:
    """The objective, its terms and its gradient for each lane, once; `step` is for `objective.jitter` alone."""
    local = functools.partial(_evaluate_shard, objective=objective)
    return _sharded(local, mesh, BATCH, REPLICATED, _places(objective), REPLICATED)(images, network, targets, step)


@jax.jit(static_argnames="optimizer")
def _resized(previous: Any, images: Images, optimizer: Optimizer) -> Any:
    return jax.vmap(optimizer.resize_state)(previous, images)


@jax.jit(static_argnames="optimizer", donate_argnames="state")
def _restart(state: State, optimizer: Optimizer) -> State:
    return jax.vmap(optimizer.restart)(state)


# Also what an optimizer overwrites unread is donated, or it would outlive its use.
@jax.jit(static_argnames=("optimizer", "mesh"), donate_argnames="chunk", keep_unused=True)
def _take_step(index: Array | int, chunk: Chunk, evaluation: Evaluation, optimizer: Optimizer, mesh: Mesh) -> Chunk:
    local = functools.partial(_step_shard, optimizer=optimizer)
    return _sharded(local, mesh, REPLICATED, BATCH, BATCH)(index, chunk, evaluation)


@jax.jit(static_argnames=("objective", "optimizer", "mesh"), donate_argnames="chunk", keep_unused=True)
def _loop(
    chunk: Chunk,
    network: VGG19,
    targets: Targets,
    count: Array | int,
    first: Array | int,
    objective: Objective,
    optimizer: Optimizer,
    mesh: Mesh,
) -> Chunk:
    def local(chunk: Chunk, network: VGG19, targets: Targets, count: Array, first: Array) -> Chunk:
        def body(index: Array, carry: Chunk) -> Chunk:
            evaluation = _evaluate_shard(carry.state.trial, network, targets, first + index, objective)
            return _step_shard(index, carry, evaluation, optimizer)

        return jax.lax.fori_loop(0, count, body, chunk)

    places = (BATCH, REPLICATED, _places(objective), REPLICATED, REPLICATED)
    return _sharded(local, mesh, *places)(chunk, network, targets, count, first)


def _evaluate_shard(
    images: Images, network: VGG19, targets: Targets, step: Array | int, objective: Objective
) -> Evaluation:
    """On one device, for its share of the lanes."""

    def one(image: Any, targets: Targets) -> Evaluation:
        # The step is the same for all lanes: an offset of each lane's own would make a gather of every slice.
        (loss, terms), gradient = jax.value_and_grad(evaluate, has_aux=True)(image, network, targets, objective, step)
        return Evaluation(loss, terms, gradient)

    return jax.vmap(one, in_axes=(0, _targets(objective, 0, None)))(images, targets)


def _step_shard(index: Array | int, chunk: Chunk, evaluation: Evaluation, optimizer: Optimizer) -> Chunk:
    state = jax.vmap(functools.partial(take_step, optimizer=optimizer))(chunk.state, evaluation)
    record = jax.tree.map(lambda values, value: values.at[:, index].set(value), chunk.record, state.aux)
    return Chunk(state, record)


def _sharded(function: Callable[..., Any], mesh: Mesh, *specifications: Any) -> Callable[..., Any]:
    """The function on each device's share, (lanes / devices, ...). Nothing is communicated, so nothing is checked."""
    return jax.shard_map(function, mesh=mesh, in_specs=specifications, out_specs=BATCH, check_vma=False)


def _places(objective: Objective) -> Targets:
    return _targets(objective, BATCH, REPLICATED)


def _targets(objective: Objective, own: Any, shared: Any) -> Targets:
    """What is to be said of each part of the targets, lanes' own or shared, as a prefix of the pytree."""
    style = own if objective.own_styles else shared
    style_weights = own if objective.own_styles or objective.from_content else shared
    return Targets(own, style, shared, Coefficients(own, style_weights, shared, own))
