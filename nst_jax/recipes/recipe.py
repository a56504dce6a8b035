"""The recipe: all settings of a stylization, validated.

A frozen dataclass of plain data, which the command line and the Python API share. It does not import jax, so that
`--help` is instant.
"""

import dataclasses

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
# least FEWER_STEPS_FROM. Both take about as long for a result of 512 pixels.
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
# Unless a recipe gives the number of steps: that at each scale of more than MOST_COMPUTED pixels that follows another
# one. The forms come from the smaller scales, the largest of which has FEWER_STEPS, as that of a smaller result; more
# steps at the larger scales would replace them by smaller ones.
FINE_STEPS = 16


@refuse_unknown_names
@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe(Settings):
    """All settings of a run, validated; the fields are those of the classes in `nst_jax.recipes.settings`.

    Each value is converted to the type of its field: a list to a tuple, a number of NumPy or JAX to one of Python, a
    path to text. So a recipe that was saved as JSON, with lists in place of tuples, can be given back as it is read.

    Raises:
        InputError: when a setting is invalid by itself or in combination with another.
    """

    def steps_at(self, sizes: int) -> tuple[int, ...]:
        """Return the number of steps at each scale, coarsest first, for the given number of scales.

        >>> Recipe(steps=90, coarse_steps=60).steps_at(3)
        (60, 60, 90)
        >>> Recipe(size=4096).steps_at(6)
        (45, 45, 45, 62, 16, 16)
        """
        steps = [min(self.coarse_steps, self.steps or FEWER_STEPS)] * (sizes - 1)
        for index in range(1, sizes - 1):
            if self._is_fine(sizes - 1 - index):
                steps[index] = min(steps[index], FINE_STEPS)
            elif self._is_fine(sizes - 2 - index):
                steps[index] = FEWER_STEPS
        if steps and self.first_steps:
            steps[0] = self.first_steps
        return (*steps, self.final_steps)

    @property
    def final_steps(self) -> int:
        """The number of steps at the final size.

        >>> Recipe(size=512).final_steps, Recipe(size=2048).final_steps, Recipe(steps=300).final_steps
        (62, 16, 300)
        """
        if self.steps is not None:
            return self.steps
        if self._is_fine(0) and self.scales != 1 and not self.continues:
            return FINE_STEPS
        return FEWER_STEPS if self.supersampling_factor >= FEWER_STEPS_FROM else STEPS

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

    def _is_fine(self, scales_later: int) -> bool:
        """Return whether the program may take FINE_STEPS at the scale that is so many scales before the last one."""
        size = self.size * self.supersampling_factor / self.scale_factor**scales_later
        return self.steps is None and size > MOST_COMPUTED

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
