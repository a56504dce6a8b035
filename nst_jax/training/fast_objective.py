"""The loss that the fast network is trained with: the optimizer's own objective, of its outputs, and more.

The objective of the default recipe (`objective.evaluate`) for each pair of a content and a style, with the style term
also at lower resolutions, where the large forms of a style are; terms that ask for the features and the colors that
each position took over from a sample of the style, and for the statistics around these samples, so that the style is
met where it belongs and not only on average; terms for the colors of the whole picture and against a visible grid; and
a term that asks a picture styled by itself to come back.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nst_jax.fast.decoder import MATCHED, Inputs, Parameters, decode, modulations
from nst_jax.fast.network import STRIDE, Image, prepare, style_code, vectors_of
from nst_jax.fast.regions import position_weights, shares_of_regions, whole
from nst_jax.fast.samples import spread
from nst_jax.fast.squares import reduced
from nst_jax.fast.style_code import StyleCode, mix_codes
from nst_jax.losses.content import Scalar, content_loss
from nst_jax.losses.gram import Gram
from nst_jax.losses.statistics import zero_feature_loss
from nst_jax.losses.total_variation import total_variation
from nst_jax.networks.vgg import VGG
from nst_jax.training.grid_loss import grid_loss
from nst_jax.training.local_loss import LAYERS as LOCAL_LAYERS
from nst_jax.training.local_loss import Local, local_loss, local_statistics, wanted_statistics
from nst_jax.training.palette_loss import Quantiles, palette, palette_loss
from nst_jax.training.style_terms import LAYERS, LEAST_UNIT, RECIPE, average, grams_of, robust, style_terms

# Weight of the mean absolute difference of pixels for pictures that are styled by themselves.
IDENTITY_WEIGHT = 10.0
# Weights of the style terms at 1/2 and 1/4 of the resolution, relative to that at the full one. The large forms of a
# style are there; the optimizer finds them at its coarse scales.
REDUCED_WEIGHTS = {2: 0.3, 4: 0.1}
# Weight of the style term at the full resolution over the recipe's. With more, short strokes filled even areas.
STYLE_SHARE = 0.4
# The content counts for less than in the recipe: with its weight, the network learned to change little.
CONTENT_WEIGHT = 3.0
# Weights of the relative error of the features that are taken over, and of the mean absolute difference of colors at
# 1/8 of the resolution. With a lower weight of the latter, the style's terms filled even areas with blotches.
MATCH_WEIGHT, LAYOUT_WEIGHT = 0.3, 40.0
# Weights of the grain that is locked to the decoder's grid, of the distance of colors, and of statistics in windows.
GRID_WEIGHT, PALETTE_WEIGHT, LOCAL_WEIGHT = 20.0, 8.0, 20.0
# Number of samples of a style: half of `samples.COUNT`, since a training keeps the codes of many styles.
SAMPLES = 1024


class Networks(NamedTuple):
    """The frozen network in its two roles.

    Attributes:
        features: what the decoder reads, with the padding "edges": of features that tell where the image ends, the
            decoder would learn to leave a frame without strokes.
        losses: what the losses compare, with the padding "replicate" of the optimizer.
    """

    features: VGG
    losses: VGG


class Style(NamedTuple):
    """A style picture as the training sees it.

    Attributes:
        code: its style code.
        grams: its Gram matrices at the style layers.
        reduced: for each factor in REDUCED_WEIGHTS, those of the picture reduced by it.
        palette: quantiles of its colors, from `palette_loss.palette`.
        local: statistics around its samples, from `local_loss.local_statistics`.
    """

    code: StyleCode
    grams: dict[str, Gram]
    reduced: dict[int, dict[str, Gram]]
    palette: Quantiles
    local: Local


class Losses(NamedTuple):
    """The loss of one pair, and its terms without weights.

    Attributes:
        total: what the training lowers.
        content: relative error of the content's features.
        style: weighted mean over the layers of the relative errors of the Gram matrices.
        half: that at 1/2 of the resolution.
        quarter: that at 1/4 of the resolution.
        match: mean over the layers of the relative errors of the features that are taken over from samples.
        layout: mean absolute difference of colors from the composite of patches, both blurred, at 1/8 of the
            resolution.
        identity: mean absolute difference from the content.
        grid: from `grid_loss`.
        palette: from `palette_loss`.
        local: from `local_loss`.
        objective: the recipe's objective without Huber's loss.
    """

    total: Scalar
    content: Scalar
    style: Scalar
    half: Scalar
    quarter: Scalar
    match: Scalar
    layout: Scalar
    identity: Scalar
    grid: Scalar
    palette: Scalar
    local: Scalar
    objective: Scalar


def style_of(networks: Networks, image: Image) -> Style:
    """Compute the code of a style picture, and what the losses compare with it."""
    code = style_code(networks.features, image, whole(image), SAMPLES)
    height, width = (extent // STRIDE for extent in image.shape[:2])
    chosen = spread(jnp.ones(height * width), SAMPLES)
    activations = networks.losses(image, {*LAYERS, *LOCAL_LAYERS})
    return Style(
        code,
        grams_of(activations),
        {factor: grams_of(networks.losses(reduced(image, factor), LAYERS)) for factor in REDUCED_WEIGHTS},
        palette(image),
        local_statistics(activations, chosen, code.samples.keys[0, 0]),
    )


def mixed(first: Style, second: Style, part: Scalar) -> Style:
    """Mix two styles; `part` is the weight of the second, in [0, 1]."""
    both = jax.tree.map(lambda *each: jnp.stack(each), first.code, second.code)
    code = mix_codes(both, jnp.stack([1 - part, part])[:, None])
    grams, small, colors = jax.tree.map(
        lambda a, b: (1 - part) * a + part * b,
        (first.grams, first.reduced, first.palette),
        (second.grams, second.reduced, second.palette),
    )
    local = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), first.local, second.local)
    return Style(code, grams, small, colors, local)


def batch_loss(
    parameters: Parameters,
    networks: Networks,
    contents: Float[Array, "n height width 3"],
    styles: Style,
    key: Key[Array, ""],
    identity: Float[Array, " n"] | None = None,
) -> tuple[Scalar, Losses]:
    """Stylize a batch, and compute its mean loss and the terms of each pair.

    Args:
        parameters: of the decoder.
        networks: the frozen network.
        contents: RGB in [0, 1], (n, height, width, 3).
        styles: the style of each, with a leading axis of n.
        key: of the random numbers.
        identity: 1 where the style is that of the content itself, else 0; None stands for all 0.
    """
    planes = whole(contents[0])
    inputs = prepare(networks.features, contents, styles.code, key, planes)
    shares = shares_of_regions(position_weights(planes))
    images = decode(parameters, inputs, modulations(parameters, vectors_of(parameters, styles.code), shares))
    identity = jnp.zeros(len(contents)) if identity is None else identity
    losses = jax.vmap(pair_losses, (None, 0, 0, 0, 0, 0))(networks.losses, images, contents, styles, inputs, identity)
    return jnp.mean(losses.total), losses


def pair_losses(
    network: VGG, image: Image, content: Image, style: Style, inputs: dict[int, Inputs], identity: Scalar
) -> Losses:
    """Compute the loss of a stylized image and its terms.

    Args:
        network: the frozen network in its role for losses.
        image: the stylized image, RGB, (height, width, 3).
        content: its content.
        style: its style.
        inputs: what the decoder read of the content and the style, for the features and colors that it took over.
        identity: 1 where the style is that of the content itself, else 0.
    """
    targets = network(content, RECIPE.content_layers)
    activations = network(image, {*RECIPE.content_layers, *LAYERS, *MATCHED.values(), *LOCAL_LAYERS})
    units = {name: jnp.maximum(zero_feature_loss(each), LEAST_UNIT) for name, each in targets.items()}
    errors = [content_loss(activations[name], each) / units[name] for name, each in targets.items()]
    content_term = jnp.mean(jnp.stack(errors))
    own = style_terms(activations, style.grams)
    coarse = {
        factor: style_terms(network(reduced(image, factor), LAYERS), grams) for factor, grams in style.reduced.items()
    }
    gray = jnp.mean(image, -1, keepdims=True)
    variation = total_variation(gray + RECIPE.tv_color**0.5 * (image - gray))
    outside = jnp.mean((image - jnp.clip(image, 0, 1)) ** 2)
    difference = jnp.mean(jnp.abs(image - content))
    matches = [
        content_loss(activations[layer], inputs[stride].matched)
        / jnp.maximum(zero_feature_loss(inputs[stride].matched), LEAST_UNIT)
        for stride, layer in MATCHED.items()
    ]
    match_term = jnp.mean(jnp.stack(matches))
    layout = jnp.mean(jnp.abs(blurred(reduced(image, STRIDE)) - blurred(inputs[STRIDE].composite)))
    grid = grid_loss(image)
    colors = palette_loss(palette(image), style.palette)
    local = local_loss(activations, wanted_statistics(style.code, style.local, inputs))
    smoothness = RECIPE.tv_weight * variation
    total = (
        CONTENT_WEIGHT * content_term
        + STYLE_SHARE * robust(own)
        + sum(weight * robust(coarse[factor]) for factor, weight in REDUCED_WEIGHTS.items())
        + smoothness
        + MATCH_WEIGHT * match_term
        + LAYOUT_WEIGHT * layout
        + GRID_WEIGHT * grid
        + PALETTE_WEIGHT * colors
        + LOCAL_WEIGHT * local
        + 10 * outside
        + identity * IDENTITY_WEIGHT * difference
    )
    objective = RECIPE.content_weight * content_term + RECIPE.style_weight * average(own) + smoothness
    return Losses(
        total,
        content_term,
        average(own),
        average(coarse[2]),
        average(coarse[4]),
        match_term,
        layout,
        difference,
        grid,
        colors,
        local,
        objective,
    )


def blurred(image: Image) -> Image:
    """Average each pixel with its neighbors, by the weights 1/4, 1/2, 1/4 along both axes; edges are repeated."""
    for axis in (0, 1):
        padded = jnp.pad(image, [(1, 1) if i == axis else (0, 0) for i in range(3)], mode="edge")
        before, after = (jax.lax.slice_in_dim(padded, i, i + image.shape[axis], axis=axis) for i in (0, 2))
        image = 0.25 * before + 0.5 * image + 0.25 * after
    return image
