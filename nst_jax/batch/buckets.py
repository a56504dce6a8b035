"""Shape buckets: pad images of many shapes to few shapes, so that few programs are compiled.

An image is padded by reflection at its right and lower edges to the next multiple of STEP pixels, which keeps its
aspect ratio; the padding is cropped from the result.
"""

import numpy as np

from nst_jax import images
from nst_jax.images.picture import RGB, Alpha, Picture
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# The sides of a bucket are multiples of this, in pixels.
STEP = 32


def bucket(shape: tuple[int, ...], recipe: Recipe) -> Scale:
    """Return the shape that an image is padded to: each side grows by at most STEP - 1 pixels.

    A side that the recipe sets exactly, which is the long side, or with "squash" both sides, does not grow beyond
    `recipe.size`.

    Args:
        shape: the shape of the image, (height, width, ...), before it is resized by the recipe.
        recipe: the settings, of which `size` and `resize` are used.
    """
    fitted = images.fitted_size(shape, recipe.size, recipe.resize)
    exact = recipe.size if recipe.resize != "short" else 0
    return Scale(*(min(-(-side // STEP) * STEP, exact or side + STEP) for side in fitted))


def pad_to_bucket(picture: Picture, recipe: Recipe) -> Picture:
    """Resize an image by the recipe, and pad it and its transparency by reflection to the shape of its bucket."""
    height, width = images.fitted_size(picture.rgb.shape, recipe.size, recipe.resize)
    padded = bucket(picture.rgb.shape, recipe)

    def pad(planes: RGB | Alpha) -> np.ndarray:
        return images.pad_reflect(images.resize(planes, height, width), *padded)

    alpha = None if picture.alpha is None else pad(picture.alpha)
    return Picture.from_colors(pad(picture.solid), alpha, picture.name, origin=picture.info)
