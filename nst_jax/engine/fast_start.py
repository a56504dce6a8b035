"""The picture of the fast network as the start of an optimization (`--init fast`)."""

import dataclasses

from nst_jax import images
from nst_jax.engine.fast_run import run_fast
from nst_jax.engine.problem import Problem
from nst_jax.images import color_transfer
from nst_jax.images.picture import RGB
from nst_jax.networks.weights import load_network
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.validation import FAST_SETTINGS


def fast_starts(problem: Problem, height: int, width: int) -> list[RGB]:
    """Stylize the contents of a problem by the fast network, with the settings that both methods have.

    Args:
        problem: images, as they were read, and settings; its network is not used.
        height: the height of the pictures in pixels.
        width: their width in pixels.

    Returns:
        The picture of each content, (height, width, 3) in [0, 1]; the network computes it at the size of the result,
        and with supersampling it is enlarged. With `color` "luminance" it is gray, as the
        optimization is.
    """
    recipe = problem.recipe
    shared = {name: getattr(recipe, name) for name in FAST_SETTINGS}
    fast = Recipe(**shared | {"fast": True, "network": "embedded", "upscale_to_original": False})
    fast_problem = dataclasses.replace(
        problem, recipe=fast, weights=load_network("embedded"), checkpoint=None, every=None, original_shapes=()
    )
    (progress,) = run_fast(fast_problem)
    pictures = [images.resize(each.partial_result.picture, height, width) for each in progress]
    if recipe.color == "luminance":
        return [color_transfer.gray(color_transfer.luminance(picture)) for picture in pictures]
    return pictures
