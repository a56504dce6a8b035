"""The factors of all loss terms: term weights, layer weights, regions and the units that losses are measured in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.losses.content import Scalar
from nst_jax.objective.objective import Coefficients
from nst_jax.objective.programs import program
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import LEAST_DISTANCE, Weights, term_weights

# The least of the two values that the threshold of Huber's loss is a multiple of, relative to the layer's own weighted
# term of zero features. It counts where the content has little weight beside the style.
STYLE_FRACTION = 1 / 30

LayerRegions = dict[str, tuple[Scalar, ...]]


class Units(NamedTuple):
    """The losses by which coefficients are normalized, for each layer; for style, one for each region.

    Attributes:
        content: the content loss of zero features.
        style: the style loss of zero features.
        style_at_content: the style loss of the content image; empty unless the recipe has a style strength.
    """

    content: dict[str, Scalar]
    style: LayerRegions
    style_at_content: LayerRegions


def make_coefficients(
    recipe: Recipe,
    units: Units,
    activation_scales: Mapping[str, float | Array],
    areas: Sequence[Scalar | float],
    dtype: DTypeLike,
) -> Coefficients:
    """Compute the factors of all terms.

    With `recipe.relative` or a style strength, each layer's loss is divided by its unit, the loss of zero features, so
    that it measures a relative error: the same weights then mean the same on networks and layers with activations of
    different sizes. Otherwise losses are multiplied by powers of the activation scales. A style strength further
    divides the style term by its value at the content image.

    With `recipe.style_huber`, Huber's loss is taken of each style layer and region. Its threshold (of the loss, that is
    of the squared distance) is `style_huber` times the larger of two values: a share of the weighted content term of
    zero features, which is divided evenly among the layers and by area among the regions; and STYLE_FRACTION of the
    layer's own weighted style term of zero features.

    Args:
        recipe: weights, layer weights, and how losses are normalized.
        units: the losses that normalize the terms, computed with the targets.
        activation_scales: see `activation_norms`.
        areas: the fraction of the image that each region covers; (1.0,) without regions.
        dtype: the dtype of the factors.
    """
    return _coefficients(
        term_weights(recipe),
        _layer_shares(recipe.content_layers, recipe.content_layer_weights, recipe),
        _layer_shares(recipe.style_layers, recipe.weights_of_style_layers, recipe),
        recipe.style_huber,
        units,
        dict(activation_scales),
        tuple(areas),
        relative=recipe.relative or recipe.style_strength is not None,
        has_strength=recipe.style_strength is not None,
        # Gram matrices are products of two activations, and their difference is squared.
        style_power=4 if recipe.style_statistic == "gram" else 2,
        dtype=dtype,
    )


# Weights are arguments, so that other weights need no other program.
@program(static_argnames=("relative", "has_strength", "style_power", "dtype"))
def _coefficients(
    weights: Weights,
    content_shares: dict[str, Scalar | float],
    style_shares: dict[str, Scalar | float],
    style_huber: Scalar | float,
    units: Units,
    activation_scales: dict[str, float | Array],
    areas: tuple[Scalar | float, ...],
    *,
    relative: bool,
    has_strength: bool,
    style_power: int,
    dtype: DTypeLike,
) -> Coefficients:
    def factor(unit: Scalar, scale: float | Array, power: int) -> Scalar | float:
        # A target that is zero throughout (a black image, no bias) has no unit.
        return 1 / jnp.where(unit > 0, unit, 1) if relative else scale**power

    content = {
        name: jnp.asarray(weights.content * content_shares[name] * factor(unit, activation_scales[name], 2), dtype)
        for name, unit in units.content.items()
    }
    # A region counts by its area, so that every pixel counts the same, whatever region it is in.
    style = {
        name: tuple(
            jnp.asarray(
                weights.style * style_shares[name] * area * factor(unit, activation_scales[name], style_power), dtype
            )
            for unit, area in zip(of_regions, areas, strict=True)
        )
        for name, of_regions in units.style.items()
    }
    if has_strength and units.style:
        style = _divided_by_start(style, units.style_at_content, weights.style)
    content_term = sum(content[name] * unit for name, unit in units.content.items())
    style_terms = jax.tree.map(jnp.multiply, style, units.style)
    return Coefficients(
        content,
        style,
        jnp.asarray(weights.total_variation, dtype),
        _curvatures(style_huber, content_term, style_terms, areas, dtype),
    )


def _layer_shares(
    layers: tuple[str, ...], layer_weights: tuple[float, ...], recipe: Recipe
) -> dict[str, Scalar | float]:
    """Return the weight of each layer, normalized to a sum of 1 if layers are averaged."""
    given = layer_weights or (1.0,) * len(layers)
    total = sum(given) if recipe.layer_reduction == "mean" else 1
    return {name: share / total for name, share in zip(layers, given, strict=True)}


def _divided_by_start(coefficients: LayerRegions, at_content: LayerRegions, weight: Scalar | float) -> LayerRegions:
    """Scale the style coefficients so that the style term at the content image is `weight`."""
    products = jax.tree.map(jnp.multiply, coefficients, at_content)
    # Clamped, or a content that already matches the style would get an exploding weight.
    start = jnp.maximum(sum(jax.tree.leaves(products)), weight * LEAST_DISTANCE)
    return jax.tree.map(lambda coefficient: coefficient * weight / start, coefficients)


def _curvatures(
    fraction: Scalar | float,
    content_term: Scalar | float,
    style_terms: LayerRegions,
    areas: Sequence[Scalar | float],
    dtype: DTypeLike,
) -> LayerRegions:
    """Return one over the threshold of Huber's loss for each style layer and region; 0 where there is none."""
    share = content_term / max(len(style_terms), 1)
    return {
        name: tuple(
            _inverse(fraction * jnp.maximum(share * area, STYLE_FRACTION * own), dtype)
            for own, area in zip(terms, areas, strict=True)
        )
        for name, terms in style_terms.items()
    }


def _inverse(threshold: Scalar | float, dtype: DTypeLike) -> Float[Array, ""]:
    """Return one over the threshold, or 0 where it is 0."""
    threshold = jnp.asarray(threshold, dtype)
    return jnp.where(threshold > 0, 1 / jnp.where(threshold > 0, threshold, 1), 0)
