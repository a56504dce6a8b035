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
from nst_jax.instruments import jitter_optimizer, optimizer_of
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
        first: how many of these come before the last phase.
        jitter: whether the last phase is with jitter.
        huber: whether Huber's loss of the style layers is kept in the last phase.
        contents: at this size.
        starts: the contents as a picture starts from them, with the colours that it is to start with.
        coarse: the same at the last size.
        styles: of each style one for all contents, or one for each.
        masks: regions of them, if any.
        networks: for the targets and for the steps.
        begun: steps done at other sizes.
    """

    steps: int
    first: int
    jitter: bool
    huber: bool
    contents: Sequence[RGB]
    starts: Sequence[RGB]
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
    plain = optimizer_of(recipe)
    optimizers = plain, jitter_optimizer(recipe, at.steps - at.first) if at.jitter else plain
    objective = Objective.of(recipe)
    style_targets = tuple(_filled(row, mesh.size) if objective.own_styles else jnp.asarray(row[0]) for row in at.styles)
    contents = _filled(at.contents, mesh.size)
    targets = lanes.targets_for(simple, contents, style_targets, recipe, at.masks)

    def run(state: State, targets: Targets, until: int, done: int, last_phase: bool) -> Iterator[Snapshot]:
        optimizer, moved = optimizers[last_phase], dataclasses.replace(objective, jitter=at.jitter and last_phase)

        def advance(state: State, count: int, first: int) -> lanes.Chunk:
            return lanes.run_chunk(
                state, count, network, targets, objective=moved, optimizer=optimizer, mesh=mesh, first=first
            )

        return snapshots(
            state,
            advance,
            functools.partial(lanes.shown, optimizer=optimizer),
            until,
            every,
            at.begun,
            done,
            checkpoint.is_due if checkpoint else lambda: False,
            more=until < at.steps,
        )

    memory = last.final.memory if last and last.final else None
    state = lanes.start(_filled(_starts(at, recipe, last), mesh.size), optimizers[0], mesh, memory)
    done = 0
    if progress:
        if progress.steps > at.first:
            state = lanes.start(state.picture, optimizers[1], mesh)
        state = lanes.placed(jax.tree.unflatten(jax.tree.structure(state), progress.leaves), mesh)
        done = progress.steps
    for snapshot in run(state, targets, at.first, done, last_phase=False):
        yield snapshot
        if snapshot.ended:
            return
        if snapshot.final is not None:
            state, done = snapshot.final, snapshot.steps
    if not at.huber:
        targets = squared(targets)
    if at.jitter:
        targets = lanes.jittered_targets(targets, simple, contents, at.masks, objective)
    if done == at.first:
        state = lanes.restarted(state, *optimizers, mesh) if at.jitter else lanes.reconsidered(state, plain, mesh)
    yield from run(state, targets, at.steps, done, last_phase=True)


def _starts(at: Stage, recipe: Recipe, last: Snapshot | None) -> list[RGB]:
    """What the painting begins with at this scale."""
    if last is None:
        pairs = zip(at.starts, itertools.cycle(at.styles[0]), strict=False)
        return [start_picture(recipe, *each) for each in pairs]
    pictures = last.pictures[: len(at.contents)]
    # Each content's styles, which may be the same for all.
    styles = zip(*[list(row) * (len(at.contents) // len(row)) for row in at.styles], strict=True)
    return [enlarged(*each, recipe) for each in zip(pictures, at.coarse, at.starts, styles, strict=True)]


def _filled(pictures: Sequence[RGB], devices: int) -> jax.Array:
    """The pictures as one array, the last one repeated until each device has as many."""
    missing = -len(pictures) % devices
    return jnp.asarray(np.stack([*pictures, *[pictures[-1]] * missing]))
