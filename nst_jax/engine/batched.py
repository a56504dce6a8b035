"""Batches: the program for one image under vmap, distributed over the local devices with shard_map.

Each example has its own optimizer state and content targets, and stops independently of the others. The network and,
unless each content needs its own, the style targets are shared. Devices do not communicate. A single image is a batch
of one.

On a single CPU device and without tiles, each step evaluates the objective of one example after the other
(`evaluate_one_by_one`): faster, because the activations of several do not fit into the processor's cache, with less
memory, and with one compiled program for all batch sizes.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding
from jaxtyping import Array

from nst_jax.engine.batch_targets import Images, example
from nst_jax.engine.mesh import BATCH, REPLICATED, partition, sharded, target_spec
from nst_jax.engine.watch import Watch
from nst_jax.networks.vgg import VGG
from nst_jax.objective.examples import map_examples
from nst_jax.objective.objective import Objective, Targets, Terms, evaluate
from nst_jax.objective.programs import program
from nst_jax.objective.stored_programs import stored_program
from nst_jax.optimizers.base import Evaluation, Optimizer, State, take_step

# The most steps in one chunk, which is the length of its record of the loss terms.
CHUNK_LIMIT = 64


class Chunk(NamedTuple):
    """The outcome of a chunk of steps.

    Attributes:
        state: the optimizer state of all examples; each leaf has a leading batch axis.
        record: the loss terms at the accepted images after each step, (batch, CHUNK_LIMIT); inf after the last step.
    """

    state: State
    record: Terms


def empty_chunk(state: State, mesh: Mesh) -> Chunk:
    """Return a chunk without any steps: its record is infinite, because `jax_debug_nans` would refuse NaN."""
    empty = jnp.full((len(state.loss), CHUNK_LIMIT), jnp.inf, state.loss.dtype)
    # A separate buffer for each term, because a donated buffer may be passed only once.
    return Chunk(state, Terms(*(jax.device_put(jnp.array(empty), NamedSharding(mesh, BATCH)) for _ in Terms._fields)))


def run_chunk(
    state: State,
    count: int,
    network: VGG,
    targets: Targets | list[Targets],
    *,
    objective: Objective,
    optimizer: Optimizer,
    mesh: Mesh,
    first: int = 0,
    in_loop: bool = False,
    tile: int | None = None,
    contents: Images | None = None,
    watch: Watch | None = None,
) -> Chunk:
    """Dispatch `count` steps (at most CHUNK_LIMIT) of every example, without waiting for the device.

    `state` is donated: do not use it again. `first` is the number of steps before this chunk, from which jitter counts
    its offsets. With `in_loop`, which accelerators need, all steps are one program. With `tile`, the objective is
    evaluated in tiles of about that side in pixels, each by a program of its own, whatever `in_loop` is; for
    `contents` and `watch`, see `evaluate_in_tiles`. With a list of targets, from `split_targets` and for a single
    device, the examples are evaluated one after the other, and `in_loop` and `tile` are ignored. None of the three
    changes the images, up to rounding.
    """
    chunk = empty_chunk(state, mesh)
    if in_loop and tile is None and not isinstance(targets, list):
        return _loop(chunk, network, targets, count, first, objective=objective, optimizer=optimizer, mesh=mesh)
    # XLA's CPU backend runs the body of a loop on one thread and without its fast convolutions, five times slower
    # (VGG-19, 256 px). Even the small loop inside L-BFGS slows down a network that is compiled together with it. So on
    # a CPU evaluation and step are separate calls, whose asynchronous dispatch costs nothing measurable.
    evaluate_all = _evaluation_of(targets, tile, contents, watch)
    for index in range(count):
        trial = chunk.state.trial
        evaluation = evaluate_all(trial, network, targets, first + index, objective=objective, mesh=mesh)
        chunk = take_step_of_all(index, chunk, evaluation, optimizer=optimizer, mesh=mesh)
    return chunk


def _evaluation_of(
    targets: Targets | list[Targets], tile: int | None, contents: Images | None, watch: Watch | None
) -> Callable[..., Evaluation]:
    """Return the function that evaluates the objective; the arguments are as for `run_chunk`."""
    if isinstance(targets, list):
        return evaluate_one_by_one
    if tile is None:
        return evaluate_batch
    from nst_jax.engine.tiling import evaluate_in_tiles  # only here, because most images need no tiles

    return functools.partial(evaluate_in_tiles, tile=tile, contents=contents, watch=watch)


@stored_program(static=("objective", "mesh"))
def evaluate_batch(
    images: Images,
    network: VGG,
    targets: Targets,
    step: Array | int = 0,
    *,
    objective: Objective,
    mesh: Mesh,
) -> Evaluation:
    """Evaluate the objective, its terms and its gradient for each example; only jitter uses `step`."""
    local = functools.partial(_evaluate_shard, objective=objective)
    return sharded(local, mesh, BATCH, REPLICATED, partition(objective), REPLICATED)(images, network, targets, step)


def evaluate_one_by_one(
    images: Images,
    network: VGG,
    targets: list[Targets],
    step: Array | int = 0,
    *,
    objective: Objective,
    mesh: Mesh,
) -> Evaluation:
    """Evaluate the same as `evaluate_batch` by one call for each example; `targets` are from `split_targets`."""
    assert len(images) == len(targets)
    evaluations: list[Evaluation] = []
    for index, own in enumerate(targets):
        # Each call waits for the one before: jax would run several at once and hold the activations of all of them.
        after = evaluations[-1].loss if evaluations else None
        evaluations.append(
            evaluate_batch(example(images, index, after), network, own, step, objective=objective, mesh=mesh)
        )
    return _joined(evaluations)


@program()
def _joined(evaluations: list[Evaluation]) -> Evaluation:
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *evaluations)


# The chunk is donated whole, so that buffers that the optimizer overwrites without reading are freed as well.
@stored_program(static=("optimizer", "mesh"), donate=(1,))
def take_step_of_all(
    index: Array | int, chunk: Chunk, evaluation: Evaluation, *, optimizer: Optimizer, mesh: Mesh
) -> Chunk:
    """Take a step of each example with its evaluation, and record the loss terms; the chunk is donated."""
    local = functools.partial(_step_shard, optimizer=optimizer)
    return sharded(local, mesh, REPLICATED, BATCH, BATCH)(index, chunk, evaluation)


@stored_program(static=("objective", "optimizer", "mesh"), donate=(0,))
def _loop(
    chunk: Chunk,
    network: VGG,
    targets: Targets,
    count: Array | int,
    first: Array | int,
    *,
    objective: Objective,
    optimizer: Optimizer,
    mesh: Mesh,
) -> Chunk:
    def local(chunk: Chunk, network: VGG, targets: Targets, count: Array, first: Array) -> Chunk:
        def body(index: Array, carry: Chunk) -> Chunk:
            evaluation = _evaluate_shard(carry.state.trial, network, targets, first + index, objective)
            return _step_shard(index, carry, evaluation, optimizer)

        return jax.lax.fori_loop(0, count, body, chunk)

    in_specs = (BATCH, REPLICATED, partition(objective), REPLICATED, REPLICATED)
    return sharded(local, mesh, *in_specs)(chunk, network, targets, count, first)


def _evaluate_shard(
    images: Images, network: VGG, targets: Targets, step: Array | int, objective: Objective
) -> Evaluation:
    """Evaluate the examples of one device."""

    def one(image: Any, targets: Targets) -> Evaluation:
        # All examples share one step number: with an offset for each example, every slice would become a gather.
        (loss, terms), gradient = jax.value_and_grad(evaluate, has_aux=True)(image, network, targets, objective, step)
        return Evaluation(loss, terms, gradient)

    return map_examples(one, in_axes=(0, target_spec(objective, 0, None)))(images, targets)


def _step_shard(index: Array | int, chunk: Chunk, evaluation: Evaluation, optimizer: Optimizer) -> Chunk:
    state = jax.vmap(functools.partial(take_step, optimizer=optimizer))(chunk.state, evaluation)
    record = jax.tree.map(lambda values, value: values.at[:, index].set(value), chunk.record, state.aux)
    return Chunk(state, record)
