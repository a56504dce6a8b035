"""A whole run: a batch of images of one size, stylized scale after scale."""

import functools
import warnings
from collections.abc import Iterator

import jax

from nst_jax.devices import has_accelerator, is_out_of_memory
from nst_jax.engine.checkpoint import SavedRun
from nst_jax.engine.compile_ahead import compiled_ahead
from nst_jax.engine.dispatch import Snapshot
from nst_jax.engine.history import RunHistory
from nst_jax.engine.memory_plan import smaller_plan
from nst_jax.engine.problem import Problem
from nst_jax.engine.provenance import RunInputs, provenance, run_inputs
from nst_jax.engine.result import Progress
from nst_jax.engine.scale_problem import Inputs, prepare, scale_problem
from nst_jax.engine.single_scale import run_scale
from nst_jax.engine.watch import RunPlan
from nst_jax.engine.work import step_work
from nst_jax.objective.allocator import return_large_blocks
from nst_jax.objective.programs import forget


def run_multiscale(problem: Problem) -> Iterator[list[Progress]]:
    """Stylize a batch, from the coarsest scale to the final size.

    Args:
        problem: images, settings and network.

    Yields:
        The progress of each content, about twice a second and after each `problem.every` steps, while the device
        already computes the next steps.

    Raises:
        InputError: when settings and images do not match, or an image is too large for the memory.
    """
    inputs = prepare(problem)
    recipe, checkpoint, sizes = problem.recipe, problem.checkpoint, inputs.sizes
    pictures = inputs.regions.pictures if inputs.regions else ()

    @functools.cache
    def identities(index: int) -> RunInputs:
        # Called for a result or a checkpoint, because the hashes of large images take a while.
        return run_inputs(problem.weights, problem.contents[index], inputs.problem.styles, pictures)

    work = [step_work(recipe, size, plan) for size, plan in zip(sizes, inputs.plans, strict=True)]
    if any(plan.tile is not None for plan in inputs.plans):
        # From the first scale on: what the coarse scales free would stay with glibc, 0.4 GB of it at 3600 pixels.
        return_large_blocks()
    history = RunHistory(inputs.problem, identities, sizes, work, inputs.regions)
    if problem.watch:
        problem.watch.planned(RunPlan(sizes, inputs.plans))
    facts = [provenance(recipe, identities(index)) for index in range(len(problem.contents))] if checkpoint else []
    saved: SavedRun | None = checkpoint.read(facts) if checkpoint else None
    if saved:
        history.load_state_dict(saved.history)
    first = saved.scale if saved else 0
    previous: Snapshot | None = None
    with compiled_ahead(inputs, first):
        for index in range(first, len(sizes)):
            snapshots = _run_scale(inputs, index, history, problem, previous, saved)
            # Whoever has a reference to a state keeps its memory.
            previous = None
            for snapshot in snapshots:
                yield history.update(sizes[index], snapshot)
                if checkpoint and snapshot.state is not None and not snapshot.ended:
                    checkpoint.write(facts, index, snapshot.steps, snapshot.state, history.state_dict())
            previous, saved = snapshot, None
            if history.finish_scale(snapshot):
                return
            del snapshot


def _run_scale(
    inputs: Inputs,
    index: int,
    history: RunHistory,
    problem: Problem,
    previous: Snapshot | None,
    saved: SavedRun | None,
) -> Iterator[Snapshot]:
    """Run one scale, again in smaller tiles if an accelerator runs out of memory.

    That is done for a single image with `tile="auto"`, from the state in which the scale was first started. Snapshots
    of the failed attempt may have been yielded by then, so the number of steps may go back. A batch is not started
    again here: folder mode halves it, which is faster than tiles.
    """
    size, plan, weights = inputs.sizes[index], inputs.plans[index], inputs.weights
    can_repeat = has_accelerator() and problem.recipe.tile == "auto" and len(problem.contents) == 1
    kept = None
    if can_repeat and previous:
        # On the host, because the device may have no room for it.
        images, final = jax.device_get((previous.images, previous.final))
        kept = previous._replace(images=images, final=final)
    while True:
        snapshots = run_scale(scale_problem(inputs, index, plan, history.steps), problem, previous, saved)
        previous = None
        try:
            yield from snapshots
            return
        except (MemoryError, jax.errors.JaxRuntimeError) as error:
            smaller = smaller_plan(weights, problem.recipe, size, plan) if can_repeat else None
            if smaller is None or not is_out_of_memory(error):
                raise
        how = (
            "with the content's features computed again in each step"
            if smaller.tile == plan.tile
            else f"in tiles of {smaller.tile} pixels; --tile {smaller.tile} uses them from the start"
        )
        warnings.warn(
            f"Out of memory at {size.width}x{size.height} pixels; this scale starts again {how}.", stacklevel=2
        )
        previous, plan = kept, smaller
        del snapshots
        forget()
        history.restart_scale()
