"""Pictures of one size painted in one style: scale after scale, chunk after chunk, all lanes side by side."""

import dataclasses
import functools
import itertools
import time
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike

from nst_jax import color, images, lanes
from nst_jax.adam import Adam
from nst_jax.blending import shares
from nst_jax.errors import InputError
from nst_jax.images import RGB, Picture
from nst_jax.inputs import enlarged, start_picture, style_at
from nst_jax.lbfgs import LBFGS
from nst_jax.lbfgs_fixed import FixedLBFGS
from nst_jax.memory import check_memory
from nst_jax.objective import Objective, Terms
from nst_jax.optimize import DIVERGED, RUNNING, Optimizer
from nst_jax.pipeline import Snapshot, snapshots
from nst_jax.provenance import provenance
from nst_jax.recipe import Recipe
from nst_jax.result import ENDINGS, Losses, Result
from nst_jax.scales import Scale, scales
from nst_jax.vgg import VGG19
from nst_jax.weights import NetworkWeights

# Pixels times steps of a picture from which on Winograd's algorithm, which saves 1.4 microseconds for each with VGG-19,
# gains the two seconds that its program takes longer to compile.
WORTH_COMPILING = 1.5e6


def paint(
    contents: Sequence[Picture],
    styles: Sequence[Picture],
    recipe: Recipe,
    weights: NetworkWeights,
    every: int | None = None,
) -> Iterator[list[Result]]:
    """Stylises pictures that have one size once they are fitted to the recipe's, all in one style or one blend of them.

    Yields:
        The results so far, one for each content, while the device already works on the next steps.

    Raises:
        InputError: for settings and pictures that do not go together.
    """
    if every is not None and every < 1:
        raise InputError(f"Results can be had every 1 step or more, not every {every}.")
    shapes = {images.fitted_size(content.rgb.shape, recipe.size, recipe.resize) for content in contents}
    (height, width), *others = shapes
    if others:
        raise InputError(
            f"The pictures of a batch must have one shape, but fitted to the size some have {width}x{height} pixels, "
            f"others {others[0][1]}x{others[0][0]}; stylise them apart."
        )
    shares(recipe, len(styles))  # raises what there is to be said before any work
    if recipe.style_box:
        styles = [images.cropped(style, recipe.style_box) for style in styles]
    sizes = scales(height, width, recipe)
    check_memory(weights, recipe.layers, height, width)
    module = network_of(weights, recipe)
    # Compiled sooner: for the targets, which are computed once, and for scales that are over soon.
    simple = network_of(weights, dataclasses.replace(recipe, convolution="native")) if module.has_winograd else module
    book = _Book(contents, styles, recipe, weights, sizes)
    pairs = [[color.inputs(content.rgb, style.rgb, recipe.color) for content in contents] for style in styles]
    # Of each style one for all contents, or one for each.
    seen = [[pair.style for pair in (row if Objective.of(recipe).own_styles else row[:1])] for row in pairs]
    last: Snapshot | None = None
    for size, steps in zip(sizes, recipe.steps_at(len(sizes)), strict=True):
        short = recipe.convolution == "auto" and size.pixels * steps < WORTH_COMPILING
        networks = simple, simple if short else module
        inputs = (
            [images.resize(pair.content, *size) for pair in pairs[0]],
            [[style_at(style, size, sizes[-1], recipe) for style in row] for row in seen],
        )
        for snapshot in _paint_at(steps, *inputs, recipe, networks, last, every, book.steps):
            yield book.enter(size, snapshot)
        last = snapshot
        if book.close(snapshot):
            return


def network_of(weights: NetworkWeights, recipe: Recipe, dtype: DTypeLike = jnp.float32) -> VGG19:
    """The network as a recipe wants it computed, for pictures of the dtype."""
    return VGG19(
        weights,
        dtype=dtype,
        pooling=recipe.pooling,
        padding=recipe.padding,
        input_range=recipe.input_range,
        convolution=recipe.convolution,
    )


def optimizer_of(recipe: Recipe) -> Optimizer:
    """The optimiser that a recipe asks for."""
    if recipe.optimizer == "lbfgs":
        return LBFGS(recipe.lbfgs_memory, recipe.spectral_exponent)
    if recipe.optimizer == "lbfgs-fixed":
        return FixedLBFGS(recipe.lbfgs_memory, recipe.pixel_range, recipe.clipping)
    return Adam(
        recipe.learning_rate,
        recipe.adam_beta1,
        recipe.adam_beta2,
        recipe.adam_epsilon,
        recipe.adam_epsilon_hat,
        recipe.pixel_range,
        recipe.clipping,
        recipe.average,
        recipe.carry_moments,
    )


