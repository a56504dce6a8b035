"""The content in the colors of the style, as a start.

From the content's own colors an optimizer brings a blue sky only as near to an orange one as it must, and lays small
strokes over what is left. Started in the style's colors, it spends its steps on forms.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nst_jax.images.color_transfer import ColorStatistics, color_statistics, transport_colors
from nst_jax.images.masks import Regions, resize_regions
from nst_jax.images.picture import RGB
from nst_jax.objective.blending import mixture_weights
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights


def recolor_start(content: RGB, styles: Sequence[RGB], recipe: Recipe, regions: Regions | None) -> RGB:
    """The content with the mean and the covariance of the style's colors, clipped to [0, 1].

    With a style strength below 1, that part of the way. Of several styles, the colors are of their mixture; of several
    regions, each takes the colors of its own style.

    Args:
        content: (height, width, 3) in [0, 1].
        styles: the same, of any other sizes.
        recipe: whether there is anything to be done, the strength, and the parts of the styles.
        regions: if any; those of the content of its size.

    Returns:
        The same shape; the content itself where the recipe starts from something else, or has no style.
    """
    if recipe.start_colors != "style" or recipe.init != "content" or term_weights(recipe).style == 0:
        return content
    parts = np.mean([*mixture_weights(recipe, len(styles)).values()], axis=0)
    if regions is None:
        changed = transport_colors(content, color_statistics(content), _mixed([*map(color_statistics, styles)], parts))
    else:
        changed = content.copy()
        for number, plane in enumerate(resize_regions(regions.content, *content.shape[:2])):
            of_styles = [
                color_statistics(style, resize_regions(planes, *style.shape[:2])[number])
                for style, planes in zip(styles, regions.styles, strict=True)
            ]
            mixture = parts if regions.shares is None else regions.shares[number]
            other = _mixed(of_styles, mixture)
            changed += plane[..., None] * (transport_colors(content, color_statistics(content, plane), other) - content)
    strength = 1.0 if recipe.style_strength is None else recipe.style_strength
    return np.clip(content + np.float32(strength) * (changed - content), 0, 1)


def _mixed(each: Sequence[ColorStatistics], parts: Float[np.ndarray, " styles"]) -> ColorStatistics:
    """The mean and the covariance of a mixture of distributions."""
    mean = sum(part * one.mean for part, one in zip(parts, each, strict=True))
    second = sum(part * (one.covariance + np.outer(one.mean, one.mean)) for part, one in zip(parts, each, strict=True))
    return ColorStatistics(np.asarray(mean), np.asarray(second - np.outer(mean, mean)))
