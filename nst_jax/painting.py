"""Pictures of one size painted in one style: scale after scale, chunk after chunk, all lanes side by side."""

import dataclasses
import functools
import time
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax import images, lanes
from nst_jax.adam import Adam
from nst_jax.errors import InputError
from nst_jax.images import RGB, Picture
from nst_jax.lbfgs import LBFGS
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
    contents: Sequence[Picture], style: Picture, recipe: Recipe, weights: NetworkWeights, every: int | None = None
) -> Iterator[list[Result]]:
    """Stylises pictures that have one size once they are fitted to the recipe's.

    Yields:
        The results so far, one for each content, while the device already works on the next steps.

    Raises:
        InputError: for settings and pictures that do not go together.
    """
    if every is not None and every < 1:
        raise InputError(f"Results can be had every 1 step or more, not every {every}.")
    (height, width), *others = {images.fitted_size(content.rgb.shape, recipe.size) for content in contents}
    if others:
        raise InputError(
            f"The pictures of a batch must have one shape, but fitted to the size some have {width}x{height} pixels, "
            f"others {others[0][1]}x{others[0][0]}; stylise them apart."
        )
    sizes = scales(height, width, recipe)
    check_memory(weights, recipe.layers, height, width)
    module = network_of(weights, recipe)
    # Compiled sooner: for the targets, which are computed once, and for scales that are over soon.
    simple = network_of(weights, dataclasses.replace(recipe, convolution="native")) if module.has_winograd else module
    book = _Book(contents, style, recipe, weights, sizes)
    pictures: list[RGB] | None = None
    for size, steps in zip(sizes, recipe.steps_at(len(sizes)), strict=True):
        short = recipe.convolution == "auto" and size.pixels * steps < WORTH_COMPILING
        networks = simple, simple if short else module
        for snapshot in _paint_at(size, steps, contents, style, recipe, networks, pictures, every, book.steps):
            yield book.enter(size, snapshot)
        pictures = list(snapshot.pictures[: len(contents)])
        if book.close(snapshot):
            return


def network_of(weights: NetworkWeights, recipe: Recipe) -> VGG19:
    """The network as a recipe wants it computed."""
    return VGG19(weights, pooling=recipe.pooling, convolution=recipe.convolution)


def optimizer_of(recipe: Recipe) -> Optimizer:
    """The optimiser that a recipe asks for."""
    if recipe.optimizer == "lbfgs":
        return LBFGS(exponent=recipe.spectral_exponent)
    return Adam(recipe.learning_rate)


def _paint_at(
    size: Scale,
    steps: int,
    contents: Sequence[Picture],
    style: Picture,
    recipe: Recipe,
    networks: tuple[VGG19, VGG19],
    pictures: Sequence[RGB] | None,
    every: int | None,
    begun: int,
) -> Iterator[Snapshot]:
    """All steps at one scale, from the pictures of the last one; the networks are for the targets and for the steps."""
    simple, network = networks
    targets = [images.resize(content.rgb, *size) for content in contents]
    style_target = style_at(style.rgb, max(size))
    if pictures is None:
        starts = [_start(recipe, target, style_target) for target in targets]
    else:
        starts = [enlarged(*each, recipe) for each in zip(pictures, targets, strict=True)]
    mesh = lanes.mesh_for(len(contents))
    optimizer = optimizer_of(recipe)
    advance = functools.partial(
        lanes.run_chunk,
        network=network,
        targets=lanes.targets_for(simple, _filled(targets, mesh.size), jnp.asarray(style_target), recipe),
        objective=Objective.of(recipe),
        optimizer=optimizer,
        mesh=mesh,
    )
    state = lanes.start(_filled(starts, mesh.size), optimizer, mesh)
    yield from snapshots(state, advance, steps, every, begun)


class _Book:
    """Keeps account of a run over all its scales, and makes results of it."""

    def __init__(
        self,
        contents: Sequence[Picture],
        style: Picture,
        recipe: Recipe,
        weights: NetworkWeights,
        sizes: Sequence[Scale],
    ):
        self.steps = 0
        self._sizes = sizes
        self._facts = [provenance(recipe, weights, content, style) for content in contents]
        self._alphas = [
            None if content.alpha is None else images.resize(content.alpha, *sizes[-1]) for content in contents
        ]
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
                picture=images.resize(snapshot.pictures[lane], *self._sizes[-1]),
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


def style_at(style: RGB, long_side: int) -> RGB:
    """The style at the size of the result, aspect kept; a smaller one is not enlarged, which would blur its strokes."""
    return images.resize(style, *images.fitted_size(style.shape, min(long_side, max(style.shape[:2]))))


def enlarged(picture: RGB, content: RGB, recipe: Recipe) -> RGB:
    """What was painted at a coarser scale, as the start of the next.

    What the content lost by being made smaller is given back: enlarging alone would leave a blur to be filled in anew,
    and objects would not come through. Where nothing of the content is in the picture, that would bring it in.

    Args:
        picture: painted at the coarser scale.
        content: at the next scale, whose shape the result has.
        recipe: says whether the content is in the picture.
    """
    height, width = content.shape[:2]
    enlarged = images.resize(picture, height, width)
    if recipe.init != "content" or recipe.content_weight == 0:
        return enlarged
    coarse = images.resize(images.resize(content, *picture.shape[:2]), height, width)
    return np.clip(enlarged + content - coarse, 0, 1)


def _start(recipe: Recipe, content: RGB, style: RGB) -> RGB:
    """The picture to start from, of the content's shape."""
    height, width = content.shape[:2]
    if recipe.init == "content":
        return content
    if recipe.init == "noise":
        return np.asarray(jax.random.uniform(jax.random.key(recipe.seed), (height, width, 3)))
    return images.cover(style if recipe.init == "style" else images.read(recipe.init).rgb, height, width)
