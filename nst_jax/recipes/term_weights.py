"""The weights of the loss terms, given directly or derived from a single style strength.

A style term divided by its value for zero features can still be many times larger for one pair of images than for
another, because it depends on how far apart content and style are. Divided by its value at the content image, it is the
fraction of their distance that remains, for every pair; the content term is a relative error as well. A style strength
therefore has a similar effect on all networks, sizes and images.
"""

from typing import NamedTuple

from nst_jax.recipes.settings import Settings
from nst_jax.recipes.types import StyleStatistic

# For each statistic: STYLE_AT_HALF is the ratio of the style weight to the content weight at a strength of one half,
# and STYLE_BY_DEFAULT is the style term at the content image for a style weight of 30. The latter is the median of 24
# pairs of images at 256 pixels for "wasserstein", with the default recipe (1.6 to 12.3), and of 20 pairs for "gram",
# with a content in its own colors (24 to 13000). "mean-std" grows with the features as "wasserstein" does, and has its
# numbers. With "wasserstein", a strength of one half is as strong as the default's raw weights.
STYLE_AT_HALF: dict[StyleStatistic, float] = {"wasserstein": 2.0, "gram": 15.0, "mean-std": 2.0}
STYLE_BY_DEFAULT: dict[StyleStatistic, float] = {"wasserstein": 4.0, "gram": 150.0, "mean-std": 4.0}
# The lower bound of the divisor, as a fraction of the style term of zero features: a content that already matches the
# style would otherwise get an exploding weight.
LEAST_DISTANCE = 1e-3


class Weights(NamedTuple):
    """The weights of the three loss terms; with a style strength, `style` is the style term at the content image."""

    content: float
    style: float
    total_variation: float


def term_weights(recipe: Settings) -> Weights:
    """Return the recipe's raw weights, or those derived from its style strength s.

    The derived weights are (1 - s)^2 for the content and STYLE_AT_HALF s^2 for the style. Results change most where
    the two terms are of similar size, and the squares spread this range over the middle of the scale. The weight of the
    total variation is proportional to that of the style, because it smooths what the style adds. A strength of 0 leaves
    the photograph unchanged, and 1 gives the content no weight.
    """
    if recipe.style_strength is None:
        return Weights(recipe.content_weight, recipe.style_weight, recipe.tv_weight)
    kind = recipe.style_statistic
    style = STYLE_AT_HALF[kind] * recipe.style_strength**2
    return Weights((1 - recipe.style_strength) ** 2, style, style / STYLE_BY_DEFAULT[kind] * recipe.tv_weight)
