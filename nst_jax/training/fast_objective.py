"""The loss that the fast network is trained with: the optimizer's own objective, of its outputs.

The objective of the default recipe (`objective.evaluate`) for each pair of a content and a style, with the style term
also at half the resolution, where the large forms of a style are, and a term that asks a picture styled by itself to
come back.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nst_jax.fast.decoder import Parameters
from nst_jax.fast.network import Image, code_sums, transfer
from nst_jax.fast.regions import Planes, position_weights
from nst_jax.fast.style_code import StyleCode, code_of_sums
from nst_jax.losses.content import Scalar, content_loss
from nst_jax.losses.gram import Gram, gram_matrix, gram_style_loss
from nst_jax.losses.huber import huber
from nst_jax.losses.statistics import zero_feature_loss
from nst_jax.losses.total_variation import total_variation
from nst_jax.networks.frozen_vgg import FrozenVGG
from nst_jax.recipes.recipe import Recipe

RECIPE = Recipe()
LAYERS = RECIPE.style_layers
# Weight of the mean absolute difference of pixels for pictures that are styled by themselves.
IDENTITY_WEIGHT = 10.0
# Weight of the style term at half the resolution, relative to that at the full one.
HALF_WEIGHT = 0.7


class Networks(NamedTuple):
    """The frozen network in its two roles.

    Attributes:
        features: what the decoder reads, with the padding "edges": of features that tell where the image ends, the
            decoder would learn to leave a frame without strokes.
        losses: what the losses compare, with the padding "replicate" of the optimizer.
    """

    features: FrozenVGG
    losses: FrozenVGG


class Style(NamedTuple):
    """A style picture as the training sees it: its code, and its Gram matrices at the full and half the resolution."""

    code: StyleCode
    grams: dict[str, Gram]
    half: dict[str, Gram]


class Losses(NamedTuple):
    """The terms of one pair, unweighted: relative errors of the content, the style at both resolutions."""

    total: Scalar
    content: Scalar
    style: Scalar
    half: Scalar
    identity: Scalar


def style_of(networks: Networks, image: Image) -> Style:
    """Compute the code and the Gram matrices of a style picture."""
    weights = position_weights(whole(image))
    activations, half = networks.losses(image, LAYERS), networks.losses(halved(image), LAYERS)
    return Style(
        code_of_sums(code_sums(networks.features, image, weights)),
        {name: gram_matrix(activations[name]) for name in LAYERS},
        {name: gram_matrix(half[name]) for name in LAYERS},
    )


def whole(image: Image) -> Planes:
    """Return the mask of a single region that covers the image, (1, height, width)."""
    return jnp.ones((1, *image.shape[:2]), image.dtype)


def mixed(first: Style, second: Style, part: Scalar) -> Style:
    """Mix two styles; `part` is the weight of the second, in [0, 1]."""
    return jax.tree.map(lambda a, b: (1 - part) * a + part * b, first, second)


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
    images = transfer(networks.features, parameters, contents, styles.code, key, whole(contents[0]))
    identity = jnp.zeros(len(contents)) if identity is None else identity
    losses = jax.vmap(pair_losses, (None, 0, 0, 0, 0))(networks.losses, images, contents, styles, identity)
    return jnp.mean(losses.total), losses


def pair_losses(network: FrozenVGG, image: Image, content: Image, style: Style, identity: Scalar) -> Losses:
    """Compute the loss of a stylized image and its terms."""
    targets = network(content, RECIPE.content_layers)
    activations = network(image, {*RECIPE.content_layers, *LAYERS})
    content_term = jnp.mean(
        jnp.stack([content_loss(activations[name], each) / zero_feature_loss(each) for name, each in targets.items()])
    )
    own, own_half = style_terms(activations, style.grams), style_terms(network(halved(image), LAYERS), style.half)
    gray = jnp.mean(image, -1, keepdims=True)
    variation = total_variation(gray + RECIPE.tv_color**0.5 * (image - gray))
    outside = jnp.mean((image - jnp.clip(image, 0, 1)) ** 2)
    difference = jnp.mean(jnp.abs(image - content))
    total = (
        RECIPE.content_weight * content_term
        + robust(own)
        + HALF_WEIGHT * robust(own_half)
        + RECIPE.tv_weight * variation
        + 10 * outside
        + identity * IDENTITY_WEIGHT * difference
    )
    return Losses(total, content_term, average(own), average(own_half), difference)


def style_terms(activations: dict[str, Float[Array, "_ _ _"]], grams: dict[str, Gram]) -> dict[str, Scalar]:
    """Compute the relative error of the Gram matrix at each layer."""
    return {
        name: gram_style_loss(gram_matrix(activations[name]), grams[name]) / zero_feature_loss(grams[name])
        for name in LAYERS
    }


def shares() -> dict[str, float]:
    """Return the weight of each style layer, normalized to a sum of 1."""
    weights = dict(zip(LAYERS, RECIPE.weights_of_style_layers, strict=True))
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def average(terms: dict[str, Scalar]) -> Scalar:
    """Return the weighted mean of the layers' relative errors."""
    return sum((share * terms[name] for name, share in shares().items()), jnp.zeros(()))


def robust(terms: dict[str, Scalar]) -> Scalar:
    """Return the weighted style term with Huber's loss of each layer, as `coefficients.make_coefficients` does."""
    total = jnp.zeros(())
    for name, share in shares().items():
        weight = RECIPE.style_weight * share
        threshold = RECIPE.style_huber * max(RECIPE.content_weight / len(LAYERS), weight / 30)
        total += huber(weight * terms[name], jnp.asarray(1 / threshold))
    return total


def halved(image: Image) -> Image:
    """Average squares of 2 x 2 pixels; odd edges are cropped."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    return jnp.mean(image[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3), (1, 3))
