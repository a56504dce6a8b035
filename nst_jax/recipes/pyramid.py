"""The sizes that a picture is painted at, from coarse to fine.

A network sees some hundred pixels at most, so at full size it cannot lay a stroke that is longer. Painted small first,
and enlarged as the start of the next size, the picture gets large strokes, and sooner (Gatys et al. 2017, "Controlling
Perceptual Factors in Neural Style Transfer", section 6).
"""

from collections.abc import Sequence
from typing import NamedTuple

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import require_size


class Scale(NamedTuple):
    """A size of the picture in pixels."""

    height: int
    width: int

    @property
    def pixels(self) -> int:
        """How many there are: what an evaluation costs."""
        return self.height * self.width


def scales(height: int, width: int, recipe: Recipe) -> tuple[Scale, ...]:
    """The sizes for a picture of this final size, each `recipe.scale_factor` times the one before, coarsest first.

    There are `recipe.scales` of them at most, or with 0 as many as leave the long side at `recipe.min_size` or more and
    a position of each layer.

    Raises:
        InputError: when even the final size is too small for a layer.
    """
    require_size(height, width, recipe.layers)
    found = [Scale(height, width)]
    while recipe.scales == 0 or len(found) < recipe.scales:
        factor = recipe.scale_factor ** len(found)
        coarser = Scale(round(height / factor), round(width / factor))
        if max(coarser) < recipe.min_size or not _fits(coarser, recipe.layers):
            break
        found.append(coarser)
    return tuple(reversed(found))


def _fits(scale: Scale, layers: Sequence[str]) -> bool:
    try:
        require_size(scale.height, scale.width, layers)
    except InputError:
        return False
    return True
