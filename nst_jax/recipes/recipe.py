"""What a stylization is asked to do.

Plain, frozen, checked data without any import of jax, so that `--help` is instant. The command line and the Python API
take the same dataclass.
"""

import dataclasses

from nst_jax.recipes.settings import Settings
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.types import Box
from nst_jax.recipes.validation import check


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe(Settings):
    """All settings of a run.

    Raises:
        InputError: when a setting is impossible by itself or together with another.
    """

    def steps_at(self, sizes: int) -> tuple[int, ...]:
        """The steps at each of so many sizes, coarsest first."""
        coarse = [min(self.coarse_steps, self.steps)] * (sizes - 1)
        if coarse and self.first_steps:
            coarse[0] = self.first_steps
        return (*coarse, self.steps)

    @property
    def blends(self) -> bool:
        """Whether several styles are mixed into one painting."""
        return bool(self.style_blend or self.style_groups)

    @property
    def style_box(self) -> Box | None:
        """The part of the style picture to be used; None for all of it."""
        return Box(*map(int, self.style_crop.split(","))) if self.style_crop else None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that have a say: those of the terms with weight."""
        weights = term_weights(self)
        content = self.content_layers if weights.content > 0 else ()
        return (*content, *(self.style_layers if weights.style > 0 else ()))

    def __post_init__(self) -> None:
        check(self)
