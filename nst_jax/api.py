"""One stylisation, from two pictures to a result, and the same as a generator of progress."""

import collections
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nst_jax import images
from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.engine.multiscale import paint
from nst_jax.engine.result import Result
from nst_jax.errors import InputError
from nst_jax.networks.weights import NetworkWeights, load_network
from nst_jax.networks.weights.download import ProgressBar
from nst_jax.recipes.recipe import Recipe


def stylize(
    content: images.Source,
    style: images.Source | Sequence[images.Source],
    recipe: Recipe | None = None,
    *,
    content_mask: images.Source | None = None,
    style_masks: Sequence[images.Source] = (),
    network: NetworkWeights | None = None,
    **changes: Any,
) -> Result:
    """Paints the content picture in the manner of the style picture.

    Args:
        content: path, Pillow image or array (see `images.read`).
        style: the same; of any size, never stretched. A list or tuple of several is mixed into one style, as
            `recipe.style_blend` and `recipe.style_groups` have it; without them, in equal parts. With a content mask of
            several regions, each region takes one of them.
        recipe: settings; None means the default recipe.
        content_mask: which parts of the content are painted: a picture of its shape, black where the photograph stays.
            Greys with soft edges are one region; of a few flat colours each is a region of its own (see
            `masks.regions`).
        style_masks: none, or one for each style: from which parts of it the style is taken. Of a single style, each
            region's style is taken from the region of the same colour.
        network: loaded weights, to be used in place of `recipe.network`.
        **changes: single settings to be changed in the recipe, such as `size=256, steps=100`.

    Returns:
        The finished result.

    Raises:
        InputError: for a file, a setting or a combination of them that cannot be worked with.
    """
    steps = stylize_steps(
        content, style, recipe, content_mask=content_mask, style_masks=style_masks, network=network, **changes
    )
    (result,) = collections.deque(steps, maxlen=1)
    return result


def stylize_steps(
    content: images.Source,
    style: images.Source | Sequence[images.Source],
    recipe: Recipe | None = None,
    *,
    content_mask: images.Source | None = None,
    style_masks: Sequence[images.Source] = (),
    checkpoint: Checkpoint | None = None,
    network: NetworkWeights | None = None,
    every: int | None = None,
    download_bar: Callable[[], ProgressBar] | None = None,
    **changes: Any,
) -> Iterator[Result]:
    """The same as `stylize`, as a generator of the results so far, for live displays, notebooks and apps.

    Each result is handed out while the device already works on the next steps. Leaving the loop ends the run.

    Args:
        content: as for `stylize`.
        style: as for `stylize`.
        recipe: as for `stylize`.
        content_mask: as for `stylize`.
        style_masks: as for `stylize`.
        checkpoint: where to write the state of the run every so often, and, if there is one, to go on from.
        network: as for `stylize`.
        every: besides about twice a second, yield exactly after each `every` steps.
        download_bar: makes the progress bar of a download, should one be needed.
        **changes: as for `stylize`.
    """
    steps = stylize_batch_steps(
        [content],
        style,
        recipe,
        content_mask=content_mask,
        style_masks=style_masks,
        checkpoint=checkpoint,
        network=network,
        every=every,
        download_bar=download_bar,
        **changes,
    )
    for (result,) in steps:
        yield result


def stylize_batch(
    contents: Sequence[images.Source],
    style: images.Source | Sequence[images.Source],
    recipe: Recipe | None = None,
    *,
    content_mask: images.Source | None = None,
    style_masks: Sequence[images.Source] = (),
    network: NetworkWeights | None = None,
    **changes: Any,
) -> list[Result]:
    """Paints all content pictures in the manner of the style picture, side by side on all local devices.

    Each gets what `stylize` would give it alone, up to rounding, each at its own pace.

    Args:
        contents: paths, Pillow images or arrays, of one shape once they are fitted to `recipe.size`.
        style: as for `stylize`.
        recipe: as for `stylize`.
        content_mask: as for `stylize`, the same for all contents.
        style_masks: as for `stylize`.
        network: as for `stylize`.
        **changes: as for `stylize`.

    Returns:
        One finished result for each content, in their order.

    Raises:
        InputError: for a file, a setting or a combination of them that cannot be worked with.
    """
    steps = stylize_batch_steps(
        contents, style, recipe, content_mask=content_mask, style_masks=style_masks, network=network, **changes
    )
    (results,) = collections.deque(steps, maxlen=1)
    return results


def stylize_batch_steps(
    contents: Sequence[images.Source],
    style: images.Source | Sequence[images.Source],
    recipe: Recipe | None = None,
    *,
    content_mask: images.Source | None = None,
    style_masks: Sequence[images.Source] = (),
    checkpoint: Checkpoint | None = None,
    network: NetworkWeights | None = None,
    every: int | None = None,
    download_bar: Callable[[], ProgressBar] | None = None,
    **changes: Any,
) -> Iterator[list[Result]]:
    """The same as `stylize_batch`, as a generator of the results so far, one for each content.

    Args:
        contents: as for `stylize_batch`.
        style: as for `stylize`.
        recipe: as for `stylize`.
        content_mask: as for `stylize_batch`.
        style_masks: as for `stylize`.
        checkpoint: as for `stylize_steps`.
        network: as for `stylize`.
        every: besides about twice a second, yield exactly after each `every` steps.
        download_bar: makes the progress bar of a download, should one be needed.
        **changes: as for `stylize`.
    """
    recipe = dataclasses.replace(recipe or Recipe(), **changes)
    if not contents:
        raise InputError("There is no content picture; give at least one.")
    styles: Sequence[Any] = style if isinstance(style, list | tuple) else [style]
    if not styles:
        raise InputError("There is no style picture; give at least one.")
    pictures, style_pictures, masks = (
        [images.read(source) for source in sources] for sources in (contents, styles, style_masks)
    )
    mask = None if content_mask is None else images.read(content_mask)
    # Last, for a picture that cannot be read should not be heard of after a download.
    weights = network or load_network(recipe.network, progress=download_bar)
    yield from paint(pictures, style_pictures, recipe, weights, every, mask, masks, checkpoint)
