"""Optimization targets: features of the content image and style statistics of the style images."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.losses.statistics import (
    Shares,
    Statistics,
    StyleTarget,
    make_style_target,
    mix_statistics,
    style_loss,
    zero_feature_loss,
)
from nst_jax.networks.vgg import VGG
from nst_jax.objective.activation_norms import activation_scales
from nst_jax.objective.blending import mixture_weights
from nst_jax.objective.coefficients import Units, make_coefficients
from nst_jax.objective.guidance import Guides, downsample_guides, region_areas
from nst_jax.objective.jitter import OFFSETS, shift_image
from nst_jax.objective.objective import Features, Image, Masks, Objective, Targets, region_statistics
from nst_jax.objective.programs import program
from nst_jax.recipes.recipe import Recipe

# One style image, or several whose statistics are mixed.
Styles = Float[Array, "_ _ 3"] | tuple[Float[Array, "_ _ 3"], ...]


# For each style layer, a list with the statistics of each region.
RegionStatistics = dict[str, list[Statistics]]


class Measurements(NamedTuple):
    """Features and statistics of the content and the styles.

    Attributes:
        content: the content's features at each content layer.
        losses_of_zeros: the content loss of all-zero features at each content layer.
        styles: the statistics of each style image at each style layer, of each region in turn.
        style_of_content: the statistics of the content, as for a style; empty unless the recipe has a style strength.
    """

    content: dict[str, Features]
    losses_of_zeros: dict[str, Array]
    styles: list[RegionStatistics]
    style_of_content: RegionStatistics


def make_targets(network: VGG, content: Image, style: Styles, recipe: Recipe, masks: Masks | None = None) -> Targets:
    """Evaluate the network on the content and the style images and compute the coefficients of all losses.

    Args:
        network: the network.
        content: RGB in [0, 1], (height, width, 3).
        style: RGB in [0, 1], of any size; the statistics of several styles are mixed by the recipe's weights.
        recipe: layers, weights and normalizations.
        masks: regions with separate styles, each mask of the size of its image; None without regions.
    """
    styles = style if isinstance(style, tuple) else (style,)
    measurements = _measured(network, content, styles, masks, Objective.of(recipe))
    return make_targets_of(measurements, network, recipe, masks, content.dtype)


def make_targets_of(
    measurements: Measurements, network: VGG, recipe: Recipe, masks: Masks | None, dtype: DTypeLike
) -> Targets:
    """Compute the targets as `make_targets` does, from features and statistics that have been measured already.

    Args:
        measurements: those of the content and the styles.
        network: the network with which they were measured.
        recipe: as for `make_targets`.
        masks: as for `make_targets`.
        dtype: the dtype of the coefficients.
    """
    content, losses_of_zeros, styles, style_of_content = measurements
    layers = Objective.of(recipe).style_layers
    parts = {layer: jnp.asarray(part, dtype) for layer, part in mixture_weights(recipe, len(styles)).items()}
    style = _style_targets(styles, style_of_content, parts, None if masks is None else masks.shares)
    coefficients = make_coefficients(
        recipe,
        Units(losses_of_zeros, style.of_zero_features, style.of_content),
        activation_scales(network, recipe, {*content, *style.targets}),
        (1.0,) if masks is None else tuple(_areas(masks.content)),
        dtype,
    )
    return Targets(content, style.targets, {} if masks is None else _guides(masks, layers), coefficients)


def add_jitter_offsets(
    targets: Targets, network: VGG, content: Image, masks: Masks | None, objective: Objective
) -> Targets:
    """Replace the content's features and the guides by stacks with one entry for each of `jitter.OFFSETS`.

    Args:
        targets: from `make_targets`.
        network: the network with which the targets were computed.
        content: RGB in [0, 1], (height, width, 3).
        masks: regions with separate styles, each mask of the size of its image; None without regions.
        objective: from the same recipe as the targets.
    """
    stacks = _stacked(lambda index: _content_at_offset(network, content, index, objective))
    return targets._replace(content=stacks, guides=jitter_guides(masks, objective))


def jitter_guides(masks: Masks | None, objective: Objective) -> dict[str, Guides]:
    """Compute the guides with one entry for each of `jitter.OFFSETS`, as in the targets of `add_jitter_offsets`."""
    return _stacked(lambda index: _guides_at_offset(masks, index, objective))


def _stacked(at_offset: Callable[[int], dict[str, Array]]) -> dict[str, Array]:
    """Stack what a function returns for the index of each offset.

    One offset is computed and written after the other: a batch of all offsets would multiply the memory for activations
    by their number, and a program that stacks all of them takes a second to compile.
    """
    stacks: dict[str, Array] = {}
    for index in range(len(OFFSETS)):
        values = at_offset(index)
        stacks = _set_offset(stacks, values, index) if stacks else _first_offset(values)
    return stacks


@program()
def _first_offset(values: dict[str, Array]) -> dict[str, Array]:
    return {name: jnp.zeros((len(OFFSETS), *each.shape), each.dtype).at[0].set(each) for name, each in values.items()}


@program(donate_argnames="stacks")
def _set_offset(stacks: dict[str, Array], values: dict[str, Array], index: Array | int) -> dict[str, Array]:
    return {name: stacks[name].at[index].set(each) for name, each in values.items()}


@program(static_argnames="objective")
def _content_at_offset(network: VGG, content: Image, index: Array | int, objective: Objective) -> dict[str, Features]:
    return network(shift_image(content, index), objective.content_layers) if objective.content_layers else {}


@program(static_argnames="objective")
def _guides_at_offset(masks: Masks | None, index: Array | int, objective: Objective) -> dict[str, Guides]:
    if masks is None:
        return {}
    moved = jnp.moveaxis(shift_image(jnp.moveaxis(masks.content, 0, -1), index), -1, 0)
    return downsample_guides(moved, objective.style_layers)


_areas = program()(region_areas)


def measure_images(
    network: VGG,
    content: Image,
    styles: tuple[Float[Array, "_ _ 3"], ...],
    masks: Masks | None,
    objective: Objective,
) -> Measurements:
    """Evaluate the network on the content and the style images, without compiling it by itself.

    The arguments are as for `make_targets`, with a tuple of styles and the objective of the recipe.
    """
    names = objective.style_layers
    content_activations = network(content, {*objective.content_layers, *(names if objective.from_content else ())})
    style_guides = [downsample_guides(regions, names) for regions in masks.styles] if masks else [{}] * len(styles)
    guides = downsample_guides(masks.content, names) if masks else {}

    def statistics(activations: dict[str, Features], guides: dict[str, Guides]) -> RegionStatistics:
        return {name: region_statistics(activations[name], objective, guides.get(name)) for name in names}

    features = {name: content_activations[name] for name in objective.content_layers}
    return Measurements(
        features,
        losses_of_zeros(features),
        [statistics(network(style, names), own) for style, own in zip(styles, style_guides, strict=True)],
        statistics(content_activations, guides) if objective.from_content else {},
    )


_measured = program(static_argnames="objective")(measure_images)


class _StyleTargets(NamedTuple):
    """For each style layer, a tuple with one entry for each region.

    Attributes:
        targets: what the style losses compare with.
        of_zero_features: the loss of all-zero features.
        of_content: the loss of the content; empty unless the recipe has a style strength.
    """

    targets: dict[str, tuple[StyleTarget, ...]]
    of_zero_features: dict[str, tuple[Array, ...]]
    of_content: dict[str, tuple[Array, ...]]


@program()
def _style_targets(
    styles: list[RegionStatistics],
    style_of_content: RegionStatistics,
    parts: dict[str, Shares],
    shares: Float[Array, "regions styles"] | None,
) -> _StyleTargets:
    """Mix the statistics of the styles; a program of its own, since it is the same for all sizes of the images."""
    statistics = {}
    for name in styles[0] if styles else ():
        each = [of_style[name] for of_style in styles]
        mixtures = [parts[name]] * len(each[0]) if shares is None else shares
        statistics[name] = [
            mix_statistics(of, mixture) for of, mixture in zip(zip(*each, strict=True), mixtures, strict=True)
        ]
    targets = {name: tuple(make_style_target(each) for each in regions) for name, regions in statistics.items()}
    return _StyleTargets(
        targets,
        {name: tuple(zero_feature_loss(each) for each in regions) for name, regions in statistics.items()},
        {
            name: tuple(style_loss(own, target) for own, target in zip(regions, targets[name], strict=True))
            for name, regions in style_of_content.items()
        },
    )


@program()
def losses_of_zeros(content: dict[str, Features]) -> dict[str, Array]:
    """Return the content loss of all-zero features at each layer, for `Measurements`."""
    return {name: zero_feature_loss(target) for name, target in content.items()}


@program(static_argnames="layers")
def _guides(masks: Masks, layers: tuple[str, ...]) -> dict[str, Guides]:
    return downsample_guides(masks.content, layers)
