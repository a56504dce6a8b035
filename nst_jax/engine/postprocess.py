"""Postprocessing of an optimized image: padding, the final size, smoothing of colors, the content's chroma, regions."""

from collections.abc import Sequence

import numpy as np

from nst_jax import images
from nst_jax.engine.preprocess import working_size
from nst_jax.images import color_transfer
from nst_jax.images.defects import chroma_noise
from nst_jax.images.masks import Plane, Regions, composite, resize_regions
from nst_jax.images.picture import RGB, Alpha, Picture
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights


def final_shape(shape: tuple[int, int], recipe: Recipe) -> tuple[int, int]:
    """Return the (height, width) in pixels of the result of a content of the given (height, width)."""
    return shape if recipe.upscale_to_original else images.fitted_size(shape, recipe.size, recipe.resize)


class Postprocessor:
    """Turns the optimized images of a batch into the images of its results.

    An optimized image is reduced to the size of its result; then its colors are smoothed, and the content's chroma and
    the regions that stay as they are are put back. If the result is larger, with `upscale_to_original`, this happens at
    the size of the optimized image, which is enlarged at the end.

    Args:
        contents: the content images: as they were read, or resized and padded if there are `original_shapes`.
        styles: the style images, cropped by the recipe, whose chroma noise is measured; with none, only that of the
            contents limits the smoothing.
        recipe: the settings.
        final: the size of the last scale; larger than the recipe asks for if that is too small for the network.
        regions: the regions that are stylized; None for the whole image.
        original_shapes: see `Problem.original_shapes`.
    """

    def __init__(
        self,
        contents: Sequence[Picture],
        styles: Sequence[Picture],
        recipe: Recipe,
        final: Scale,
        regions: Regions | None,
        original_shapes: Sequence[tuple[int, int]] = (),
    ):
        self._method, self._final = recipe.color, final
        # Without style, the result is the photograph; with its luminance alone, the chroma is that of the photograph.
        is_smoothed = term_weights(recipe).style > 0 and recipe.color != "luminance"
        self._deviation = recipe.smooth_chroma if is_smoothed else 0.0
        self._has_contents = recipe.color == "luminance" or regions is not None
        self._contents, self._styles, self._regions = contents, styles, regions
        originals = original_shapes or [(each.rgb.shape[0], each.rgb.shape[1]) for each in contents]
        self._optimized = working_size(contents[0].rgb.shape, recipe)
        # The part of the optimized image that is not padding, for each content.
        self._parts = [working_size(shape, recipe) for shape in originals]
        self._shapes = [final_shape(shape, recipe) for shape in originals]
        # For each content, made when it is first needed: the content and the coverage at the size at which all is done,
        # and the chroma noise below which smoothing does not go.
        self._resized: dict[int, RGB] = {}
        self._coverages: dict[int, Plane] = {}
        self._least_noise: dict[int, float] = {}
        self._style_noise: dict[int, tuple[float, ...]] = {}

    def rgb(self, optimized: RGB, index: int) -> RGB:
        """Return the finished image, (height, width, 3) in [0, 1], of the result's size.

        Args:
            optimized: (h, w, 3) of any scale; values outside of [0, 1] are clipped.
            index: which image of the batch it is.
        """
        height, width = self._optimized
        whole = images.resize(np.clip(optimized, 0, 1), *self._final)[:height, :width]
        coverage = self._coverage(index)
        whole = self._smoothed(self._fitted(whole, index), index, coverage)
        if self._has_contents:
            whole = color_transfer.restore_chroma(whole, self._content(index), self._method)
        if coverage is not None:
            whole = composite(whole, self._content(index), coverage)
        return images.resize(whole, *self._shapes[index])

    def alpha(self, index: int) -> Alpha | None:
        """Return the content's transparency, (height, width) in [0, 1], at the result's size; None if it has none."""
        alpha = self._contents[index].alpha
        return None if alpha is None else images.resize(self._without_padding(alpha, index), *self._shapes[index])

    def _fitted(self, planes: images.Planes, index: int) -> images.Planes:
        """Resize an image, or a plane, of the padded content to the size at which all is done, without the padding."""
        shape, part = self._shapes[index], self._parts[index]
        is_reduced = shape[0] <= part[0] and shape[1] <= part[1]
        return images.resize(self._without_padding(planes, index), *(shape if is_reduced else part))

    def _without_padding(self, planes: images.Planes, index: int) -> images.Planes:
        """Remove the padding at the lower and right edges of an image, or a plane, of any size of the content."""
        (height, width), of = self._parts[index], self._optimized
        return planes[: round(len(planes) * height / of[0]), : round(planes.shape[1] * width / of[1])]

    def _content(self, index: int) -> RGB:
        if index not in self._resized:
            self._resized[index] = self._fitted(self._contents[index].solid, index)
        return self._resized[index]

    def _coverage(self, index: int) -> Plane | None:
        """Return how much each pixel is stylized; None for all."""
        if self._regions is None:
            return None
        if index not in self._coverages:
            coverage = self._regions.coverage
            if coverage.size == 1:  # it stands for the whole image
                coverage = resize_regions(coverage[None], *self._optimized)[0]
            self._coverages[index] = self._fitted(coverage, index)
        return self._coverages[index]

    def _smoothed(self, whole: RGB, index: int, coverage: Plane | None) -> RGB:
        """Smooth the colors of an optimized image; what of it is not stylized does not count."""
        if not self._deviation:
            return whole
        if index not in self._least_noise:
            content = self._content(index) if self._has_contents else self._fitted(self._contents[index].solid, index)
            self._least_noise[index] = min((chroma_noise(content, coverage), *self._noise_of_styles(max(whole.shape))))
        return images.smooth_chroma_keeping(whole, self._deviation, self._least_noise[index], coverage)

    def _noise_of_styles(self, side: int) -> tuple[float, ...]:
        """Measure the chroma noise of each style, shrunk to a long side in pixels, once for each side."""
        if side not in self._style_noise:
            self._style_noise[side] = tuple(chroma_noise(images.shrink(style.rgb, side)) for style in self._styles)
        return self._style_noise[side]
