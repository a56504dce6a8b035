"""Preprocessing of the images of a scale: the size of the style, padding, and the image to start from."""

from collections.abc import Sequence

import jax
import numpy as np

from nst_jax import images
from nst_jax.images.picture import RGB
from nst_jax.objective.programs import program
from nst_jax.recipes.pyramid import Scale, scales
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.vgg_layers import stride

# ImageNet's mean color (R, G, B from 0 to 255), which networks of the caffe convention subtract.
MEAN_COLOR = np.array([123.68, 116.779, 103.939], np.float32)
# The least number of positions along the side of a style at the deepest layer, for which smaller styles are enlarged.
LEAST_POSITIONS = 8
_uniform = program(static_argnums=1)(jax.random.uniform)
_normal = program(static_argnums=1)(jax.random.normal)


def working_size(shape: tuple[int, ...], recipe: Recipe) -> tuple[int, int]:
    """Return the height and width at which an image is optimized: those of its result times the supersampling.

    Args:
        shape: the shape of the content, (height, width, ...).
        recipe: the settings.

    >>> working_size((600, 800, 3), Recipe(size=200, supersampling=1.5))
    (225, 300)
    """
    if recipe.size == 0:
        height, width = (round(recipe.supersampling_factor * side) for side in shape[:2])
        return height, width
    return images.fitted_size(shape, round(recipe.supersampling_factor * recipe.size), recipe.resize)


def computed_scales(shape: tuple[int, ...], recipe: Recipe) -> tuple[Scale, ...]:
    """Return the sizes at which a content is optimized, coarsest first, padded where they are too small for a layer.

    Args:
        shape: the shape of the content, (height, width, ...).
        recipe: the settings.

    >>> [scale.width for scale in computed_scales((600, 800, 3), Recipe(size=512))]
    [164, 328, 656]
    """
    return scales(*padded_size(*working_size(shape, recipe), recipe.layers), recipe)


def resize_style(style: RGB, size: Scale, final: Scale, recipe: Recipe, *, enlarge: bool = False) -> RGB:
    """Resize the style for a scale: to the size of the image under the rule `recipe.resize`, or to `style_size`.

    A smaller style keeps its own size, because enlarging blurs its strokes, unless `enlarge` is set or the recipe has
    `enlarge_style`, a `style_size`, or `resize="squash"`. But a tiny one is enlarged to LEAST_POSITIONS at the deepest
    layer; otherwise its statistics would be those of its borders. Supersampling multiplies the style's own size and
    `style_size`, as it does the size of the image, so that strokes keep their size in the result. `style_scale` is
    applied last.

    Args:
        style: (h, w, 3) in [0, 1], of any size.
        size: the size of the scale.
        final: the size of the last scale, which `style_size` refers to.
        recipe: the settings.
        enlarge: whether to enlarge a smaller style, as at scales after the main one, where strokes are only sharpened.

    Returns:
        The resized style, padded if it is too small for a layer.
    """
    side = {"long": max, "short": min, "squash": max}[recipe.resize]
    factor = recipe.supersampling_factor
    wanted = factor * recipe.style_size * side(size) / side(final) if recipe.style_size else side(size)
    if not (enlarge or recipe.enlarge_style or recipe.style_size or recipe.resize == "squash"):
        least = LEAST_POSITIONS * max(map(stride, recipe.layers), default=1)
        wanted = min(wanted, max(factor * side(style.shape[:2]), least))
    height, width = images.fitted_size(style.shape, max(1, round(wanted * recipe.style_scale)), recipe.resize)
    return pad_to_min_size(images.resize(style, height, width), recipe.layers)


def content_padded_to_min_size(planes: images.Planes, height: int, width: int, layers: Sequence[str]) -> images.Planes:
    """Resize and pad a content that would be too small for the network at its final size; return others unchanged.

    Args:
        planes: the content image, or a mask of it.
        height: the height of the result, in pixels.
        width: the width of the result, in pixels.
        layers: the layers in use.
    """
    if padded_size(height, width, layers) == (height, width):
        return planes
    return pad_to_min_size(images.resize(planes, height, width), layers)


def pad_to_min_size(planes: images.Planes, layers: Sequence[str]) -> images.Planes:
    """Pad an image by reflection if it is too small to give each layer at least one position."""
    height, width = planes.shape[:2]
    return images.pad_reflect(planes, *padded_size(height, width, layers))


def padded_size(height: int, width: int, layers: Sequence[str]) -> tuple[int, int]:
    """Return the height and width, increased where necessary to give each layer at least one position."""
    least = max(map(stride, layers), default=1)
    return max(height, least), max(width, least)


def upsample_with_detail(picture: RGB, coarse: RGB, content: RGB, styles: Sequence[RGB], recipe: Recipe) -> RGB:
    """Enlarge the result of a coarser scale to start the next, with the detail that the content lost by shrinking.

    Without that detail, the optimizer would have to fill in a blurred image, and objects would come out less clearly.
    Its standard deviation is limited to that of the same band of detail in the styles: stronger detail would have to be
    removed again, which takes steps and leaves glitter. No detail is added if the image does not contain the content
    (it started from something else, or the content has no weight). Without `recipe.keep_detail`, the image is only
    resampled by a Lanczos filter: nothing is added, and nothing blurred.

    Args:
        picture: the result of the coarser scale, (h, w, 3).
        coarse: the content at the coarser scale, of the same shape.
        content: the content at the next scale, (height, width, 3).
        styles: the styles at the next scale.
        recipe: the settings.

    Returns:
        The image to start from, of the shape of `content`, in [0, 1].
    """
    height, width = content.shape[:2]
    if not recipe.keep_detail:
        return images.resize(np.clip(picture, 0, 1), height, width)
    enlarged = images.enlarge_smoothly(np.clip(picture, 0, 1), height, width)
    weights = term_weights(recipe)
    if recipe.init != "content" or weights.content == 0:
        return enlarged
    detail = content - images.enlarge_smoothly(coarse, height, width)
    if weights.style > 0:
        factor = coarse.shape[0] / height
        style_std = np.mean([np.var(_detail_lost(style, factor)) for style in styles]) ** 0.5
        detail *= min(1.0, style_std / max(detail.std(), 1e-6))
    return np.clip(enlarged + detail, 0, 1)


def _detail_lost(picture: RGB, factor: float) -> RGB:
    """Return what an image loses when it is shrunk by `factor` and enlarged again, as the content is."""
    height, width = picture.shape[:2]
    smaller = images.resize(picture, max(1, round(factor * height)), max(1, round(factor * width)))
    return picture - images.enlarge_smoothly(smaller, height, width)


def initial_image(recipe: Recipe, start: RGB, style: RGB) -> RGB:
    """Return the image to start from, of the shape of `start`.

    Args:
        recipe: the settings; `init` chooses the image, and `seed` the noise.
        start: the image for `init` "content", recolored if the recipe says so, or "fast"; (height, width, 3) in [0, 1].
        style: the style image, of any size; with `init` "style" it is resized to cover that shape.
    """
    height, width = start.shape[:2]
    if recipe.init in ("content", "fast"):
        return start
    if recipe.init == "noise":
        return np.asarray(_uniform(jax.random.key(recipe.seed), (height, width, 3)))
    if recipe.init == "grey":
        noise = np.asarray(_normal(jax.random.key(recipe.seed), (height, width, 3)))
        full = 256 if recipe.input_range == "0-256" else 255
        return (MEAN_COLOR + np.float32(1e-3) * noise) / full
    return images.cover(style if recipe.init == "style" else images.read(recipe.init).solid, height, width)
