"""One number for how much style: weights of the terms that mean the same on all networks, sizes and pictures.

A style term in units of its own target is still ten times larger for one pair of pictures than for another, since it
depends on how far apart they are. Divided by what it is at the content picture, it is the part of that distance that
is left, whatever the pair; the content term is a relative error as well.
"""

from typing import NamedTuple

from nst_jax.recipes.settings import Settings

# The weight of the style term against one for the content, at a strength of one half. By raw weights of 1 and 30 it is
# 150 at the content picture for the median of pairs of pictures (20 pairs: from 24 to 13000).
STYLE_AT_HALF, STYLE_BY_DEFAULT = 15.0, 150.0
# Of a style term in units of its target: what a content must be away from a style at least to be worth changing.
LEAST_DISTANCE = 1e-3


class Weights(NamedTuple):
    """Of the three terms; with a strength, of the style term at the content picture."""

    content: float
    style: float
    total_variation: float


def term_weights(recipe: Settings) -> Weights:
    """The recipe's raw weights, or those that its style strength s stands for.

    Those are (1 - s)^2 for the content and STYLE_AT_HALF s^2 for the style: pictures differ most where the terms are of
    a like size, and squares spread that over the middle. The total variation, which is there to smooth what the style
    adds, grows with the style. So 0 leaves the photograph as it is, and 1 nothing of it; raw weights of 1 and
    30 are near three quarters.
    """
    if recipe.style_strength is None:
        return Weights(recipe.content_weight, recipe.style_weight, recipe.tv_weight)
    style = STYLE_AT_HALF * recipe.style_strength**2
    return Weights((1 - recipe.style_strength) ** 2, style, style / STYLE_BY_DEFAULT * recipe.tv_weight)
