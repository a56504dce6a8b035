"""What a picture is held against: targets from the content and the style, and what each loss counts.

Losses are made comparable here, by coefficients alone: relative to their targets, or to the content's distance from the
style; the losses themselves stay the published ones.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.losses.content import Scalar
from nst_jax.losses.statistics import Shares, StyleTarget, blended, make_style_target, style_loss, zero_feature_loss
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.activation_norms import activation_scales
from nst_jax.objective.blending import shares
from nst_jax.objective.guidance import Guides, areas, downsample_guides
from nst_jax.objective.jitter import OFFSETS, shifted
from nst_jax.objective.objective import Coefficients, Features, Masks, Objective, Picture, Targets, region_statistics
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import LEAST_DISTANCE, term_weights

# With the default's weights, the style's part of a threshold is the content's.
STYLE_PART = 1 / 30
# One style, or several to be mixed.
Styles = Float[Array, "_ _ 3"] | tuple[Float[Array, "_ _ 3"], ...]


def make_targets(
    network: VGG19, content: Picture, style: Styles, recipe: Recipe, masks: Masks | None = None
) -> Targets:
    """Evaluates the network on the content and the style picture.

    With `recipe.relative`, each layer's loss is divided by the mean square of its target (features or statistics), so
    that it measures a relative error: the same weights then mean the same on networks and layers whose activations
    are of different size. Without, they mean what they do on the network that `recipe.tuned_for` names; for others see
    `activation_scale`. With `recipe.style_strength`, the style term is divided by what it is at the content picture;
    see `strength`. The losses themselves stay the published ones; only coefficients change.

    With `recipe.style_huber`, Huber's loss is taken of each style layer and region, with a threshold (for the square)
    of that part of the content term of zero activations, shared out among the layers, and by area among the regions;
    or of STYLE_PART of the layer's own, where that is more, as it is where the content has little weight.

    Args:
        network: the network.
        content: RGB in [0, 1], (height, width, 3).
        style: RGB in [0, 1], of any other size; of several, the statistics are mixed as the recipe has it.
        recipe: layers, weights and normalisations.
        masks: regions of the pictures, each with a style of its own; of their sizes.
    """
    styles = style if isinstance(style, tuple) else (style,)
    parts = {layer: jnp.asarray(part, content.dtype) for layer, part in shares(recipe, len(styles)).items()}
    found = _measured(network, content, styles, parts, masks, Objective.of(recipe))
    scales = activation_scales(network, recipe, {*found.content, *found.style})
    # Gram matrices are products of two activations, and their difference is squared.
    power = 4 if recipe.style_statistic == "gram" else 2
    weights = term_weights(recipe)
    content_shares = _layer_shares(recipe.content_layers, recipe.content_layer_weights, recipe)
    style_shares = _layer_shares(recipe.style_layers, recipe.style_layer_weights, recipe)
    relative = recipe.relative or recipe.style_strength is not None

    def unit(size: Scalar, activation: float | Array, power: int) -> Scalar | float:
        # A target that is zero throughout (a black picture, no bias) has no scale to be measured by.
        return 1 / jnp.where(size > 0, size, 1) if relative else activation**power

    content_coefficients = {
        name: jnp.asarray(weights.content * content_shares[name] * unit(size, scales[name], 2), content.dtype)
        for name, size in found.content_sizes.items()
    }
    # A region counts by its area, so that each pixel is held alike whatever region it is in.
    area = (1.0,) if masks is None else tuple(areas(masks.content))
    style_coefficients = {
        name: tuple(
            jnp.asarray(weights.style * style_shares[name] * part * unit(size, scales[name], power), content.dtype)
            for size, part in zip(sizes, area, strict=True)
        )
        for name, sizes in found.style_sizes.items()
    }
    if recipe.style_strength is not None and found.style:
        style_coefficients = _from_content(style_coefficients, found.style_at_content, weights.style)
    # The terms of zero activations: what a style layer's loss is large or small beside.
    content_term = sum(content_coefficients[name] * size for name, size in found.content_sizes.items())
    style_terms = jax.tree.map(jnp.multiply, style_coefficients, found.style_sizes)
    coefficients = Coefficients(
        content_coefficients,
        style_coefficients,
        jnp.asarray(weights.total_variation, content.dtype),
        _curvatures(recipe.style_huber, content_term, style_terms, area, content.dtype),
    )
    return Targets(found.content, found.style, found.guides, coefficients)


def jittered(targets: Targets, network: VGG19, content: Picture, masks: Masks | None, objective: Objective) -> Targets:
    """The targets with the content's features and the regions seen from each of `jitter.OFFSETS`.

    Args:
        targets: from `make_targets`.
        network: that they were made with.
        content: RGB in [0, 1], (height, width, 3).
        masks: regions of the pictures, of their sizes.
        objective: from the same recipe as the targets.
    """
    # One offset after the other: side by side they would need as many times the memory.
    numbers = range(len(OFFSETS))
    content_at = [_content_at(network, content, index, objective) for index in numbers]
    guides_of = [_guides_at_offset(masks, index, objective) for index in numbers]
    return targets._replace(
        content=jax.tree.map(lambda *each: jnp.stack(each), *content_at),
        guides=jax.tree.map(lambda *each: jnp.stack(each), *guides_of),
    )


@jax.jit(static_argnames="objective")
def _content_at(network: VGG19, content: Picture, index: Array | int, objective: Objective) -> dict[str, Features]:
    return network(shifted(content, index), objective.content_layers) if objective.content_layers else {}


def _guides_at_offset(masks: Masks | None, index: int, objective: Objective) -> dict[str, Guides]:
    if masks is None:
        return {}
    moved = jnp.moveaxis(shifted(jnp.moveaxis(masks.content, 0, -1), index), -1, 0)
    return downsample_guides(moved, objective.style_layers)


def _curvatures(
    part: float,
    content_term: Scalar | float,
    style_terms: dict[str, tuple[Scalar, ...]],
    area: Sequence[Scalar | float],
    dtype: DTypeLike,
) -> dict[str, tuple[Scalar, ...]]:
    """One over Huber's threshold of each style layer and region; see `make_targets`."""
    share = content_term / max(len(style_terms), 1)
    return {
        name: tuple(
            _inverse(part * jnp.maximum(share * size, STYLE_PART * own), dtype)
            for own, size in zip(terms, area, strict=True)
        )
        for name, terms in style_terms.items()
    }


