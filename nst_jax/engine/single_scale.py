"""The optimization of a batch at one scale, phase after phase."""

import dataclasses
import functools
import itertools
from collections.abc import Hashable, Iterator, Sequence

import jax
import numpy as np
from jax.sharding import Mesh

from nst_jax.devices import has_accelerator
from nst_jax.engine import batch_states, batch_targets, batched
from nst_jax.engine.checkpoint import SavedRun
from nst_jax.engine.dispatch import Snapshot, run_chunks
from nst_jax.engine.mesh import BATCH, REPLICATED, batch_devices, make_mesh, partition, place
from nst_jax.engine.preprocess import initial_image, upsample_with_detail
from nst_jax.engine.problem import Problem
from nst_jax.engine.scale_problem import ScaleProblem, kind_of
from nst_jax.images.picture import RGB
from nst_jax.objective.objective import Objective, Targets, without_huber
from nst_jax.objective.programs import forget, make_room
from nst_jax.optimizers.base import Optimizer, State
from nst_jax.optimizers.build import build_optimizer
from nst_jax.recipes.phases import Phase
from nst_jax.recipes.recipe import Recipe


def run_scale(
    scale: ScaleProblem, problem: Problem, previous: Snapshot | None, saved: SavedRun | None
) -> Iterator[Snapshot]:
    """Run the steps of one scale, phase after phase.

    Args:
        scale: images, phases and networks of this scale.
        problem: the problem of the whole run, of which only `recipe`, `checkpoint`, `watch` and `every` (report
            progress after each multiple of this number of steps) are used.
        previous: the last snapshot of the previous scale; None at the first scale.
        saved: the checkpoint of a run that was interrupted at this scale, to run only the steps that are missing; None
            to run all steps.

    Yields:
        A snapshot after each chunk of steps.
    """
    recipe = problem.recipe
    mesh = make_mesh(len(scale.contents), tiles=scale.memory.tile is not None)
    objective = Objective.of(recipe)
    contents = _stacked(scale.contents, mesh)
    ends = [*itertools.accumulate(phase.steps for phase in scale.phases)]
    optimizers = [build_optimizer(recipe, phase) for phase in scale.phases]
    if scale.memory.tile is not None:
        # The programs of the smaller sizes take about as much memory as a few images of this one.
        forget()
    make_room((contents.shape, *_shapes(scale), scale.memory[:2], objective, *optimizers))
    targets = _targets(scale, contents, recipe, objective, mesh)
    network = place(scale.network, mesh, REPLICATED)
    state, done, first = _begin(scale, recipe, previous, saved, optimizers, ends, mesh)
    del previous  # and its memory
    for index in range(first, len(ends)):
        phase, optimizer = scale.phases[index], optimizers[index]
        if index > first:
            old = optimizers[index - 1]
            state = (
                batch_states.restart(state, optimizer, mesh)
                if optimizer == old
                else batch_states.switch_optimizer(state, old, optimizer, mesh)
            )
        snapshots = run_chunks(
            state,
            functools.partial(
                batched.run_chunk,
                network=network,
                targets=_targets_of_phase(targets, phase, scale, contents, objective, mesh),
                objective=dataclasses.replace(objective, jitter=phase.jitter),
                optimizer=optimizer,
                mesh=mesh,
                in_loop=has_accelerator(),
                tile=scale.memory.tile,
                contents=contents if scale.memory.recompute else None,
                watch=problem.watch,
            ),
            functools.partial(batch_states.iterates, optimizer=optimizer),
            ends[index],
            problem.every,
            scale.steps_before,
            done,
            problem.checkpoint.is_due if problem.checkpoint else lambda: False,
            is_last=index == len(ends) - 1,
            # A step in tiles takes long enough to be reported at once.
            ahead=2 if scale.memory.tile is None else 1,
        )
        for snapshot in snapshots:
            yield snapshot
            if snapshot.ended:
                return
            if snapshot.final is not None:
                state, done = snapshot.final, snapshot.steps


def _shapes(scale: ScaleProblem) -> tuple[Hashable, ...]:
    """Return the shapes, besides those of the contents, and the kind of network, on which compiled programs depend."""
    arrays = ([row[0] for row in scale.styles], scale.masks)
    return (*(leaf.shape for leaf in jax.tree.leaves(arrays)), *kind_of(scale.network))


