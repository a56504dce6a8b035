"""One stylisation, from two pictures to a result, with a generator of progress beneath it."""

import collections
import dataclasses
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax import images, optimize
from nst_jax.adam import Adam
from nst_jax.errors import InputError
from nst_jax.images import RGB
from nst_jax.layers import require_size
from nst_jax.lbfgs import LBFGS
from nst_jax.memory import check_memory
from nst_jax.objective import Objective, Terms, make_targets
from nst_jax.pipeline import snapshots
from nst_jax.provenance import provenance
from nst_jax.recipe import Recipe
from nst_jax.result import Losses, Result
from nst_jax.vgg import VGG19
from nst_jax.weights import NetworkWeights
from nst_jax.weights import load as load_network
from nst_jax.weights.download import ProgressBar


def stylize(
    content: images.Source,
    style: images.Source,
    recipe: Recipe | None = None,
    *,
    network: NetworkWeights | None = None,
    **changes: Any,
) -> Result:
    """Paints the content picture in the manner of the style picture.

    Args:
        content: path, Pillow image or array (see `images.read`).
        style: the same; of any size, never stretched.
        recipe: settings; None means the default recipe.
        network: loaded weights, to be used in place of `recipe.network`.
        **changes: single settings to be changed in the recipe, such as `size=256, steps=100`.

    Returns:
        The finished result.

    Raises:
        InputError: for a file, a setting or a combination of them that cannot be worked with.
    """
    (result,) = collections.deque(stylize_steps(content, style, recipe, network=network, **changes), maxlen=1)
    return result


def stylize_steps(
    content: images.Source,
    style: images.Source,
    recipe: Recipe | None = None,
    *,
    network: NetworkWeights | None = None,
    every: int | None = None,
    download_bar: Callable[[], ProgressBar] | None = None,
    **changes: Any,
) -> Iterator[Result]:
    """The same as `stylize`, as a generator of the results so far, for live displays, notebooks and apps.

    Each result is handed out while the device already works on the next steps. Leaving the loop ends the run.

    Args:
        content: as for `stylize`.
        style: as for `stylize`.
        recipe: as for `stylize`.
        network: as for `stylize`.
        every: besides about twice a second, yield exactly after each `every` steps.
        download_bar: makes the progress bar of a download, should one be needed.
        **changes: as for `stylize`.
    """
    recipe = dataclasses.replace(recipe or Recipe(), **changes)
    if every is not None and every < 1:
        raise InputError(f"Results can be had every 1 step or more, not every {every}.")
    content_picture, style_picture = images.read(content), images.read(style)
    weights = network or load_network(recipe.network, progress=download_bar)
    module = VGG19(weights, pooling=recipe.pooling)
    height, width = images.fitted_size(content_picture.rgb.shape, recipe.size)
    layers = (*recipe.content_layers, *recipe.style_layers)
    require_size(height, width, layers)
    check_memory(weights, layers, height, width)
    target = images.resize(content_picture.rgb, height, width)
    style_target = _style_target(style_picture.rgb, max(height, width))
    start = _start(recipe, target, style_target)
    facts = provenance(recipe, weights, content_picture, style_picture)
    alpha = None if content_picture.alpha is None else images.resize(content_picture.alpha, height, width)

    optimizer = LBFGS() if recipe.optimizer == "lbfgs" else Adam(recipe.learning_rate)
    began = time.perf_counter()
    targets = make_targets(module, jnp.asarray(target), jnp.asarray(style_target), recipe)
    advance = functools.partial(
        optimize.run_chunk, network=module, targets=targets, objective=Objective.of(recipe), optimizer=optimizer
    )
    history: list[Terms] = []
    for snapshot in snapshots(optimize.initial_state(jnp.asarray(start), optimizer), advance, recipe.steps, every):
        history.append(snapshot.terms)
        terms = [np.concatenate(values) for values in zip(*history, strict=True)]
        yield Result(
            picture=snapshot.picture,
            alpha=alpha,
            losses=Losses(content=terms[0], style=terms[1], total_variation=terms[2]),
            seconds=time.perf_counter() - began,
            steps=snapshot.steps,
            ending=snapshot.ending,
            provenance=facts,
        )


def _style_target(style: RGB, long_side: int) -> RGB:
    """The style at the size of the result, aspect kept; a smaller one is not enlarged, which would blur its strokes."""
    return images.resize(style, *images.fitted_size(style.shape, min(long_side, max(style.shape[:2]))))


def _start(recipe: Recipe, content: RGB, style: RGB) -> RGB:
    """The picture to start from, of the content's shape."""
    height, width = content.shape[:2]
    if recipe.init == "content":
        return content
    if recipe.init == "noise":
        return np.asarray(jax.random.uniform(jax.random.key(recipe.seed), (height, width, 3)))
    return images.cover(style if recipe.init == "style" else images.read(recipe.init).rgb, height, width)