def _paint_at(
    steps: int,
    contents: Sequence[RGB],
    styles: Sequence[Sequence[RGB]],
    recipe: Recipe,
    networks: tuple[VGG19, VGG19],
    last: Snapshot | None,
    every: int | None,
    begun: int,
) -> Iterator[Snapshot]:
    """All steps at one scale, from where the last one ended; the networks are for the targets and for the steps.

    Of each style there is one for all contents, or one for each.
    """
    simple, network = networks
    if last is None:
        starts = [start_picture(recipe, *each) for each in zip(contents, itertools.cycle(styles[0]), strict=False)]
    else:
        pictures = last.pictures[: len(contents)]
        starts = [enlarged(*each, recipe) for each in zip(pictures, contents, strict=True)]
    mesh = lanes.mesh_for(len(contents))
    optimizer = optimizer_of(recipe)
    objective = Objective.of(recipe)
    style_targets = tuple(_filled(row, mesh.size) if objective.own_styles else jnp.asarray(row[0]) for row in styles)
    advance = functools.partial(
        lanes.run_chunk,
        network=network,
        targets=lanes.targets_for(simple, _filled(contents, mesh.size), style_targets, recipe),
        objective=objective,
        optimizer=optimizer,
        mesh=mesh,
    )
    state = lanes.start(_filled(starts, mesh.size), optimizer, mesh, last.memory if last else None)
    show = functools.partial(lanes.shown, optimizer=optimizer)
    yield from snapshots(state, advance, show, steps, every, begun)


class _Book:
    """Keeps account of a run over all its scales, and makes results of it."""

    def __init__(
        self,
        contents: Sequence[Picture],
        styles: Sequence[Picture],
        recipe: Recipe,
        weights: NetworkWeights,
        sizes: Sequence[Scale],
    ):
        self.steps = 0
        self._sizes = sizes
        self._facts = [provenance(recipe, weights, content, styles) for content in contents]
        self._alphas = [
            None if content.alpha is None else images.resize(content.alpha, *sizes[-1]) for content in contents
        ]
        # What lends its chroma to each result, resized once.
        self._chroma = (
            [images.resize(content.rgb, *sizes[-1]) for content in contents] if recipe.color == "luminance" else []
        )
        self._steps_at = recipe.steps_at(len(sizes))
        self._work = np.cumsum([0, *(steps * size.pixels for steps, size in zip(self._steps_at, sizes, strict=True))])
        self._diverged = np.zeros(len(contents), bool)
        self._history: list[Terms] = []
        self._began = time.perf_counter()

    def enter(self, size: Scale, snapshot: Snapshot) -> list[Result]:
        """The results so far."""
        self._history.append(snapshot.terms)
        terms = [np.concatenate(values, axis=1) for values in zip(*self._history, strict=True)]
        index = self._sizes.index(size)
        work = self._work[index] + snapshot.steps * size.pixels
        seconds = time.perf_counter() - self._began
        return [
            Result(
                picture=self._finished(snapshot.pictures[lane], lane),
                alpha=self._alphas[lane],
                losses=Losses(content=terms[0][lane], style=terms[1][lane], total_variation=terms[2][lane]),
                seconds=seconds,
                steps=self.steps + snapshot.steps,
                planned=sum(self._steps_at),
                scale=index + 1,
                scales=len(self._sizes),
                progress=float(work) / float(self._work[-1]),
                ending=self._ending(size, snapshot, lane),
                provenance=facts,
            )
            for lane, facts in enumerate(self._facts)
        ]

    def close(self, snapshot: Snapshot) -> bool:
        """Ends a scale; says whether no picture can be painted on."""
        self.steps += snapshot.steps
        self._diverged |= snapshot.statuses[: len(self._diverged)] == DIVERGED
        return bool(self._diverged.all())

    def _finished(self, painted: RGB, lane: int) -> RGB:
        # Not all optimisers keep to the range.
        whole = images.resize(np.clip(painted, 0, 1), *self._sizes[-1])
        return color.finished(whole, self._chroma[lane], "luminance") if self._chroma else whole

    def _ending(self, size: Scale, snapshot: Snapshot, lane: int) -> str | None:
        status = int(snapshot.statuses[lane])
        if self._diverged[lane] or status == DIVERGED:
            return ENDINGS[DIVERGED]
        over = snapshot.ended or status != RUNNING
        return ENDINGS[status] if over and size == self._sizes[-1] else None


def _filled(pictures: Sequence[RGB], devices: int) -> jax.Array:
    """The pictures as one array, the last one repeated until each device has as many."""
    missing = -len(pictures) % devices
    return jnp.asarray(np.stack([*pictures, *[pictures[-1]] * missing]))
