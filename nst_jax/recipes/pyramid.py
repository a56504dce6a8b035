"""The scale pyramid: the sizes that an image is optimized at, from coarse to fine.

The receptive field of the network spans a hundred pixels or so, so that at full size it cannot produce longer strokes.
Optimizing a small image first, and enlarging it to start the next size, gives large strokes in fewer steps (Gatys et
al. 2017, "Controlling Perceptual Factors in Neural Style Transfer", section 6).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import require_size


class Scale(NamedTuple):
    """The size of an image at one scale, in pixels."""

    height: int
    width: int

    @property
    def pixels(self) -> int:
        """Number of pixels, to which the cost of an evaluation is proportional."""
        return self.height * self.width


def scales(height: int, width: int, recipe: Recipe) -> tuple[Scale, ...]:
    """Return the sizes of all scales, coarsest first; each is `recipe.scale_factor` times the one before.

    There are at most `recipe.scales` of them. 0 sets no limit, except that a run that starts from a picture has the
    final size only, because a smaller one would not show the detail that the picture has already. At each scale before
    the last, the long side has at least `recipe.min_size` pixels, and each layer in use has at least one position.

    Args:
        height: the height of the final size, in pixels.
        width: the width of the final size, in pixels.
        recipe: the settings.

    Raises:
        InputError: when even the final size is too small for one of the layers.
    """
    require_size(height, width, recipe.layers)
    sizes = [Scale(height, width)]
    most = recipe.scales or (1 if recipe.continues else math.inf)
    while len(sizes) < most:
        factor = recipe.scale_factor ** len(sizes)
        coarser = Scale(round(height / factor), round(width / factor))
        if max(coarser) < recipe.min_size or not _fits(coarser, recipe.layers):
            break
        sizes.append(coarser)
    return tuple(reversed(sizes))


def _fits(scale: Scale, layers: Sequence[str]) -> bool:
    try:
        require_size(scale.height, scale.width, layers)
    except InputError:
        return False
    return True
