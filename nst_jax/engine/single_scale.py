"""Pictures painted at one size, from the start or from where the last size ended: chunk after chunk."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.engine import batched
from nst_jax.engine.checkpoint import Checkpoint, Progress
from nst_jax.engine.dispatch import Snapshot, run_chunks
from nst_jax.engine.preprocess import initial_image, upsample_with_detail
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.objective import Masks, Objective, Targets, without_huber
from nst_jax.optimizers.base import State
from nst_jax.optimizers.build import build_jitter_optimizer, build_optimizer
from nst_jax.recipes.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class ScaleProblem:
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


def run_scale(
    at: ScaleProblem,
    recipe: Recipe,
    last: Snapshot | None,
    progress: Progress | None,
    every: int | None,
    checkpoint: Checkpoint | None,
) -> Iterator[Snapshot]:
    """All steps at one scale, from where the last one ended, or those that are left of it."""
    simple, network = at.networks
    mesh = batched.make_mesh(len(at.contents))
    plain = build_optimizer(recipe)
    optimizers = plain, build_jitter_optimizer(recipe, at.steps - at.first) if at.jitter else plain
    objective = Objective.of(recipe)
    style_targets = tuple(_filled(row, mesh.size) if objective.own_styles else jnp.asarray(row[0]) for row in at.styles)
    contents = _filled(at.contents, mesh.size)
    targets = batched.make_batch_targets(simple, contents, style_targets, recipe, at.masks)

    def run(state: State, targets: Targets, until: int, done: int, last_phase: bool) -> Iterator[Snapshot]:
        optimizer, moved = optimizers[last_phase], dataclasses.replace(objective, jitter=at.jitter and last_phase)

        def advance(state: State, count: int, first: int) -> batched.Chunk:
            return batched.run_chunk(
                state, count, network, targets, objective=moved, optimizer=optimizer, mesh=mesh, first=first
            )

        return run_chunks(
            state,
            advance,
            functools.partial(batched.shown, optimizer=optimizer),
            until,
            every,
            at.begun,
            done,
            checkpoint.is_due if checkpoint else lambda: False,
            more=until < at.steps,
        )

    memory = last.final.memory if last and last.final else None
    state = batched.start(_filled(_starts(at, recipe, last), mesh.size), optimizers[0], mesh, memory)
    done = 0
    if progress:
        if progress.steps > at.first:
            state = batched.start(state.picture, optimizers[1], mesh)
        state = batched.placed(jax.tree.unflatten(jax.tree.structure(state), progress.leaves), mesh)
        done = progress.steps
    for snapshot in run(state, targets, at.first, done, last_phase=False):
        yield snapshot
        if snapshot.ended:
            return
        if snapshot.final is not None:
            state, done = snapshot.final, snapshot.steps
    if not at.huber:
        targets = without_huber(targets)
    if at.jitter:
        targets = batched.make_batch_jitter_targets(targets, simple, contents, at.masks, objective)
    if done == at.first:
        state = batched.restarted(state, *optimizers, mesh) if at.jitter else batched.reconsidered(state, plain, mesh)
    yield from run(state, targets, at.steps, done, last_phase=True)


def _starts(at: ScaleProblem, recipe: Recipe, last: Snapshot | None) -> list[RGB]:
    """What the painting begins with at this scale."""
    if last is None:
        pairs = zip(at.starts, itertools.cycle(at.styles[0]), strict=False)
        return [initial_image(recipe, *each) for each in pairs]
    pictures = last.pictures[: len(at.contents)]
    # Each content's styles, which may be the same for all.
    styles = zip(*[list(row) * (len(at.contents) // len(row)) for row in at.styles], strict=True)
    return [upsample_with_detail(*each, recipe) for each in zip(pictures, at.coarse, at.starts, styles, strict=True)]


def _filled(pictures: Sequence[RGB], devices: int) -> jax.Array:
    """The pictures as one array, the last one repeated until each device has as many."""
    missing = -len(pictures) % devices
    return jnp.asarray(np.stack([*pictures, *[pictures[-1]] * missing]))
