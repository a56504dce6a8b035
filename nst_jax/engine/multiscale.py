"""Pictures of one size painted in one style: scale after scale, chunk after chunk, all lanes side by side."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax import images
from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.engine.dispatch import Snapshot
from nst_jax.engine.history import RunHistory
from nst_jax.engine.preprocess import content_padded_to_min_size, padded_size, resize_style
from nst_jax.engine.provenance import provenance
from nst_jax.engine.result import Result
from nst_jax.engine.single_scale import ScaleProblem, run_scale
from nst_jax.engine.start_colors import start_colors
from nst_jax.errors import InputError
from nst_jax.images import color_transfer, masks
from nst_jax.images.masks import Planes, Regions
from nst_jax.images.picture import RGB, Picture
from nst_jax.networks.memory import check_memory
from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.blending import shares
from nst_jax.objective.objective import Masks, Objective
from nst_jax.recipes.pyramid import scales
from nst_jax.recipes.recipe import Recipe

# Without jitter, the part of the steps at the final size with Huber's loss of the style layers. What is left brings the
# picture to the minimum of what was asked for.
WITH_HUBER = 0.75
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
    room = functools.partial(content_padded_to_min_size, height=height, width=width, layers=recipe.layers)
    rgbs = [room(content.rgb) for content in contents]
    sizes = scales(*padded_size(height, width, recipe.layers), recipe)
    check_memory(weights, recipe.layers, height, width)
    module = build_network(weights, recipe)
    # Compiled sooner: for the targets, which are computed once, and for scales that are over soon.
    simple = (
        build_network(weights, dataclasses.replace(recipe, convolution="native")) if module.has_winograd else module
    )
    facts = [provenance(recipe, weights, content, styles, regions.pictures if regions else ()) for content in contents]
    book = RunHistory(contents, recipe, facts, sizes, regions)
    if regions:
        regions = dataclasses.replace(regions, content=np.stack([room(plane) for plane in regions.content]))
    progress = checkpoint.read(facts) if checkpoint else None
    if progress:
        book.read(progress.book)
    pairs = [[color_transfer.inputs(content, style.rgb, recipe.color) for content in rgbs] for style in styles]
    # Of each style one for all contents, or one for each.
    seen = [[pair.style for pair in (row if Objective.of(recipe).own_styles else row[:1])] for row in pairs]

    shown = [pair.content for pair in pairs[0]]
    # Each content's styles, which may be the same for all.
    of_each = zip(*[row * (len(contents) // len(row)) for row in seen], strict=True)
    starts = [start_colors(*each, recipe, regions) for each in zip(shown, of_each, strict=True)]
    last: Snapshot | None = None
    for index, (size, steps) in enumerate(zip(sizes, recipe.steps_at(len(sizes)), strict=True)):
        if progress and index < progress.scale:
            continue
        short = recipe.convolution == "auto" and size.pixels * steps < WORTH_COMPILING
        is_last = index == len(sizes) - 1
        at = ScaleProblem(
            steps=steps,
            first=_first_phase(recipe, steps, is_last),
            jitter=recipe.jitter_steps(steps) > 0,
            huber=not is_last,
            contents=[images.resize(content, *size) for content in shown],
            starts=[images.resize(start, *size) for start in starts],
            coarse=[images.resize(start, *sizes[max(index - 1, 0)]) for start in starts],
            styles=[[resize_style(style, size, sizes[-1], recipe) for style in row] for row in seen],
            masks=None,
            networks=(simple, simple if short else module),
            begun=book.steps,
        )
        if regions:
            at = dataclasses.replace(at, masks=_masks_at(regions, at))
        for snapshot in run_scale(at, recipe, last, progress, every, checkpoint):
            yield book.enter(size, snapshot)
            if checkpoint and snapshot.state is not None and not snapshot.ended:
                checkpoint.write(facts, index, snapshot.steps, snapshot.state, book.written())
        last, progress = snapshot, None
        if book.close(snapshot):
            return


def _first_phase(recipe: Recipe, steps: int, is_last: bool) -> int:
    """How many of the steps at a size come before those with jitter or, at the last size, without Huber's loss."""
    if recipe.jitter_steps(steps):
        return steps - recipe.jitter_steps(steps)
    return int(WITH_HUBER * steps) if recipe.style_huber and is_last else steps


def _masks_at(regions: Regions, at: ScaleProblem) -> Masks:
    """The regions at the sizes of the pictures of a scale."""

    def fitted(planes: Planes, picture: RGB) -> jax.Array:
        return jnp.asarray(masks.sized(planes, *picture.shape[:2]))

    styles = tuple(fitted(*each) for each in zip(regions.styles, (row[0] for row in at.styles), strict=True))
    shares = None if regions.shares is None else jnp.asarray(regions.shares)
    return Masks(fitted(regions.content, at.contents[0]), styles, shares)
