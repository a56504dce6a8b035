"""The content recolored in the colors of the style, to start an optimization from and to compare its result with.

Started from the content's own colors, the optimizer changes, for example, a blue sky toward orange only as far as the
loss requires, and covers the remaining difference with small strokes. Started from the style's colors, it spends its
steps on forms. The content term holds on to the colors of the content that it compares with, which the style term
removes, so that tints and fringes of them remain, unless it compares with the recolored content.
"""

from collections.abc import Sequence

import numpy as np

from nst_jax.images.color_statistics import color_statistics, mixture_of_colors, transport_colors
from nst_jax.images.masks import Regions, resize_regions
from nst_jax.images.picture import RGB
from nst_jax.objective.blending import mixture_weights
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights


def starts_and_contents(
    contents: list[RGB], styles: Sequence[Sequence[RGB]], recipe: Recipe, regions: Regions | None
) -> tuple[list[RGB], list[RGB]]:
    """Recolor contents where the recipe's `init`, `start_colors` and `recolor_content` say so.

    Args:
        contents: (height, width, 3) in [0, 1].
        styles: the styles of each content.
        recipe: the settings.
        regions: as for `recolor`.

    Returns:
        The images that the optimizations start from if `init` is "content", and the contents that they are compared
        with.
    """
    starts_recolored = recipe.init == "content" and recipe.start_colors == "style"
    if not starts_recolored and not recipe.recolor_content:
        return contents, contents
    recolored = [recolor(*each, recipe, regions) for each in zip(contents, styles, strict=True)]
    return recolored if starts_recolored else contents, recolored if recipe.recolor_content else contents


def recolor(content: RGB, styles: Sequence[RGB], recipe: Recipe, regions: Regions | None) -> RGB:
    """Recolor the content to the mean and covariance of the style's colors.

    With a style strength s, the colors move by the fraction s of the way. Several styles are mixed into one
    distribution of colors; with regions, each region of the content gets the colors of its own style.

    Args:
        content: (height, width, 3) in [0, 1].
        styles: (h, w, 3) in [0, 1], of any sizes.
        recipe: the settings: the style strength and the weights of the styles.
        regions: the regions of the content and the styles; None for the whole image.

    Returns:
        The recolored content, of the same shape, clipped to [0, 1]; the content unchanged if the style has no weight.
    """
    if term_weights(recipe).style == 0:
        return content
    parts = np.mean([*mixture_weights(recipe, len(styles)).values()], axis=0)
    if regions is None:
        changed = transport_colors(
            content, color_statistics(content), mixture_of_colors([*map(color_statistics, styles)], parts)
        )
    else:
        changed = content.copy()
        for index, plane in enumerate(resize_regions(regions.content, *content.shape[:2])):
            style_statistics = [
                color_statistics(style, resize_regions(planes, *style.shape[:2])[index])
                for style, planes in zip(styles, regions.styles, strict=True)
            ]
            mixture = parts if regions.shares is None else regions.shares[index]
            other = mixture_of_colors(style_statistics, mixture)
            changed += plane[..., None] * (transport_colors(content, color_statistics(content, plane), other) - content)
    strength = 1.0 if recipe.style_strength is None else recipe.style_strength
    return np.clip(content + np.float32(strength) * (changed - content), 0, 1)
