"""Pictures of one size painted in one style: scale after scale, chunk after chunk, all lanes side by side."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike

from nst_jax import color, images, lanes, masks
from nst_jax.adam import Adam
from nst_jax.blending import shares
from nst_jax.book import Book
from nst_jax.checkpoint import Checkpoint, Progress
from nst_jax.errors import InputError
from nst_jax.images import RGB, Picture
from nst_jax.inputs import content_with_room, enlarged, size_with_room, start_picture, style_at
from nst_jax.lbfgs import LBFGS
from nst_jax.lbfgs_fixed import FixedLBFGS
from nst_jax.masks import Planes, Regions
from nst_jax.memory import check_memory
from nst_jax.objective import Masks, Objective
from nst_jax.optimize import Optimizer
from nst_jax.pipeline import Snapshot, snapshots
from nst_jax.provenance import provenance
from nst_jax.recipe import Recipe
from nst_jax.result import Result
from nst_jax.scales import Scale, scales
from nst_jax.strength import term_weights
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
    content_mask: Picture | None = None,
    style_masks: Sequence[Picture] = (),
    checkpoint: Checkpoint | None = None,
) -> Iterator[list[Result]]:
    """Stylises pictures that have one size once they are fitted to the recipe's, all in one style or one blend of them.

    Args:
        contents: the pictures.
        styles: one, or several to be mixed, or one for each region of the content.
        recipe: settings.
        weights: the network.
        every: besides about twice a second, yield exactly after each `every` steps.
        content_mask: the same for all contents; see `masks.regions`.
        style_masks: none, or one for each style.
        checkpoint: where to write the state of the run every so often, and to go on from. It is the caller's to remove.

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
    regions = masks.regions(contents[0], styles, content_mask, style_masks, recipe)
    room = functools.partial(content_with_room, height=height, width=width, layers=recipe.layers)
    rgbs = [room(content.rgb) for content in contents]
    sizes = scales(*size_with_room(height, width, recipe.layers), recipe)
    check_memory(weights, recipe.layers, height, width)
    module = network_of(weights, recipe)
    # Compiled sooner: for the targets, which are computed once, and for scales that are over soon.
    simple = network_of(weights, dataclasses.replace(recipe, convolution="native")) if module.has_winograd else module
    facts = [provenance(recipe, weights, content, styles, regions.pictures if regions else ()) for content in contents]
    book = Book(contents, recipe, facts, sizes, regions)
    if regions:
        regions = dataclasses.replace(regions, content=np.stack([room(plane) for plane in regions.content]))
    progress = checkpoint.read(facts) if checkpoint else None
    if progress:
        book.read(progress.book)
    pairs = [[color.inputs(content, style.rgb, recipe.color) for content in rgbs] for style in styles]
    # Of each style one for all contents, or one for each.
    seen = [[pair.style for pair in (row if Objective.of(recipe).own_styles else row[:1])] for row in pairs]

    def contents_at(size: Scale) -> list[RGB]:
        return [images.resize(pair.content, *size) for pair in pairs[0]]

    last: Snapshot | None = None
    for index, (size, steps) in enumerate(zip(sizes, recipe.steps_at(len(sizes)), strict=True)):
        if progress and index < progress.scale:
            continue
        short = recipe.convolution == "auto" and size.pixels * steps < WORTH_COMPILING
        at = _Scale(
            steps=steps,
            contents=contents_at(size),
            coarse=contents_at(sizes[max(index - 1, 0)]),
            styles=[[style_at(style, size, sizes[-1], recipe) for style in row] for row in seen],
            masks=None,
            networks=(simple, simple if short else module),
            begun=book.steps,
        )
        if regions:
            at = dataclasses.replace(at, masks=_masks_at(regions, at))
        for snapshot in _paint_at(at, recipe, last, progress, every, checkpoint):
            yield book.enter(size, snapshot)
            if checkpoint and snapshot.state is not None and not snapshot.ended:
                checkpoint.write(facts, index, snapshot.steps, snapshot.state, book.written())
        last, progress = snapshot, None
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
        recipe.spectral_exponent,
        # Of losses that are relative errors, this is beyond what float32 tells.
        1e-9 * sum(term_weights(recipe)[:2]) if recipe.relative or recipe.style_strength is not None else 0.0,
    )


@dataclasses.dataclass(frozen=True)
class _Scale:
    """What is to be done at one size.

    Attributes:
        steps: how many.
        contents: at this size.
        coarse: the same at the last one.
        styles: of each style one for all contents, or one for each.
        masks: regions of them, if any.
        networks: for the targets and for the steps.
        begun: steps done at other sizes.
    """

    steps: int
    contents: Sequence[RGB]
    coarse: Sequence[RGB]
    styles: Sequence[Sequence[RGB]]
    masks: Masks | None
    networks: tuple[VGG19, VGG19]
    begun: int


def _paint_at(
    at: _Scale,
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
    advance = functools.partial(
        lanes.run_chunk, network=network, targets=targets, objective=objective, optimizer=optimizer, mesh=mesh
    )
    state = lanes.start(_filled(_starts(at, recipe, last), mesh.size), optimizer, mesh, last.memory if last else None)
    if progress:
        state = lanes.placed(jax.tree.unflatten(jax.tree.structure(state), progress.leaves), mesh)
    yield from snapshots(
        state,
        advance,
        functools.partial(lanes.shown, optimizer=optimizer),
        at.steps,
        every,
        at.begun,
        progress.steps if progress else 0,
        checkpoint.is_due if checkpoint else lambda: False,
    )


def _starts(at: _Scale, recipe: Recipe, last: Snapshot | None) -> list[RGB]:
    """What the painting begins with at this scale."""
    if last is None:
        pairs = zip(at.contents, itertools.cycle(at.styles[0]), strict=False)
        return [start_picture(recipe, *each) for each in pairs]
    pictures = last.pictures[: len(at.contents)]
    # Each content's styles, which may be the same for all.
    styles = zip(*[list(row) * (len(at.contents) // len(row)) for row in at.styles], strict=True)
    return [enlarged(*each, recipe) for each in zip(pictures, at.coarse, at.contents, styles, strict=True)]


def _masks_at(regions: Regions, at: _Scale) -> Masks:
    """The regions at the sizes of the pictures of a scale."""

    def fitted(planes: Planes, picture: RGB) -> jax.Array:
        return jnp.asarray(masks.sized(planes, *picture.shape[:2]))

    styles = tuple(fitted(*each) for each in zip(regions.styles, (row[0] for row in at.styles), strict=True))
    shares = None if regions.shares is None else jnp.asarray(regions.shares)
    return Masks(fitted(regions.content, at.contents[0]), styles, shares)


def _filled(pictures: Sequence[RGB], devices: int) -> jax.Array:
    """The pictures as one array, the last one repeated until each device has as many."""
    missing = -len(pictures) % devices
    return jnp.asarray(np.stack([*pictures, *[pictures[-1]] * missing]))
