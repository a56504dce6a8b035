"""The Python API: functions that stylize images."""

import collections
import dataclasses
import inspect
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nst_jax import images
from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.engine.problem import Problem
from nst_jax.engine.result import Progress, Result
from nst_jax.engine.run import run_problem
from nst_jax.engine.watch import Watch
from nst_jax.errors import InputError
from nst_jax.images import Source
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.download import ProgressBar
from nst_jax.networks.weights.of_recipe import load_weights
from nst_jax.recipes.normalization import check_names
from nst_jax.recipes.recipe import Recipe

# Several images: a list, or any other iterable, or an array (images, height, width, 3).
Sources = Iterable[Source] | Source


def stylize(content: Source, style: Sources, recipe: Recipe | None = None, **options: Any) -> Result:
    """Render the content image in the style of the style image.

    Args:
        content: a path, Pillow image, array or `Picture`; see `images.read`.
        style: the style image, of any size, in one of the forms of `content`. Several, as a list or tuple or as an
            array (images, height, width, 3), are mixed into one style by `recipe.style_blend` or
            `recipe.style_groups`, by default in equal parts. With a content mask of as many regions, and neither of
            these settings, each region takes one of them.
        recipe: the settings; None means the default recipe.
        **options: the options of `stylize_steps`, and single settings to change in the recipe, such as `size=256`.

    Returns:
        The result of the finished run.

    Raises:
        InputError: when a file or a setting, or a combination of them, is invalid.
    """
    (progress,) = collections.deque(stylize_steps(content, style, recipe, **options), maxlen=1)
    return progress.partial_result


def stylize_fast(content: Source, style: Sources, *, strength: float = 1.0, **options: Any) -> Result:
    """Render the content image in the style of the style image in one pass of a trained network.

    It takes less than a second, and is further from the style than `stylize`. The same as `stylize` with the setting
    `fast`, which the other functions take as well.

    Args:
        content: as for `stylize`.
        style: as for `stylize`; several styles are mixed by `style_blend`.
        strength: from 0, the content unchanged, to 1.
        **options: `content_mask` and `style_masks` of `stylize_batch_steps`, and single settings, such as `size=256`,
            `color="luminance"` or `style_blend=(3, 1)`.

    Returns:
        The result; it has no losses.

    Raises:
        InputError: when a file or a setting, or a combination of them, is invalid.
    """
    return stylize(content, style, fast=True, style_strength=strength, **options)


def stylize_steps(content: Source, style: Sources, recipe: Recipe | None = None, **options: Any) -> Iterator[Progress]:
    """Yield the progress of `stylize`, for live displays, notebooks and apps.

    The device already computes the next steps while the caller handles a report. Leaving the loop ends the run.

    Args:
        content: as for `stylize`.
        style: as for `stylize`.
        recipe: as for `stylize`.
        **options: the options of `stylize_batch_steps`, and single settings to change in the recipe.

    Yields:
        The progress, about twice a second; the last one has the `result`.
    """
    for (progress,) in stylize_batch_steps([content], style, recipe, **options):
        yield progress


def stylize_batch(contents: Sources, style: Sources, recipe: Recipe | None = None, **options: Any) -> list[Result]:
    """Stylize several content images in one optimization, side by side on all local devices.

    Each result is what `stylize` returns for that content alone, up to rounding.

    Args:
        contents: one or more content images, of one shape once they are resized by `recipe.size`: a list or any other
            iterable of images in the forms of `stylize`, or an array or tensor (images, height, width, 3).
        style: as for `stylize`.
        recipe: as for `stylize`.
        **options: the options of `stylize_batch_steps`, and single settings to change in the recipe.

    Returns:
        One result for each content, in their order.

    Raises:
        InputError: when a file or a setting, or a combination of them, is invalid.
    """
    (batch,) = collections.deque(stylize_batch_steps(contents, style, recipe, **options), maxlen=1)
    return [progress.partial_result for progress in batch]


