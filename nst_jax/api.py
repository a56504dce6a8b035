"""The Python API: functions that stylize images."""

import collections
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nst_jax import images
from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.engine.multiscale import run_multiscale
from nst_jax.engine.problem import Problem
from nst_jax.engine.result import Progress, Result
from nst_jax.images import Source
from nst_jax.networks.weights import NetworkWeights, load_network
from nst_jax.networks.weights.download import ProgressBar
from nst_jax.recipes.recipe import Recipe

Styles = Source | Sequence[Source]


def stylize(content: Source, style: Styles, recipe: Recipe | None = None, **options: Any) -> Result:
    """Render the content image in the style of the style image.

    Args:
        content: a path, Pillow image, array or `Picture`; see `images.read`.
        style: the style image, of any size, in one of the forms of `content`. A list or tuple of several is mixed into
            one style by `recipe.style_blend` or `recipe.style_groups`, by default in equal parts. With a content mask
            of as many regions, and neither of these settings, each region takes one of them.
        recipe: the settings; None means the default recipe.
        **options: the options of `stylize_steps`, and single settings to change in the recipe, such as `size=256`.

    Returns:
        The result of the finished run.

    Raises:
        InputError: when a file or a setting, or a combination of them, is invalid.
    """
    (progress,) = collections.deque(stylize_steps(content, style, recipe, **options), maxlen=1)
    return progress.partial_result


def stylize_steps(content: Source, style: Styles, recipe: Recipe | None = None, **options: Any) -> Iterator[Progress]:
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


def stylize_batch(
    contents: Sequence[Source], style: Styles, recipe: Recipe | None = None, **options: Any
) -> list[Result]:
    """Stylize several content images in one optimization, side by side on all local devices.

    Each result is what `stylize` returns for that content alone, up to rounding.

    Args:
        contents: one or more content images, of one shape once they are resized by `recipe.size`.
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
    contents: Sequence[Source],
    style: Styles,
    recipe: Recipe | None = None,
    *,
    content_mask: Source | None = None,
    style_masks: Sequence[Source] = (),
    checkpoint: Checkpoint | None = None,
    network: NetworkWeights | str | None = None,
    every: int | None = None,
    download_bar: Callable[[], ProgressBar] | None = None,
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
            region's style is taken from the region of the same color.
        checkpoint: where to keep the state of the run, and to resume from if the file exists.
        network: loaded weights, or a name or path, to be used instead of `recipe.network`.
        every: report progress also after each `every` steps.
        download_bar: makes the progress bar of a download, if the network has to be downloaded.
        **changes: single settings to change in the recipe, such as `size=256, steps=100`.

    Yields:
        The progress of all contents, in their order, about twice a second and after each `every` steps.

    Raises:
        InputError: when a file or a setting, or a combination of them, is invalid.
    """
    if isinstance(network, str):
        changes, network = {"network": network} | changes, None
    recipe = dataclasses.replace(recipe or Recipe(), **changes)
    styles: Sequence[Any] = style if isinstance(style, list | tuple) else [style]
    content_images, style_images, mask_images = (
        [read(source) for source in sources]
        for read, sources in ((images.read, contents), (images.read, styles), (images.read_mask, style_masks))
    )
    mask = None if content_mask is None else images.read_mask(content_mask)
    yield from run_multiscale(
        Problem(
            contents=content_images,
            styles=style_images,
            recipe=recipe,
            # Loaded after the images, so that an unreadable image is reported before a download starts.
            weights=network or load_network(recipe.network, progress=download_bar),
            content_mask=mask,
            style_masks=mask_images,
            checkpoint=checkpoint,
            every=every,
        )
    )
