"""The scalar to be minimized, its terms, and the data from which it is computed.

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
from nst_jax.networks.vgg import VGG
from nst_jax.objective.guidance import Guides, Regions
from nst_jax.objective.jitter import OFFSETS, shift_image
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights
from nst_jax.recipes.types import GramNormalization, StyleStatistic, TotalVariationNorm

Image = Float[Array, "height width 3"]
# Features of any layer. The dimensions have no names, because one call handles layers of different sizes. With jitter
# there is a leading axis for the offsets.
Features = Float[Array, "*offsets _ _ _"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective:
    """The settings of a recipe on which the compiled program depends: hashable, a static argument of jit."""

    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    style_statistic: StyleStatistic = "gram"
    gram_normalization: GramNormalization = "hw"
    tv_norm: TotalVariationNorm = "l2"
    tv_color: float = 1.0
    has_tv: bool = True
    # Whether the style term is divided by its value at the content image.
    from_content: bool = False
    # Whether each image of a batch has its own style targets.
    own_styles: bool = False
    # Whether each step evaluates the image at another offset; this requires targets from `targets.add_jitter_offsets`.
    jitter: bool = False

    @classmethod
    def of(cls, recipe: Recipe) -> "Objective":
        """Build the objective of a recipe; terms without weight are left out and not computed."""
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
    """The factors of all losses. They are arrays, so that new values need no new compilation.

    Attributes:
        content: the factor of each layer.
        style: the factor of each layer and region.
        total_variation: the factor of the total variation.
        curvature: the argument of `losses.huber` for the weighted style loss of each layer and region; 0 leaves the
            loss unchanged.
    """

    content: dict[str, Scalar]
    style: dict[str, tuple[Scalar, ...]]
    total_variation: Scalar
    curvature: dict[str, tuple[Scalar, ...]]


class Targets(NamedTuple):
    """The targets with which the image is compared: a pytree, passed through jit as an argument.

    Attributes:
        content: the content's features at each content layer; `targets.add_jitter_offsets` adds a leading axis with one
            entry for each of `jitter.OFFSETS`.
        style: style targets at each style layer, one for each region; a single one without regions.
        guides: the regions at each style layer, with the same leading axis in case of jitter; empty without regions.
        coefficients: the factors of the losses.
    """

    content: dict[str, Features]
    style: dict[str, tuple[StyleTarget, ...]]
    guides: dict[str, Guides]
    coefficients: Coefficients


def without_huber(targets: Targets) -> Targets:
    """Return the targets with Huber's loss switched off: all curvatures are 0."""
    coefficients = targets.coefficients
    zeros = jax.tree.map(jnp.zeros_like, coefficients.curvature)
    return targets._replace(coefficients=coefficients._replace(curvature=zeros))


class Masks(NamedTuple):
    """Masks of the regions in the content and in each style, (regions, height, width) in [0, 1].

    Attributes:
        content: the regions of the content image.
        styles: for each style image, the masks of the parts from which the style of each region is taken.
        shares: the weight of each style in each region; None if all regions use the recipe's mixture.
    """

    content: Regions
    styles: tuple[Regions, ...]
    shares: Float[Array, "regions styles"] | None


class Terms(NamedTuple):
    """The weighted terms of the objective, without Huber's loss."""

    content: Scalar
    style: Scalar
    total_variation: Scalar


def evaluate(
    image: Image, network: VGG, targets: Targets, objective: Objective, step: Int[Array, ""] | int = 0
) -> tuple[Scalar, Terms]:
    """Compute the objective and its terms.

    The terms never contain Huber's loss, even if the objective applies it to the style layers.

    Args:
        image: RGB, nominally in [0, 1], (height, width, 3); its size may differ from that of the targets if there are
            no content layers.
        network: the network with which the targets were computed.
        targets: from `targets.make_targets`.
        objective: from the same recipe as the targets.
        step: the index of the step, which with `objective.jitter` selects the offset of the image.

    Returns:
        The scalar to be minimized, and the weighted terms, which sum to it unless a style loss exceeds the threshold of
        Huber's loss.
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
    statistics = {
        name: region_statistics(activations[name], objective, targets.guides.get(name)) for name in targets.style
    }
    robust_style, style = style_terms(statistics, targets)
    tv = variation_term(image, coefficients, objective)
    return content + robust_style + tv, Terms(content, style, tv)


def style_terms(statistics: dict[str, list[Statistics]], targets: Targets) -> tuple[Scalar, Scalar]:
    """Compute the weighted style term with and without Huber's loss.

    Args:
        statistics: those of the image at some style layers, of each region in turn.
        targets: of which those of these layers and their coefficients are used.
    """
    coefficients = targets.coefficients
    losses = [
        (coefficient * style_loss(own, target), curvature)
        for name, regions in statistics.items()
        for coefficient, curvature, own, target in zip(
            coefficients.style[name], coefficients.curvature[name], regions, targets.style[name], strict=True
        )
    ]
    zero = jnp.zeros((), coefficients.total_variation.dtype)
    return sum((huber(*each) for each in losses), zero), sum((loss for loss, _ in losses), zero)


def variation_term(image: Image, coefficients: Coefficients, objective: Objective) -> Scalar:
    """Compute the weighted total variation, 0 if the objective has none."""
    if not objective.has_tv:
        return jnp.zeros((), image.dtype)
    return coefficients.total_variation * _variation(image, objective)


def _variation(image: Image, objective: Objective) -> Scalar:
    """Compute the total variation, with each channel's difference from gray multiplied by the root of `tv_color`."""
    if objective.tv_color != 1:
        gray = jnp.mean(image, -1, keepdims=True)
        image = gray + objective.tv_color**0.5 * (image - gray)
    return total_variation(image, objective.tv_norm)


def region_statistics(features: Features, objective: Objective, guides: Guides | None) -> list[Statistics]:
    """Compute the style statistics of a layer's features in each region.

    Args:
        features: feature map (height, width, channels).
        objective: the settings, with the kind of statistic.
        guides: the weights of the positions in each region at that layer, (regions, height, width), each with a mean of
            1; None for a single region of all positions.

    Returns:
        A list with the statistics of each region in turn, as `style_statistics` returns them; one entry without
        `guides`. There is no axis for regions in their arrays.
    """
    kind, normalization = objective.style_statistic, objective.gram_normalization
    return [style_statistics(features, kind, normalization, guide) for guide in ([None] if guides is None else guides)]
