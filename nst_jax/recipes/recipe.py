"""The recipe: all settings of a stylization, validated.

A frozen dataclass of plain data, which the command line and the Python API share. It does not import jax, so that
`--help` is instant.
"""

import dataclasses
from collections.abc import Sequence

from nst_jax.recipes.normalization import normalized, refuse_unknown_names
from nst_jax.recipes.settings import LossSettings, Settings
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.types import Box, Optimizer, StyleStatistic
from nst_jax.recipes.validation import check

# The weights of the default style layers. Deeper layers, with more weight, put eyes and faces of portraits into skies.
STYLE_LAYER_WEIGHTS: dict[StyleStatistic, tuple[float, ...]] = {
    "wasserstein": (16.0, 8.0, 4.0, 1.0),
    "gram": (1.0, 1.0, 2.0, 0.5),
    "mean-std": (1.0, 1.0, 2.0, 0.5),
}
# The fraction of steps with jitter unless a recipe gives it. L-BFGS first, then Adam with jitter; Adam throughout.
JITTER_BY_DEFAULT: dict[Optimizer, float] = {"lbfgs": 0.5, "lbfgs-fixed": 0.5, "adam": 1.0}

# Unless a recipe gives it: the number of steps at the final size, and that for a picture with a supersampling of at
# least FEWER_STEPS_FROM, and for one of more than MOST_COMPUTED pixels. Both take about as long for a result of 512
# pixels.
STEPS, FEWER_STEPS, FEWER_STEPS_FROM = 90, 62, 1.25
# Unless a recipe gives it: the supersampling is COMPUTED pixels divided by the size of the result in pixels, but at
# least LEAST_SUPERSAMPLING and at most MOST_SUPERSAMPLING. The textures that the network draws have cells of some
# pixels, whatever the size of the picture. A small result is therefore computed at a larger multiple of its size, so
# that its cells look more like those of a large result. The least is 41/32 and not 5/4: for the usual sizes, a
# reduction by 5/4 resamples the same way every 4 pixels, and fine textures show that as a grid.
COMPUTED, LEAST_SUPERSAMPLING, MOST_SUPERSAMPLING = 656, 41 / 32, 1.6
# Results smaller than LEAST_SUPERSAMPLED pixels have no supersampling. Above 1024 pixels it falls, so that because of
# it no picture is computed at more than MOST_COMPUTED pixels, which would need too much memory.
LEAST_SUPERSAMPLED, MOST_COMPUTED = 128, 1312
# A result of more than MOST_COMPUTED pixels gets its forms and strokes at scales of up to MAIN_SIZE pixels, as a result
# of 512 pixels does. Larger scales only sharpen them.
MAIN_SIZE = COMPUTED


@refuse_unknown_names
@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe(Settings):
    """All settings of a run, validated; the fields are those of the classes in `nst_jax.recipes.settings`.

    Each value is converted to the type of its field: a list to a tuple, a number of NumPy or JAX to one of Python, a
    path to text. So a recipe that was saved as JSON, with lists in place of tuples, can be given back as it is read.

    Raises:
        InputError: when a setting is invalid by itself or in combination with another.
    """

    def steps_at(self, sizes: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """Return the number of steps at each scale.

        The main scale (see `main_scale`) has `main_steps`, smaller ones have `coarse_steps`, and larger ones have
        `fine_steps`, but never more than the main one.

        Args:
            sizes: the (height, width) of the image at each scale in pixels, coarsest first.

        >>> Recipe(steps=90, coarse_steps=60).steps_at([(100, 160), (200, 320), (400, 640)])
        (60, 60, 90)
        >>> Recipe(size=4096).steps_at([(400, 512), (800, 1024), (1600, 2048), (3200, 4096)])
        (62, 16, 16, 16)
        """
        main = self.main_scale(sizes)
        coarse, fine = (min(count, self.main_steps) for count in (self.coarse_steps, self.fine_steps))
        steps = [coarse] * main + [self.main_steps] + [fine] * (len(sizes) - 1 - main)
        if self.first_steps and len(sizes) > 1:
            steps[0] = self.first_steps
        return tuple(steps)

    def main_scale(self, sizes: Sequence[tuple[int, int]]) -> int:
        """Return the index of the scale at which the forms and strokes of a picture are finished.

        It is the last one, unless the result has a long side of more than MOST_COMPUTED pixels and `fine_steps` is not
        0; then it is the largest of up to MAIN_SIZE pixels, or the first if all are larger. Pixels are those of the
        result, before supersampling.

        Args:
            sizes: the (height, width) of the image at each scale in pixels, coarsest first.
        """
        sides = [round(max(size) / self.supersampling_factor) for size in sizes]
        if not self.fine_steps or sides[-1] <= MOST_COMPUTED:
            return len(sides) - 1
        return max((index for index, side in enumerate(sides) if side <= MAIN_SIZE), default=0)

    @property
    def main_steps(self) -> int:
        """The number of steps at the final size, or at the main scale of a larger picture, see `steps_at`.

        >>> Recipe(size=512).main_steps, Recipe(size=1200).main_steps, Recipe(steps=300).main_steps
        (62, 90, 300)
        """
        if self.steps is not None:
            return self.steps
        return FEWER_STEPS if self.size > MOST_COMPUTED or self.supersampling_factor >= FEWER_STEPS_FROM else STEPS

    @property
    def supersampling_factor(self) -> float:
        """The factor of the width and height at which a picture is computed, relative to those of its result.

        >>> [Recipe(size=size).supersampling_factor for size in (64, 256, 512, 1024, 2048)]
        [1.0, 1.6, 1.28125, 1.28125, 1.0]
        """
        if self.supersampling is not None:
            return self.supersampling
        if self.fast or self.size < LEAST_SUPERSAMPLED:
            return 1.0
        factor = min(max(COMPUTED / self.size, LEAST_SUPERSAMPLING), MOST_SUPERSAMPLING)
        return max(1.0, min(factor, MOST_COMPUTED / self.size))

    @property
    def weights_of_style_layers(self) -> tuple[float, ...]:
        """The weight of each style layer, in the order of `style_layers`; at least one is positive."""
        if self.style_layer_weights:
            return self.style_layer_weights
        is_default = self.style_layer_weights is None and self.style_layers == LossSettings.style_layers
        return STYLE_LAYER_WEIGHTS[self.style_statistic] if is_default else (1.0,) * len(self.style_layers)

    @property
    def jitter_fraction(self) -> float:
        """The fraction of the steps at each scale that have jitter."""
        if self.jitter is None:
            return JITTER_BY_DEFAULT[self.optimizer]
        return self.jitter

    @property
    def continues(self) -> bool:
        """Whether the run starts from a picture of the user's, and not from one that is made of content or style."""
        return self.init not in ("content", "noise", "grey", "style")

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
        for name, value in normalized(self).items():
            object.__setattr__(self, name, value)
        check(self)
