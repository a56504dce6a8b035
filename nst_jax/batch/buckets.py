"""Shape buckets: pad images of many shapes to few shapes, so that few programs are compiled.

An image is padded by reflection at its right and lower edges to the next multiple of STEP pixels, except for a side
whose length the recipe sets. So its aspect ratio is kept; the padding is cropped from the result.
"""

import math

import numpy as np

from nst_jax import images
from nst_jax.engine.preprocess import working_size
from nst_jax.images.picture import RGB, Alpha, Picture
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# The sides of a bucket are multiples of this, in pixels.
STEP = 32


def bucket(shape: tuple[int, ...], recipe: Recipe) -> Scale:
    """Return the shape that an image is padded to, after it was resized by the recipe.

    A side grows to the next multiple of STEP pixels. But the side that `recipe.size` sets (the long or the short one;
    with "squash" both) keeps its length, and under the rule "long" the other side does not grow beyond it: resizing the
    padded image by the recipe again would change nothing. With a size of 0, both sides grow.

    Args:
        shape: the shape of the image, (height, width, ...), before it is resized.
        recipe: the settings, of which `size`, `resize` and `supersampling` are used.
    """
    fitted = _padded_from(shape, recipe)
    if recipe.size == 0:
        exact, longest = 0, math.inf
    elif recipe.resize == "short":
        exact, longest = min(fitted), math.inf
    else:
        exact = longest = max(fitted)
    return Scale(*(side if side == exact else int(min(-(-side // STEP) * STEP, longest)) for side in fitted))


def pad_to_bucket(picture: Picture, recipe: Recipe) -> Picture:
    """Resize an image by the recipe, and pad it and its transparency by reflection to the shape of its bucket."""
    height, width = _padded_from(picture.rgb.shape, recipe)
    padded = bucket(picture.rgb.shape, recipe)

    def pad(planes: RGB | Alpha) -> np.ndarray:
        return images.pad_reflect(images.resize(planes, height, width), *padded)

    alpha = None if picture.alpha is None else pad(picture.alpha)
    return Picture.from_colors(pad(picture.solid), alpha, picture.name, dpi=picture.dpi, origin=picture.info)


def _padded_from(shape: tuple[int, ...], recipe: Recipe) -> tuple[int, int]:
    """Return the height and width of an image before it is padded.

    With a size of 0, an image keeps its size, and the optimization enlarges it by the supersampling afterwards.
    """
    return working_size(shape, recipe) if recipe.size else (shape[0], shape[1])
