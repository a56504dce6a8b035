"""Targets and the scalar to be minimised, with its terms.

The objective of Gatys, Ecker & Bethge 2016 ("Image Style Transfer Using Convolutional Neural Networks", eq. 7):
L = alpha L_content + beta sum_l w_l E_l, plus a total variation.
"""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.losses import (
    Moments,
    Scalar,
    content_loss,
    gram_matrix,
    gram_style_loss,
    moments,
    moments_style_loss,
    total_variation,
)
from nst_jax.recipe import GramNormalization, Recipe, StyleStatistic, TotalVariationNorm
from nst_jax.vgg import VGG19

Picture = Float[Array, "height width 3"]
# Of any layer: in one call, layers of different sizes come together.
Features = Float[Array, "_ _ _"]
Statistics = Float[Array, "_ _"] | Moments


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective:
    """What is measured: the part of a recipe that shapes the compiled program. Hashable, a static argument of jit."""

    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    style_statistic: StyleStatistic = "gram"
    gram_normalization: GramNormalization = "hw"
    tv_norm: TotalVariationNorm = "l2"
    has_tv: bool = True

    @classmethod
    def of(cls, recipe: Recipe) -> "Objective":
        """The objective that a recipe asks for; what has no weight is not computed."""
        return cls(
            content_layers=recipe.content_layers if recipe.content_weight > 0 else (),
            style_layers=recipe.style_layers if recipe.style_weight > 0 else (),
            style_statistic=recipe.style_statistic,
            gram_normalization=recipe.gram_normalization,
            tv_norm=recipe.tv_norm,
            has_tv=recipe.tv_weight > 0,
        )


class Coefficients(NamedTuple):
    """What each loss is multiplied with; scalars, so that other weights need no new compilation."""

    content: dict[str, Scalar]
    style: dict[str, Scalar]
    total_variation: Scalar


class Targets(NamedTuple):
    """What the picture is held against. A pytree, passed through jit as an argument."""

    content: dict[str, Features]
    style: dict[str, Statistics]
    coefficients: Coefficients


class Terms(NamedTuple):
    """The weighted parts of the objective; they add up to the total."""

    content: Scalar
    style: Scalar
    total_variation: Scalar

    @property
    def total(self) -> Scalar:
        """The objective: the sum of the terms."""
        return self.content + self.style + self.total_variation


def make_targets(network: VGG19, content: Picture, style: Float[Array, "_ _ 3"], recipe: Recipe) -> Targets:
    """Evaluates the network on the content and the style picture.

    With `recipe.relative`, each layer's loss is divided by the mean square of its target (features or statistics), so
    that it measures a relative error: the same weights then mean the same on networks and layers whose activations
    are of different size. The losses themselves stay the published ones; only coefficients change.

    Args:
        network: the network.
        content: RGB in [0, 1], (height, width, 3).
        style: RGB in [0, 1], of any other size.
        recipe: layers, weights and normalisations.
    """
    objective = Objective.of(recipe)
    features = _features(network, content, objective.content_layers)
    statistics = _statistics(network, style, objective)
    dtype = content.dtype
    coefficients = Coefficients(
        _coefficients(recipe.content_weight, features, recipe.content_layer_weights, recipe.relative, dtype),
        _coefficients(recipe.style_weight, statistics, recipe.style_layer_weights, recipe.relative, dtype),
        jnp.asarray(recipe.tv_weight, dtype),
    )
    return Targets(features, statistics, coefficients)


def evaluate(picture: Picture, network: VGG19, targets: Targets, objective: Objective) -> tuple[Scalar, Terms]:
    """The objective and its terms.

    Args:
        picture: RGB, nominally in [0, 1], (height, width, 3); its size need not be the targets' unless there are
            content layers.
        network: the network that the targets were made with.
        targets: from `make_targets`.
        objective: from the same recipe as the targets.

    Returns:
        The total, and the weighted terms that add up to it.
    """
    activations = network(picture, {*objective.content_layers, *objective.style_layers})
    coefficients = targets.coefficients
    zero = jnp.zeros((), picture.dtype)
    content = sum(
        (
            coefficients.content[name] * content_loss(activations[name], targets.content[name])
            for name in targets.content
        ),
        zero,
    )
    style = sum(
        (
            coefficients.style[name] * _style_loss(_statistic(activations[name], objective), targets.style[name])
            for name in targets.style
        ),
        zero,
    )
    tv = coefficients.total_variation * total_variation(picture, objective.tv_norm) if objective.has_tv else zero
    terms = Terms(content, style, tv)
    return terms.total, terms


@jax.jit(static_argnames="layers")
def _features(network: VGG19, picture: Picture, layers: tuple[str, ...]) -> dict[str, Features]:
    return network(picture, layers)


@jax.jit(static_argnames="objective")
def _statistics(network: VGG19, picture: Picture, objective: Objective) -> dict[str, Statistics]:
    activations = network(picture, objective.style_layers)
    return {name: _statistic(activation, objective) for name, activation in activations.items()}


def _statistic(features: Features, objective: Objective) -> Statistics:
    if objective.style_statistic == "gram":
        return gram_matrix(features, objective.gram_normalization)
    return moments(features)


def _style_loss(statistics: Statistics, target: Statistics) -> Scalar:
    if isinstance(statistics, Moments) and isinstance(target, Moments):
        return moments_style_loss(statistics, target)
    assert not isinstance(statistics, Moments)
    assert not isinstance(target, Moments)
    return gram_style_loss(statistics, target)


def _coefficients(
    weight: float,
    targets: Mapping[str, Features | Statistics],
    layer_weights: tuple[float, ...],
    relative: bool,
    dtype: DTypeLike,
) -> dict[str, Scalar]:
    """Layer weights made to sum to 1, times the term's weight, over each target's mean square where relative."""
    shares = layer_weights or (1.0,) * len(targets)
    coefficients = {}
    for (name, target), share in zip(targets.items(), shares, strict=True):
        size = sum(jnp.mean(leaf**2) for leaf in jax.tree.leaves(target)) if relative else jnp.ones((), dtype)
        # A target that is zero throughout (a black picture, no bias) has no scale to be measured by.
        coefficients[name] = jnp.asarray(weight * share / sum(shares) / jnp.where(size > 0, size, 1), dtype)
    return coefficients