def stylize_batch_steps(
    contents: Sources,
    style: Sources,
    recipe: Recipe | None = None,
    *,
    content_mask: Sources | None = None,
    style_masks: Sources | None = (),
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    network: NetworkWeights | str | os.PathLike[str] | None = None,
    every: int | None = None,
    download_bar: Callable[[], ProgressBar] | None = None,
    watch: Watch | None = None,
    **changes: Any,
) -> Iterator[list[Progress]]:
    """Yield the progress of each content of `stylize_batch`.

    Args:
        contents: as for `stylize_batch`.
        style: as for `stylize`.
        recipe: as for `stylize`.
        content_mask: which parts of the contents are stylized: an image of their shape, black where the content stays
            unchanged. A mask of many gray levels is one region with soft edges; in a mask of a few flat colors, each
            color is a region (see `images.masks.regions`).
        style_masks: empty, or one mask for each style: the part of it to take the style from. With a single style, each
            region's style is taken from the region of the same color. A single mask need not be in a list.
        checkpoint: where to keep the state of the run, and to resume from if the file exists; a path stands for a
            `Checkpoint` with its default interval.
        network: loaded weights, or a name or path, to be used instead of `recipe.network`.
        every: report progress also after each `every` steps.
        download_bar: makes the progress bar of a download, if the network has to be downloaded.
        watch: is told of the plan before the first step, with the memory that is estimated, and, where an image is
            evaluated in tiles, of the progress within a step.
        **changes: single settings to change in the recipe, such as `size=256, steps=100`.

    Yields:
        The progress of all contents, in their order, about twice a second and after each `every` steps.

    Raises:
        InputError: when a file or a setting, or a combination of them, is invalid.
    """
    recipe, network = _settings(recipe, network, changes)
    content_images = [images.read(source) for source in _contents(contents)]
    style_images = [images.read(source) for source in _several(style)]
    mask_images = [images.read_mask(source) for source in _several(() if style_masks is None else style_masks)]
    masks_of_content = [images.read_mask(source) for source in _several(() if content_mask is None else content_mask)]
    if content_mask is not None and len(masks_of_content) != 1:
        raise InputError(f"There are {len(masks_of_content)} content masks; give one, which counts for all contents.")
    yield from run_problem(
        Problem(
            contents=content_images,
            styles=style_images,
            recipe=recipe,
            # Loaded after the images, so that an unreadable image is reported before a download starts.
            weights=network or load_weights(recipe, download_bar),
            content_mask=masks_of_content[0] if masks_of_content else None,
            style_masks=mask_images,
            checkpoint=Checkpoint(checkpoint) if isinstance(checkpoint, str | os.PathLike) else checkpoint,
            every=every,
            watch=watch,
        )
    )


def _settings(
    recipe: Recipe | None, network: NetworkWeights | str | os.PathLike[str] | None, changes: dict[str, Any]
) -> tuple[Recipe, NetworkWeights | None]:
    """Return the recipe with the changes, and the network if it is loaded already."""
    if not isinstance(recipe, Recipe | None):
        raise InputError(
            f"The recipe must be a Recipe, not {type(recipe).__name__}; make one by Recipe(**settings) or "
            "get_recipe(name), and give several styles as a list."
        )
    check_names(Recipe, changes, inspect.signature(stylize_batch_steps).parameters)
    if isinstance(network, str | os.PathLike):
        changes, network = {"network": network} | changes, None
    elif not isinstance(network, NetworkWeights | None):
        raise InputError(
            f"The network must be a name, a path or NetworkWeights, not {type(network).__name__}; load_network makes "
            "them."
        )
    return dataclasses.replace(recipe or Recipe(), **changes), network


def _contents(sources: Any) -> list[Any]:
    """Return the contents of a batch one by one.

    Raises:
        InputError: for a single image, because it is unclear whether it should be stylized alone.
    """
    dimensions = getattr(sources, "ndim", None)
    several = dimensions == 4 if dimensions is not None else isinstance(sources, Iterable)
    if isinstance(sources, str | bytes | os.PathLike) or hasattr(sources, "read") or not several:
        kind = f"array {tuple(sources.shape)}" if dimensions is not None else type(sources).__name__
        raise InputError(
            f"The contents must be a list of pictures or an array (pictures, height, width, 3), not a single {kind}; "
            "give [content], or use stylize for one picture."
        )
    return [*sources]


def _several(sources: Any) -> list[Any]:
    """Return images one by one; a single one need not be in a list."""
    if isinstance(sources, list | tuple) or getattr(sources, "ndim", None) == 4:
        return [*sources]
    return [sources]
