"""The scalar to be minimized, with its terms, and what it is made of.

The objective of Gatys, Ecker & Bethge 2016 ("Image Style Transfer Using Convolutional Neural Networks", eq. 7):
L = alpha L_content + beta sum_l w_l E_l, plus a total variation.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from nst_jax.losses.content import Scalar, content_loss
from nst_jax.losses.huber import huber
from nst_jax.losses.statistics import Statistics, StyleTarget, style_loss, style_statistics
from nst_jax.losses.total_variation import total_variation
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.guidance import Guides, Regions
from nst_jax.objective.jitter import OFFSETS, shift_image
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.types import GramNormalization, StyleStatistic, TotalVariationNorm

Image = Float[Array, "height width 3"]
# Of any layer: in one call, layers of different sizes come together. With jitter, the offsets are in front.
Features = Float[Array, "*offsets _ _ _"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective:
    """What is measured: the part of a recipe that shapes the compiled program. Hashable, a static argument of jit."""

    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    style_statistic: StyleStatistic = "gram"
    gram_normalization: GramNormalization = "hw"
    tv_norm: TotalVariationNorm = "l2"
    tv_color: float = 1.0
    has_tv: bool = True
    # Whether the style term is measured by what it is at the content image.
    from_content: bool = False
    # Whether, in a batch, each image has a style of its own.
    own_styles: bool = False
    # Whether each step looks at the image from another offset; the targets must be `targets.add_jitter_offsets`.
    jitter: bool = False

    @classmethod
    def of(cls, recipe: Recipe) -> "Objective":
        """The objective that a recipe asks for; what has no weight is not computed."""
        weights = term_weights(recipe)
        return cls(
            content_layers=recipe.content_layers if weights.content > 0 else (),
            style_layers=recipe.style_layers if weights.style > 0 else (),
            style_statistic=recipe.style_statistic,
            gram_normalization=recipe.gram_normalization,
            tv_norm=recipe.tv_norm,
            tv_color=recipe.tv_color,
            has_tv=weights.total_variation > 0,
            from_content=recipe.style_strength is not None,
            own_styles=recipe.color != "style",
        )


class Coefficients(NamedTuple):
    """What each loss is multiplied with, in style layers one a region; scalars, so that others need no compilation.

    Attributes:
        content: of each layer.
        style: of each layer and region.
        total_variation: of the image's.
        curvature: of each layer and region, what `losses.huber` is given with the style's loss; 0 leaves it as it is.
    """

    content: dict[str, Scalar]
    style: dict[str, tuple[Scalar, ...]]
    total_variation: Scalar
    curvature: dict[str, tuple[Scalar, ...]]


class Targets(NamedTuple):
    """What the image is held against. A pytree, passed through jit as an argument.

    Attributes:
        content: features; of `targets.add_jitter_offsets`, with one for each of `jitter.OFFSETS` in front.
        style: statistics, one a region; without regions, of all.
        guides: the regions at each style layer; empty without; with the offsets in front as well.
        coefficients: what the losses are multiplied with.
    """

    content: dict[str, Features]
    style: dict[str, tuple[StyleTarget, ...]]
    guides: dict[str, Guides]
    coefficients: Coefficients


def without_huber(targets: Targets) -> Targets:
    """The targets with all style losses as they are, not Huber's of them."""
    coefficients = targets.coefficients
    flat = jax.tree.map(jnp.zeros_like, coefficients.curvature)
    return targets._replace(coefficients=coefficients._replace(curvature=flat))


class Masks(NamedTuple):
    """Regions of the content, and for each style of that style: (regions, height, width) in [0, 1].

    Attributes:
        content: where each region is.
        styles: where each region's style is taken from, of each style.
        shares: the part of each style in each region; None where all take the recipe's mixture.
    """

    content: Regions
    styles: tuple[Regions, ...]
    shares: Float[Array, "regions styles"] | None


class Terms(NamedTuple):
    """The weighted parts of the objective, each as it is: without Huber's loss."""

    content: Scalar
    style: Scalar
    total_variation: Scalar


def evaluate(
    image: Image, network: VGG19, targets: Targets, objective: Objective, step: Int[Array, ""] | int = 0
) -> tuple[Scalar, Terms]:
    """The objective and its terms: as they are, also where the objective has Huber's loss of a style layer instead.

    Args:
        image: RGB, nominally in [0, 1], (height, width, 3); its size need not be the targets' unless there are
            content layers.
        network: the network that the targets were made with.
        targets: from `targets.make_targets`.
        objective: from the same recipe as the targets.
        step: the number of the step, which with `objective.jitter` says from which offset the image is looked at.

    Returns:
        What is to be minimized, and the weighted terms, which add up to it where no layer is beyond its threshold.
    """
    if objective.jitter:
        image = shift_image(image, step)
        at_offset = {name: values[step % len(OFFSETS)] for name, values in targets.content.items()}
        guides = {name: values[step % len(OFFSETS)] for name, values in targets.guides.items()}
        targets = targets._replace(content=at_offset, guides=guides)
    activations = network(image, {*objective.content_layers, *objective.style_layers})
    coefficients = targets.coefficients
    zero = jnp.zeros((), image.dtype)
    content = sum(
        (
            coefficients.content[name] * content_loss(activations[name], targets.content[name])
            for name in targets.content
        ),
        zero,
    )
    styles = [
        (coefficient * style_loss(own, target), curvature)
        for name, targets_of_layer in targets.style.items()
        for coefficient, curvature, own, target in zip(
            coefficients.style[name],
            coefficients.curvature[name],
            region_statistics(activations[name], objective, targets.guides.get(name)),
            targets_of_layer,
            strict=True,
        )
    ]
    style = sum((loss for loss, _ in styles), zero)
    tv = coefficients.total_variation * _variation(image, objective) if objective.has_tv else zero
    pull = sum((huber(*each) for each in styles), zero)
    return content + pull + tv, Terms(content, style, tv)


def _variation(image: Image, objective: Objective) -> Scalar:
    """The total variation of the image with differences between its channels enlarged by the root of `tv_color`."""
    if objective.tv_color != 1:
        gray = jnp.mean(image, -1, keepdims=True)
        image = gray + objective.tv_color**0.5 * (image - gray)
    return total_variation(image, objective.tv_norm)


def region_statistics(features: Features, objective: Objective, guides: Guides | None) -> list[Statistics]:
    """The style of a layer's features in each region, or of all.

    Args:
        features: feature map (height, width, channels).
        objective: which statistic.
        guides: the regions at that layer; None without.
    """
    kind, normalization = objective.style_statistic, objective.gram_normalization
    return [style_statistics(features, kind, normalization, guide) for guide in ([None] if guides is None else guides)]