def _begin(
    scale: ScaleProblem,
    recipe: Recipe,
    previous: Snapshot | None,
    saved: SavedRun | None,
    optimizers: Sequence[Optimizer],
    ends: Sequence[int],
    mesh: Mesh,
) -> tuple[State, int, int]:
    """Return the initial state, the number of steps already done at this scale, and the index of the phase."""
    inner = previous.final.inner_state if previous and previous.final else None
    images = _stacked(_start_images(scale, recipe, previous), mesh)
    if saved is None:
        return batch_states.initial_states(images, optimizers[0], mesh, inner), 0, 0
    # A state that was saved at the very end of a phase still belongs to that phase.
    phase = next(index for index, end in enumerate(ends) if saved.steps <= end)
    structure = jax.tree.structure(batch_states.initial_states(images, optimizers[phase], mesh))
    return batch_states.shard_state(jax.tree.unflatten(structure, saved.leaves), mesh), saved.steps, phase


def _targets(
    scale: ScaleProblem, contents: jax.Array, recipe: Recipe, objective: Objective, mesh: Mesh
) -> Targets | list[Targets]:
    """Return the targets without jitter: a list, one for each, for several images on a CPU device without tiles."""
    styles = tuple(_stacked(row, mesh) if objective.own_styles else jax.device_put(row[0]) for row in scale.styles)
    if scale.memory.tile is not None:
        from nst_jax.engine.tiled_targets import make_targets_in_tiles  # only here, because most images need no tiles

        return make_targets_in_tiles(
            scale.target_network, contents, styles, recipe, scale.masks, mesh, scale.memory.tile
        )
    targets = batch_targets.make_batch_targets(scale.target_network, contents, styles, recipe, scale.masks)
    if len(contents) == 1 or mesh.size > 1 or has_accelerator():
        return targets
    return batch_targets.split_targets(targets, len(contents), objective)


def _targets_of_phase(
    targets: Targets | list[Targets],
    phase: Phase,
    scale: ScaleProblem,
    contents: jax.Array,
    objective: Objective,
    mesh: Mesh,
) -> Targets | list[Targets]:
    """Return the targets with the jitter and Huber's loss of a phase, in the form of those without."""
    if not isinstance(targets, list):
        return place(of_phase(targets, phase, scale, contents, objective, mesh), mesh, partition(objective))
    each = [
        of_phase(own, phase, scale, batch_targets.example(contents, index), objective, mesh)
        for index, own in enumerate(targets)
    ]
    # The regions are the same for all, and take as much memory as many features.
    return [own._replace(guides=each[0].guides) for own in each]


def of_phase(
    targets: Targets, phase: Phase, scale: ScaleProblem, contents: jax.Array, objective: Objective, mesh: Mesh
) -> Targets:
    """Return the targets of a scale with the jitter and Huber's loss of a phase."""
    if not phase.huber:
        targets = without_huber(targets)
    if not phase.jitter:
        return targets
    arguments = targets, scale.target_network, contents, scale.masks, objective
    if scale.memory.tile is None:
        return batch_targets.add_batch_jitter_offsets(*arguments)
    from nst_jax.engine.tiled_targets import add_jitter_offsets_in_tiles, with_jitter_guides

    if scale.memory.recompute:
        return with_jitter_guides(targets, scale.masks, objective)
    return add_jitter_offsets_in_tiles(*arguments, mesh, scale.memory.tile)


def _start_images(scale: ScaleProblem, recipe: Recipe, previous: Snapshot | None) -> list[RGB]:
    """Return the image that each optimization starts from at this scale."""
    if previous is None:
        pairs = zip(scale.starts, itertools.cycle(scale.styles[0]), strict=False)
        return [initial_image(recipe, *each) for each in pairs]
    images = np.asarray(previous.images)[: len(scale.contents)]
    # The styles of each content, which may be the same for all.
    styles = zip(*[list(row) * (len(scale.contents) // len(row)) for row in scale.styles], strict=True)
    return [
        upsample_with_detail(*each, recipe)
        for each in zip(images, scale.coarse_starts, scale.starts, styles, strict=True)
    ]


def _stacked(images: Sequence[RGB], mesh: Mesh) -> jax.Array:
    """Stack the images, (batch, height, width, 3), repeating the last one up to a multiple of the batch's devices."""
    missing = -len(images) % batch_devices(mesh)
    stack = np.stack([*images, *[images[-1]] * missing])
    # Without a program for each shape, which `jnp.asarray` would compile.
    return jax.device_put(stack) if mesh.size == 1 else place(stack, mesh, BATCH)
