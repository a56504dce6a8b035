"""The recipe: all settings of a stylization, validated.

A frozen dataclass of plain data, which the command line and the Python API share. It does not import jax, so that
`--help` is instant.
"""

import dataclasses

from nst_jax.recipes.settings import Settings
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.types import Box
from nst_jax.recipes.validation import check


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe(Settings):
    """All settings of a run, validated; see `settings` for the fields.

    Raises:
        InputError: when a setting is invalid by itself or in combination with another.
    """

    def steps_at(self, sizes: int) -> tuple[int, ...]:
        """Return the number of steps at each scale, coarsest first, for the given number of scales."""
        coarse = [min(self.coarse_steps, self.steps)] * (sizes - 1)
        if coarse and self.first_steps:
            coarse[0] = self.first_steps
        return (*coarse, self.steps)

    @property
    def blends(self) -> bool:
        """Whether several styles are mixed into one result."""
        return bool(self.style_blend or self.style_groups)

    @property
    def style_box(self) -> Box | None:
        """The part of the style image to use; None for the whole image."""
        return Box(*map(int, self.style_crop.split(","))) if self.style_crop else None

    @property
    def layers(self) -> tuple[str, ...]:
        """The network layers in use: those of the content and style terms whose weight is positive."""
        weights = term_weights(self)
        content = self.content_layers if weights.content > 0 else ()
        return (*content, *(self.style_layers if weights.style > 0 else ()))

    def __post_init__(self) -> None:
        check(self)