def _inverse(threshold: Scalar | float, dtype: DTypeLike) -> Scalar:
    """One over it; 0, for no threshold, where it is 0."""
    threshold = jnp.asarray(threshold, dtype)
    return jnp.where(threshold > 0, 1 / jnp.where(threshold > 0, threshold, 1), 0)


class _Measured(NamedTuple):
    """Targets, and what losses are divided by where they are relative, or measured from the content picture."""

    content: dict[str, Features]
    style: dict[str, tuple[StyleTarget, ...]]
    guides: dict[str, Guides]
    content_sizes: dict[str, Scalar]
    style_sizes: dict[str, tuple[Scalar, ...]]
    style_at_content: dict[str, tuple[Scalar, ...]]


@jax.jit(static_argnames="objective")
def _measured(
    network: VGG19,
    content: Picture,
    styles: tuple[Float[Array, "_ _ 3"], ...],
    parts: dict[str, Shares],
    masks: Masks | None,
    objective: Objective,
) -> _Measured:
    """All that the network has to say of the inputs, in one program, which is compiled sooner than several."""
    names = objective.style_layers
    of_content = network(content, {*objective.content_layers, *(names if objective.from_content else ())})
    features = {name: of_content[name] for name in objective.content_layers}
    activations = [network(style, names) for style in styles]
    style_guides = [downsample_guides(regions, names) for regions in masks.styles] if masks else [{}] * len(styles)
    statistics = {}
    for name in names:
        each = [
            region_statistics(activation[name], objective, guides.get(name))
            for activation, guides in zip(activations, style_guides, strict=True)
        ]
        mixtures = [parts[name]] * len(each[0]) if masks is None or masks.shares is None else masks.shares
        statistics[name] = [blended(of, mixture) for of, mixture in zip(zip(*each, strict=True), mixtures, strict=True)]
    style = {name: tuple(make_style_target(each) for each in regions) for name, regions in statistics.items()}
    guides = downsample_guides(masks.content, names) if masks else {}
    at_content = {
        name: tuple(
            style_loss(own, target)
            for own, target in zip(
                region_statistics(of_content[name], objective, guides.get(name)), style[name], strict=True
            )
        )
        for name in (names if objective.from_content else ())
    }
    return _Measured(
        features,
        style,
        guides,
        {name: zero_feature_loss(target) for name, target in features.items()},
        {name: tuple(zero_feature_loss(each) for each in regions) for name, regions in statistics.items()},
        at_content,
    )


def _layer_shares(layers: tuple[str, ...], layer_weights: tuple[float, ...], recipe: Recipe) -> dict[str, float]:
    """Layer weights, made to sum to 1 for a mean."""
    given = layer_weights or (1.0,) * len(layers)
    total = sum(given) if recipe.layer_reduction == "mean" else 1
    return {name: share / total for name, share in zip(layers, given, strict=True)}


def _from_content(
    coefficients: dict[str, tuple[Scalar, ...]], at_content: dict[str, tuple[Scalar, ...]], weight: float
) -> dict[str, tuple[Scalar, ...]]:
    """The coefficients divided by the term that they give at the content picture, which then is the term's weight."""
    products = jax.tree.map(jnp.multiply, coefficients, at_content)
    # A content that has the style already is not to be worked on with a lens.
    start = jnp.maximum(sum(jax.tree.leaves(products)), weight * LEAST_DISTANCE)
    return jax.tree.map(lambda coefficient: coefficient * weight / start, coefficients)
