"""Pictures painted at one size, from the start or from where the last size ended: chunk after chunk."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax import lanes
from nst_jax.checkpoint import Checkpoint, Progress
from nst_jax.images import RGB
from nst_jax.inputs import enlarged, start_picture
from nst_jax.instruments import optimizer_of
from nst_jax.objective import Masks, Objective, Targets, squared
from nst_jax.optimize import State
from nst_jax.pipeline import Snapshot, snapshots
from nst_jax.recipe import Recipe
from nst_jax.vgg import VGG19


@dataclasses.dataclass(frozen=True)
class Stage:
    """What is to be done at one size.

    Attributes:
        steps: how many.
        with_huber: how many of these come before all style losses are squares.
        contents: at this size.
        coarse: the same at the last one.
        styles: of each style one for all contents, or one for each.
        masks: regions of them, if any.
        networks: for the targets and for the steps.
        begun: steps done at other sizes.
    """

    steps: int
    with_huber: int
    contents: Sequence[RGB]
    coarse: Sequence[RGB]
    styles: Sequence[Sequence[RGB]]
    masks: Masks | None
    networks: tuple[VGG19, VGG19]
    begun: int


def paint_stage(
    at: Stage,
    recipe: Recipe,
    last: Snapshot | None,
    progress: Progress | None,
    every: int | None,
    checkpoint: Checkpoint | None,
) -> Iterator[Snapshot]:
    """All steps at one scale, from where the last one ended, or those that are left of it."""
    simple, network = at.networks
    mesh = lanes.mesh_for(len(at.contents))
    optimizer = optimizer_of(recipe)
    objective = Objective.of(recipe)
    style_targets = tuple(_filled(row, mesh.size) if objective.own_styles else jnp.asarray(row[0]) for row in at.styles)
    targets = lanes.targets_for(simple, _filled(at.contents, mesh.size), style_targets, recipe, at.masks)

    def run(state: State, targets: Targets, until: int, done: int) -> Iterator[Snapshot]:
        return snapshots(
            state,
            functools.partial(
                lanes.run_chunk, network=network, targets=targets, objective=objective, optimizer=optimizer, mesh=mesh
            ),
            functools.partial(lanes.shown, optimizer=optimizer),
            until,
            every,
            at.begun,
            done,
            checkpoint.is_due if checkpoint else lambda: False,
            more=until < at.steps,
        )

    memory = last.final.memory if last and last.final else None
    state = lanes.start(_filled(_starts(at, recipe, last), mesh.size), optimizer, mesh, memory)
    done = 0
    if progress:
        state = lanes.placed(jax.tree.unflatten(jax.tree.structure(state), progress.leaves), mesh)
        done = progress.steps
    for snapshot in run(state, targets, at.with_huber, done):
        yield snapshot
        if snapshot.ended:
            return
        if snapshot.final is not None:
            state, done = snapshot.final, snapshot.steps
    if done == at.with_huber:
        state = lanes.reconsidered(state, optimizer, mesh)
    yield from run(state, squared(targets), at.steps, done)


def _starts(at: Stage, recipe: Recipe, last: Snapshot | None) -> list[RGB]:
    """What the painting begins with at this scale."""
    if last is None:
        pairs = zip(at.contents, itertools.cycle(at.styles[0]), strict=False)
        return [start_picture(recipe, *each) for each in pairs]
    pictures = last.pictures[: len(at.contents)]
    # Each content's styles, which may be the same for all.
    styles = zip(*[list(row) * (len(at.contents) // len(row)) for row in at.styles], strict=True)
    return [enlarged(*each, recipe) for each in zip(pictures, at.coarse, at.contents, styles, strict=True)]


def _filled(pictures: Sequence[RGB], devices: int) -> jax.Array:
    """The pictures as one array, the last one repeated until each device has as many."""
    missing = -len(pictures) % devices
    return jnp.asarray(np.stack([*pictures, *[pictures[-1]] * missing]))
