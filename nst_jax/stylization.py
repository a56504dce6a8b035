"""One stylisation, from two pictures to a result, and the same as a generator of progress."""

import collections
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nst_jax import images
from nst_jax.batch import stylize_batch_steps
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
    network: NetworkWeights | None = None,
    **changes: Any,
) -> Result:
    """Paints the content picture in the manner of the style picture.

    Args:
        content: path, Pillow image or array (see `images.read`).
        style: the same; of any size, never stretched. A list or tuple of several is mixed into one style, as
            `recipe.style_blend` and `recipe.style_groups` have it; without them, in equal parts.
        recipe: settings; None means the default recipe.
        network: loaded weights, to be used in place of `recipe.network`.
        **changes: single settings to be changed in the recipe, such as `size=256, steps=100`.

    Returns:
        The finished result.

    Raises:
        InputError: for a file, a setting or a combination of them that cannot be worked with.
    """
    (result,) = collections.deque(stylize_steps(content, style, recipe, network=network, **changes), maxlen=1)
    return result


def stylize_steps(
    content: images.Source,
    style: images.Source | Sequence[images.Source],
    recipe: Recipe | None = None,
    *,
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
        network: as for `stylize`.
        every: besides about twice a second, yield exactly after each `every` steps.
        download_bar: makes the progress bar of a download, should one be needed.
        **changes: as for `stylize`.
    """
    steps = stylize_batch_steps(
        [content], style, recipe, network=network, every=every, download_bar=download_bar, **changes
    )
    for (result,) in steps:
        yield result
