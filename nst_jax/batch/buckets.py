"""Pictures of many shapes brought to few, so that few programs are compiled, without a change of aspect.

A picture is filled up at its right and lower edges, by reflection, to the next multiple of STEP; from the result, what
was added is cut off again.
"""

import numpy as np

from nst_jax import images
from nst_jax.images.picture import RGB, Alpha, Picture
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

STEP = 32


def bucket(shape: tuple[int, ...], recipe: Recipe) -> Scale:
    """The shape that a picture of this one is painted at: at most STEP - 1 pixels more on each side.

    Args:
        shape: of the picture, (height, width, ...), before it is fitted to the recipe's size.
        recipe: whose size is the long side's, which stays as it is, or both sides', which stay, or the short one's.
    """
    fitted = images.fitted_size(shape, recipe.size, recipe.resize)
    exact = recipe.size if recipe.resize != "short" else 0
    return Scale(*(min(-(-side // STEP) * STEP, exact or side + STEP) for side in fitted))


def pad_to_bucket(picture: Picture, recipe: Recipe) -> Picture:
    """The picture fitted to the recipe's size and filled up to its bucket, opaque where it was filled."""
    height, width = images.fitted_size(picture.rgb.shape, recipe.size, recipe.resize)
    wanted = bucket(picture.rgb.shape, recipe)

    def fill(planes: RGB | Alpha) -> np.ndarray:
        return images.pad_reflect(images.resize(planes, height, width), *wanted)

    alpha = None if picture.alpha is None else fill(picture.alpha)
    return Picture(fill(picture.rgb), alpha, picture.name, origin=picture.info)
