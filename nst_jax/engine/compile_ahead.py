"""Compilation ahead of need: a second core compiles the programs of all scales, while the first ones are run.

The program that evaluates the objective at one scale takes seconds to compile, mostly on one core. A run that waited
for it at each of its scales would leave the other cores idle for a part of its time.
"""

import contextlib
import dataclasses
import functools
import itertools
import logging
import threading
from collections.abc import Hashable, Iterator

import jax
import jax.numpy as jnp

from nst_jax.devices import has_accelerator, usable_cores
from nst_jax.engine import batch_targets, batched
from nst_jax.engine.batch_states import initial_states
from nst_jax.engine.batched import Chunk, empty_chunk
from nst_jax.engine.mesh import make_mesh
from nst_jax.engine.scale_problem import Inputs, ScaleProblem, kind_of, scale_problem
from nst_jax.engine.single_scale import of_phase
from nst_jax.objective.objective import Objective, Targets
from nst_jax.objective.programs import make_forgettable
from nst_jax.objective.stored_programs import keeps_programs
from nst_jax.optimizers.base import Evaluation
from nst_jax.optimizers.build import build_optimizer
from nst_jax.recipes.phases import Phase
from nst_jax.recipes.recipe import Recipe

logger = logging.getLogger(__name__)

# The product of pixels and steps at the last scale from which compilation ahead is worth a thread.
WORTH_A_THREAD = 1e6


class _Done:
    """The runs whose programs have all been compiled ahead."""

    def __init__(self) -> None:
        self.runs: set[Hashable] = set()

    def clear_cache(self) -> None:
        """Forget all runs, because their programs have been forgotten."""
        self.runs.clear()


_done = _Done()
make_forgettable(_done)


@contextlib.contextmanager
def compiled_ahead(inputs: Inputs, first: int = 0) -> Iterator[None]:
    """Compile the programs that compute targets, evaluate the objective and take a step, for all scales, in a thread.

    Nothing is done on accelerators, with several devices, on a single core, for images in tiles, for little work
    (pixels times steps), where no programs are kept (see `stored_programs.keeps_programs`), or if it was done before
    for such a run. At the end of the context, the thread begins no other program. It may outlive the context by one
    compilation, for which the end of the process waits.

    Args:
        inputs: the images of a run.
        first: the index of the first scale that is run.
    """
    stop = threading.Event()
    if _is_worthwhile(inputs) and _programs_of(inputs, first) not in _done.runs:
        threading.Thread(target=_compile_scales, args=(inputs, first, stop), name="compile-ahead").start()
    try:
        yield
    finally:
        stop.set()


def _is_worthwhile(inputs: Inputs) -> bool:
    if has_accelerator() or not keeps_programs() or len(usable_cores()) == 1:
        return False
    steps = inputs.problem.recipe.steps_at(inputs.sizes)[-1]
    return inputs.sizes[-1].pixels * steps >= WORTH_A_THREAD and all(plan.tile is None for plan in inputs.plans)


def _programs_of(inputs: Inputs, first: int) -> Hashable:
    """Return a key that is equal only for runs with the same programs from a scale on."""
    regions = inputs.regions
    shapes = [each.shape for each in jax.tree.leaves((inputs.contents, inputs.styles, regions and regions.content))]
    return inputs.problem.recipe, inputs.sizes[first:], tuple(shapes), kind_of(inputs.network)


def _compile_scales(inputs: Inputs, first: int, stop: threading.Event) -> None:
    recipe = inputs.problem.recipe
    for index in range(first, len(inputs.sizes)):
        if stop.is_set():
            return
        try:
            scale = scale_problem(inputs, index, inputs.plans[index], 0)
            programs = [
                functools.partial(compile_one, scale, phase, recipe)
                for phase, compile_one in itertools.product(scale.phases, (_compile_evaluation, _compile_step))
            ]
            if index > first:
                # The run itself compiles the one of its first scale meanwhile.
                programs = [functools.partial(_compile_measurement, scale, recipe), *programs]
            for compile_one in programs:
                if stop.is_set():
                    return
                compile_one()
        except Exception:
            # What fails because of the program fails again where it is needed, and is handled there.
            logger.debug("Compilation ahead fails", exc_info=True)
            break
    _done.runs.add(_programs_of(inputs, first))


def _compile_measurement(scale: ScaleProblem, recipe: Recipe) -> None:
    """Compile the program that computes features and statistics of contents and styles, for the targets."""
    count = len(scale.contents)
    batch_targets.measure_batch.prepare(
        scale.target_network,
        _images(scale, count),
        _styles(scale, recipe, count),
        scale.masks,
        objective=Objective.of(recipe),
    )


def _compile_evaluation(scale: ScaleProblem, phase: Phase, recipe: Recipe) -> None:
    """Compile the program that evaluates the objective of one image in one phase; see `batched.evaluate_batch`."""
    objective, mesh = Objective.of(recipe), make_mesh(1)

    def targets_of(contents: jax.Array, styles: tuple[jax.Array, ...]) -> Targets:
        targets = batch_targets.make_batch_targets(scale.target_network, contents, styles, recipe, scale.masks)
        return of_phase(targets, phase, scale, contents, objective, mesh)

    contents, styles = _images(scale, 1), _styles(scale, recipe, 1)
    targets = jax.eval_shape(targets_of, contents, styles)
    objective = dataclasses.replace(objective, jitter=phase.jitter)
    batched.evaluate_batch.prepare(contents, scale.network, targets, 0, objective=objective, mesh=mesh)


def _compile_step(scale: ScaleProblem, phase: Phase, recipe: Recipe) -> None:
    """Compile the program that takes a step of all examples; see `batched.take_step_of_all`."""
    count = len(scale.contents)
    optimizer, mesh = build_optimizer(recipe, phase), make_mesh(count)

    def arguments(images: jax.Array) -> tuple[Chunk, Evaluation]:
        chunk = empty_chunk(initial_states(images, optimizer, mesh), mesh)
        return chunk, Evaluation(chunk.state.loss, chunk.state.aux, images)

    batched.take_step_of_all.prepare(
        0, *jax.eval_shape(arguments, _images(scale, count)), optimizer=optimizer, mesh=mesh
    )


def _styles(scale: ScaleProblem, recipe: Recipe, count: int) -> tuple[jax.ShapeDtypeStruct, ...]:
    """Return the shape of each style: of one image for all contents, or of a stack with one for each content."""
    batch = (count,) if Objective.of(recipe).own_styles else ()
    shapes = [(*batch, *row[0].shape) for row in scale.styles]
    return tuple(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes)  # type: ignore[no-untyped-call]


def _images(scale: ScaleProblem, count: int) -> jax.ShapeDtypeStruct:
    """Return the shape of a batch of the scale's images."""
    return jax.ShapeDtypeStruct((count, *scale.contents[0].shape), jnp.float32)  # type: ignore[no-untyped-call]
