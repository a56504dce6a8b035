"""The gradient of the objective, window by window, from the sums over the whole image.

The gradient of the loss with respect to the sums of the whole is the same for all windows; each window's part of the
gradient of the image follows from it by the chain rule. All functions are for a single image.
"""

import jax
import jax.numpy as jnp

from nst_jax.losses.content import Scalar
from nst_jax.losses.feature_sums import FeatureSums, statistics_of_sums
from nst_jax.losses.statistics import Statistics
from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective, Targets, style_terms
from nst_jax.objective.tile_grid import Segment
from nst_jax.objective.tiles import Indices, LayerSums, Maps, WindowTargets, own_positions, window_sums
from nst_jax.recipes.vgg_layers import stride


def window_gradient(
    network: VGG,
    x: Maps,
    segment: Segment,
    window: Indices,
    targets: WindowTargets,
    objective: Objective,
    sum_gradients: LayerSums,
    output_gradient: Maps | None,
) -> Maps:
    """Compute a window's part of the gradient with respect to the input of a segment, (height, width, channels).

    Args:
        network: the network.
        x: the segment's input in the window.
        segment: the segment.
        window: its place.
        targets: those in the window.
        objective: the kind of the statistic.
        sum_gradients: from `style_gradient`, of the whole image.
        output_gradient: the gradient with respect to the segment's output in the window; None for the last segment.
    """
    collected = () if segment.output is None else (segment.output,)

    def contribution(x: Maps) -> tuple[LayerSums, Scalar, dict[str, Maps]]:
        sums = window_sums(
            network, x, segment, window, targets, objective, tuple(sum_gradients), collected, sum_gradients
        )
        return jax.tree.map(_differentiable, sums.style, is_leaf=_is_sums), sums.content, sums.maps

    primal, pull_back = jax.vjp(contribution, x)
    maps = {}
    if segment.output is not None:
        assert output_gradient is not None
        step = stride(segment.output) // segment.stride
        own = own_positions(window, step, *output_gradient.shape[:2])
        maps[segment.output] = jnp.where(own[..., None], output_gradient, 0)
    gradients = jax.tree.map(_differentiable, sum_gradients, is_leaf=_is_sums)
    (gradient,) = pull_back((gradients, jnp.ones_like(primal[1]), maps))
    return gradient


def window_evaluation(
    network: VGG,
    x: Maps,
    segment: Segment,
    window: Indices,
    targets: WindowTargets,
    style_targets: Targets,
    objective: Objective,
    positions: dict[str, int],
) -> tuple[Scalar, Scalar, Scalar, Maps]:
    """Evaluate a last segment whose only window is the whole image, at once.

    Args:
        network: the network.
        x: the segment's input.
        segment: the segment.
        window: its place, which is that of the whole.
        targets: the content targets and the regions.
        style_targets: the style targets and coefficients.
        objective: the kind and the normalization of the statistic.
        positions: the number of positions of each style layer of the segment.

    Returns:
        The content term, the style term with and without Huber's loss, and the gradient with respect to `x`.
    """

    def terms(x: Maps) -> tuple[Scalar, tuple[Scalar, Scalar, Scalar]]:
        sums = window_sums(network, x, segment, window, targets, objective, tuple(positions), ())
        robust, plain = style_terms(_all_statistics(sums.style, sums.style, objective, positions), style_targets)
        return sums.content + robust, (sums.content, robust, plain)

    (_, values), gradient = jax.value_and_grad(terms, has_aux=True)(x)
    return *values, gradient


def style_gradient(
    sums: LayerSums, targets: Targets, objective: Objective, positions: dict[str, int]
) -> tuple[Scalar, Scalar, LayerSums]:
    """Compute the style term of an image and its gradient with respect to the sums over all positions.

    Args:
        sums: the sums of the whole image at each style layer of a segment.
        targets: the style targets and coefficients.
        objective: the kind and the normalization of the statistic.
        positions: the number of positions of the whole image at each layer.

    Returns:
        The weighted style term with and without Huber's loss, and the gradient of the former.
    """

    def terms(parts: LayerSums) -> tuple[Scalar, Scalar]:
        return style_terms(_all_statistics(parts, sums, objective, positions), targets)

    parts = jax.tree.map(_differentiable, sums, is_leaf=_is_sums)
    (robust, plain), gradients = jax.value_and_grad(terms, has_aux=True)(parts)
    with_centers = {
        name: tuple(
            gradient._replace(center=whole.center) for gradient, whole in zip(gradients[name], sums[name], strict=True)
        )
        for name in sums
    }
    return robust, plain, with_centers


def _all_statistics(
    parts: LayerSums, whole: LayerSums, objective: Objective, positions: dict[str, int]
) -> dict[str, list[Statistics]]:
    """Return the statistics of each layer and region; what is not differentiated is taken from `whole`."""
    return {
        name: [
            statistics_of_sums(
                sums._replace(second=part.second, first=part.first),
                objective.style_statistic,
                objective.gram_normalization,
                positions[name],
            )
            for part, sums in zip(parts[name], whole[name], strict=True)
        ]
        for name in parts
    }


def _differentiable(sums: FeatureSums) -> FeatureSums:
    """Leave out the fields that are the same for any features."""
    return FeatureSums(sums.second, sums.first)


def _is_sums(node: object) -> bool:
    return isinstance(node, FeatureSums)
