"""Postprocessing of an optimized image: padding, the final size, smoothing of colors, the content's chroma, regions."""

import functools
from collections.abc import Sequence

import numpy as np

from nst_jax import images
from nst_jax.engine.preprocess import working_size
from nst_jax.images import color_transfer
from nst_jax.images.defects import chroma_noise
from nst_jax.images.masks import Regions, composite, resize_regions
from nst_jax.images.picture import RGB, Alpha, Picture
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights


def final_shape(shape: tuple[int, int], recipe: Recipe) -> tuple[int, int]:
    """Return the (height, width) in pixels of the result of a content of the given (height, width)."""
    return shape if recipe.upscale_to_original else images.fitted_size(shape, recipe.size, recipe.resize)


class Postprocessor:
    """Turns the optimized images of a batch into the images of its results.

    Args:
        contents: the content images as they were read.
        styles: the style images, cropped by the recipe, whose chroma noise is measured; none leaves it to the contents.
        recipe: the settings.
        final: the size of the last scale, which may be padded.
        regions: the regions that are stylized; None for the whole image.
    """

    def __init__(
        self,
        contents: Sequence[Picture],
        styles: Sequence[Picture],
        recipe: Recipe,
        final: Scale,
        regions: Regions | None,
    ):
        self._method, self._final = recipe.color, final
        # Without style, the result is the photograph; with its luminance alone, the chroma is that of the photograph.
        is_smoothed = term_weights(recipe).style > 0 and recipe.color != "luminance"
        self._deviation = recipe.smooth_chroma if is_smoothed else 0.0
        self._optimized = working_size(contents[0].rgb.shape, recipe)
        self._shapes = [final_shape(each.rgb.shape[:2], recipe) for each in contents]
        # The size at which all else is done: that of the results, or of the optimized images if the photographs decide.
        self._shape = self._optimized if recipe.upscale_to_original else self._shapes[0]
        self._alphas = [each.alpha for each in contents]
        self._coverage = None if regions is None else resize_regions(regions.coverage[None], *self._shape)[0]
        # The contents at that size: for their chroma, or for the regions left as they are.
        self._contents = (
            [images.resize(content.solid, *self._shape) for content in contents]
            if recipe.color == "luminance" or regions is not None
            else []
        )
        self._originals, self._styles = contents, styles
        # The chroma noise below which smoothing does not go, for each content; measured when it is first needed.
        self._least_noise: dict[int, float] = {}

    def rgb(self, optimized: RGB, index: int) -> RGB:
        """Return the finished image, (height, width, 3) in [0, 1], of the result's size.

        Args:
            optimized: (h, w, 3) of any scale; values outside of [0, 1] are clipped.
            index: which image of the batch it is.
        """
        height, width = self._optimized
        whole = images.resize(np.clip(optimized, 0, 1), *self._final)[:height, :width]
        whole = self._smoothed(images.resize(whole, *self._shape), index)
        if self._contents:
            whole = color_transfer.restore_chroma(whole, self._contents[index], self._method)
        if self._coverage is not None:
            whole = composite(whole, self._contents[index], self._coverage)
        return images.resize(whole, *self._shapes[index])

    def _smoothed(self, whole: RGB, index: int) -> RGB:
        """Smooth the colors of an optimized image; what of it is not stylized does not count."""
        if not self._deviation:
            return whole
        if index not in self._least_noise:
            self._least_noise[index] = self._noise_of_inputs(index)
        return images.smooth_chroma_keeping(whole, self._deviation, self._least_noise[index], self._coverage)

    def _noise_of_inputs(self, index: int) -> float:
        """Measure the chroma noise of a content and of the styles at the size of the result; return the least."""
        content = self._contents[index] if self._contents else images.resize(self._originals[index].solid, *self._shape)
        return min((chroma_noise(content, self._coverage), *self._noise_of_styles))

    @functools.cached_property
    def _noise_of_styles(self) -> list[float]:
        """The chroma noise of each style, shrunk to the long side of the result."""
        return [chroma_noise(images.shrink(style.rgb, max(self._shape))) for style in self._styles]

    def alpha(self, index: int) -> Alpha | None:
        """Return the content's transparency, (height, width) in [0, 1], at the result's size; None if it has none."""
        alpha = self._alphas[index]
        return None if alpha is None else images.resize(alpha, *self._shapes[index])
