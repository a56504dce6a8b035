"""The pictures that a scale works with: the style at the right size, and what the painting begins with."""

from collections.abc import Sequence

import jax
import numpy as np

from nst_jax import images
from nst_jax.images.picture import RGB
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.vgg_layers import stride

# ImageNet's mean color, which networks of the caffe convention see as zero.
MEAN_COLOR = np.array([123.68, 116.779, 103.939], np.float32)


def resize_style(style: RGB, size: Scale, final: Scale, recipe: Recipe) -> RGB:
    """The style for a scale: as large as the picture by the same rule, or as the recipe asks for.

    One that is smaller by itself is not enlarged, which would blur its strokes, unless the recipe says so or gives a
    size.

    Args:
        style: the style picture.
        size: of the scale.
        final: the last scale's, which the recipe's sizes are meant for.
        recipe: the rule, the style's size and its scale.
    """
    side = {"long": max, "short": min, "squash": max}[recipe.resize]
    wanted = recipe.style_size * side(size) / side(final) if recipe.style_size else side(size)
    if not (recipe.enlarge_style or recipe.style_size or recipe.resize == "squash"):
        wanted = min(wanted, side(style.shape[:2]))
    height, width = images.fitted_size(style.shape, max(1, round(wanted * recipe.style_scale)), recipe.resize)
    return pad_to_min_size(images.resize(style, height, width), recipe.layers)


def content_padded_to_min_size(planes: images.Planes, height: int, width: int, layers: Sequence[str]) -> images.Planes:
    """The content as it is, or where it would be too small for the network at this size, at this size and filled up.

    Args:
        planes: the picture, or a mask of it.
        height: that it is to be painted at.
        width: that it is to be painted at.
        layers: those with a say.
    """
    if padded_size(height, width, layers) == (height, width):
        return planes
    return pad_to_min_size(images.resize(planes, height, width), layers)


def pad_to_min_size(planes: images.Planes, layers: Sequence[str]) -> images.Planes:
    """The picture, filled up by reflection where it is too small to leave a position of each layer."""
    height, width = planes.shape[:2]
    return images.pad_reflect(planes, *padded_size(height, width, layers))


def padded_size(height: int, width: int, layers: Sequence[str]) -> tuple[int, int]:
    """The size itself, or the least that leaves a position of each layer."""
    least = max(map(stride, layers), default=1)
    return max(height, least), max(width, least)


def upsample_with_detail(picture: RGB, coarse: RGB, content: RGB, styles: Sequence[RGB], recipe: Recipe) -> RGB:
    """What was painted at a coarser scale, as the start of the next.

    What the content lost by being made smaller is given back: enlarging alone would leave a blur to be filled in anew,
    and objects would not come through. It is given back no louder than such detail is in the style: what is too loud
    would have to be painted over, which takes steps and leaves glitter. Where nothing of the content is in the picture,
    that would bring it in.

    Args:
        picture: painted at the coarser scale.
        coarse: the content at that scale.
        content: at the next scale, whose shape the result has.
        styles: at the next scale.
        recipe: says whether the content is in the picture, and the style.
    """
    height, width = content.shape[:2]
    enlarged = images.resize(np.clip(picture, 0, 1), height, width)
    weights = term_weights(recipe)
    if recipe.init != "content" or weights.content == 0 or not recipe.keep_detail:
        return enlarged
    lost = content - images.resize(coarse, height, width)
    if weights.style > 0:
        factor = coarse.shape[0] / height
        loudness = np.mean([np.var(_lost(style, factor)) for style in styles]) ** 0.5
        lost *= min(1.0, loudness / max(lost.std(), 1e-6))
    return np.clip(enlarged + lost, 0, 1)


def _lost(picture: RGB, factor: float) -> RGB:
    """What a picture loses by being made smaller."""
    height, width = picture.shape[:2]
    smaller = images.resize(picture, max(1, round(factor * height)), max(1, round(factor * width)))
    return picture - images.resize(smaller, height, width)


def initial_image(recipe: Recipe, content: RGB, style: RGB) -> RGB:
    """The picture to start from, of the content's shape; "grey" may leave [0, 1] by its noise."""
    height, width = content.shape[:2]
    if recipe.init == "content":
        return content
    if recipe.init == "noise":
        return np.asarray(jax.random.uniform(jax.random.key(recipe.seed), (height, width, 3)))
    if recipe.init == "grey":
        noise = np.asarray(jax.random.normal(jax.random.key(recipe.seed), (height, width, 3)))
        full = 256 if recipe.input_range == "0-256" else 255
        return (MEAN_COLOR + np.float32(1e-3) * noise) / full
    return images.cover(style if recipe.init == "style" else images.read(recipe.init).rgb, height, width)
