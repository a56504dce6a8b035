"""Targets and the scalar to be minimised, with its terms.

The objective of Gatys, Ecker & Bethge 2016 ("Image Style Transfer Using Convolutional Neural Networks", eq. 7):
L = alpha L_content + beta sum_l w_l E_l, plus a total variation.
"""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.activation_scale import scales_for
from nst_jax.blending import Shares, Statistics, blended, shares
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
from nst_jax.wasserstein import Gaussian, GaussianTarget, gaussian, gaussian_target, wasserstein_loss

Picture = Float[Array, "height width 3"]
# Of any layer: in one call, layers of different sizes come together.
Features = Float[Array, "_ _ _"]
# One style, or several to be mixed.
Styles = Float[Array, "_ _ 3"] | tuple[Float[Array, "_ _ 3"], ...]
StyleTarget = Float[Array, "_ _"] | Moments | GaussianTarget


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective:
    """What is measured: the part of a recipe that shapes the compiled program. Hashable, a static argument of jit."""

    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    style_statistic: StyleStatistic = "gram"
    gram_normalization: GramNormalization = "hw"
    tv_norm: TotalVariationNorm = "l2"
    has_tv: bool = True
    # Whether, in a batch, each picture has a style of its own.
    own_styles: bool = False

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
            own_styles=recipe.color != "style",
        )


class Coefficients(NamedTuple):
    """What each loss is multiplied with; scalars, so that other weights need no new compilation."""

    content: dict[str, Scalar]
    style: dict[str, Scalar]
    total_variation: Scalar


class Targets(NamedTuple):
    """What the picture is held against. A pytree, passed through jit as an argument."""

    content: dict[str, Features]
    style: dict[str, StyleTarget]
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


def make_targets(network: VGG19, content: Picture, style: Styles, recipe: Recipe) -> Targets:
    """Evaluates the network on the content and the style picture.

    With `recipe.relative`, each layer's loss is divided by the mean square of its target (features or statistics), so
    that it measures a relative error: the same weights then mean the same on networks and layers whose activations
    are of different size. Without, they mean what they do on the network that `recipe.tuned_for` names; for others see
    `activation_scale`. The losses themselves stay the published ones; only coefficients change.

    Args:
        network: the network.
        content: RGB in [0, 1], (height, width, 3).
        style: RGB in [0, 1], of any other size; of several, the statistics are mixed as the recipe has it.
        recipe: layers, weights and normalisations.
    """
    styles = style if isinstance(style, tuple) else (style,)
    parts = {layer: jnp.asarray(part, content.dtype) for layer, part in shares(recipe, len(styles)).items()}
    found = _measured(network, content, styles, parts, Objective.of(recipe))
    scales = scales_for(network, recipe, {*found.content, *found.style})
    # Gram matrices are products of two activations, and their difference is squared.
    power = 4 if recipe.style_statistic == "gram" else 2
    content_units = {name: scales[name] ** 2 for name in found.content}
    style_units = {name: scales[name] ** power for name in found.style}
    coefficients = Coefficients(
        _coefficients(recipe.content_weight, found.content_sizes, content_units, recipe.content_layer_weights, recipe),
        _coefficients(recipe.style_weight, found.style_sizes, style_units, recipe.style_layer_weights, recipe),
        jnp.asarray(recipe.tv_weight, content.dtype),
    )
    return Targets(found.content, found.style, coefficients)


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


class _Measured(NamedTuple):
    """Targets, and what losses are divided by where they are relative."""

    content: dict[str, Features]
    style: dict[str, StyleTarget]
    content_sizes: dict[str, Scalar]
    style_sizes: dict[str, Scalar]


@jax.jit(static_argnames="objective")
def _measured(
    network: VGG19,
    content: Picture,
    styles: tuple[Float[Array, "_ _ 3"], ...],
    parts: dict[str, Shares],
    objective: Objective,
) -> _Measured:
    """All that the network has to say of the inputs, in one program, which is compiled sooner than several."""
    features = network(content, objective.content_layers)
    activations = [network(style, objective.style_layers) for style in styles]
    statistics = {
        name: blended([_statistic(each[name], objective) for each in activations], parts[name])
        for name in activations[0]
    }
    return _Measured(
        features,
        {name: _target(statistic) for name, statistic in statistics.items()},
        {name: _size(target) for name, target in features.items()},
        {name: _size(target) for name, target in statistics.items()},
    )


def _statistic(features: Features, objective: Objective) -> Statistics:
    if objective.style_statistic == "gram":
        return gram_matrix(features, objective.gram_normalization)
    return moments(features) if objective.style_statistic == "mean-std" else gaussian(features)


def _target(statistics: Statistics) -> StyleTarget:
    return gaussian_target(statistics) if isinstance(statistics, Gaussian) else statistics


def _style_loss(statistics: Statistics, target: StyleTarget) -> Scalar:
    if isinstance(statistics, Gaussian) and isinstance(target, GaussianTarget):
        return wasserstein_loss(statistics, target)
    if isinstance(statistics, Moments) and isinstance(target, Moments):
        return moments_style_loss(statistics, target)
    assert isinstance(statistics, jax.Array)
    assert isinstance(target, jax.Array)
    return gram_style_loss(statistics, target)


def _coefficients(
    weight: float,
    sizes: Mapping[str, Scalar],
    units: Mapping[str, float | Array],
    layer_weights: tuple[float, ...],
    recipe: Recipe,
) -> dict[str, Scalar]:
    """Layer weights, made to sum to 1 for a mean, times the term's weight, over each target's size where relative."""
    shares = layer_weights or (1.0,) * len(sizes)
    total = sum(shares) if recipe.layer_reduction == "mean" else 1
    return {
        # A target that is zero throughout (a black picture, no bias) has no scale to be measured by.
        name: units[name] * weight * share / total / jnp.where((size > 0) & recipe.relative, size, 1)
        for (name, size), share in zip(sizes.items(), shares, strict=True)
    }


def _size(target: Features | Statistics) -> Scalar:
    """The loss of zero activations: the mean square of a target, or what a distribution's distance is measured in."""
    if isinstance(target, Gaussian):
        return jnp.mean(target.mean**2) + jnp.mean(jnp.diagonal(target.covariance))
    return sum((jnp.mean(leaf**2) for leaf in jax.tree.leaves(target)), jnp.zeros(()))
