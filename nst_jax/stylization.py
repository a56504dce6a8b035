"""One stylisation, from two pictures to a result, and the same as a generator of progress."""

import collections
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nst_jax import images
from nst_jax.batch import stylize_batch_steps
from nst_jax.checkpoint import Checkpoint
from nst_jax.recipe import Recipe
from nst_jax.result import Losses, Result
from nst_jax.weights import NetworkWeights
from nst_jax.weights.download import ProgressBar

__all__ = ["Losses", "Result", "stylize", "stylize_steps"]


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
