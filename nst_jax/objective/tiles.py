"""The network in one window of an image, and the sums over the positions that the window owns.

Style statistics are functions of sums over all positions, and those of all windows add up to the sums of the whole. All
functions are for a single image.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from nst_jax.losses.content import Scalar
from nst_jax.losses.feature_sums import FeatureSums, feature_sums
from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective
from nst_jax.objective.tile_grid import Segment
from nst_jax.recipes.vgg_layers import stride

# Maps of any layer; the dimensions have no names, because one call handles layers of different sizes.
Maps = Float[Array, "_ _ _"]
# The sums of each style layer, of each region in turn; or the gradient of the loss with respect to `second` and `first`
# of these sums, with the center that they are about.
LayerSums = dict[str, tuple[FeatureSums, ...]]
# Start, first and last of the rows, then of the columns; see `tile_grid.Window`.
Indices = Int[Array, "6"]


class WindowTargets(NamedTuple):
    """The parts of the targets and of the regions that are in a window.

    Attributes:
        content: the content's features at each content layer.
        factors: what the sum of squared differences at each content layer is multiplied by.
        guides: the weights of the positions in each region at each style layer, (regions, height, width); empty
            without regions.
    """

    content: dict[str, Maps]
    factors: dict[str, Scalar]
    guides: dict[str, Maps]


class WindowSums(NamedTuple):
    """What a window contributes.

    Attributes:
        style: the sums of the own positions at each style layer.
        content: their part of the weighted content term.
        maps: the activations of the requested layers, in the whole window.
    """

    style: LayerSums
    content: Scalar
    maps: dict[str, Maps]


def own_positions(window: Indices, step: int, height: int, width: int) -> Bool[Array, "height width"]:
    """Return which positions of a window's map are its own.

    Args:
        window: the window in positions of the segment's input.
        step: the stride of the map's layer relative to the segment's input.
        height: the height of the map.
        width: its width.
    """
    rows, columns = jnp.arange(height, dtype=window.dtype), jnp.arange(width, dtype=window.dtype)
    in_rows = (rows >= window[1] // step) & (rows < window[2] // step)
    in_columns = (columns >= window[4] // step) & (columns < window[5] // step)
    return in_rows.reshape(-1, 1) & in_columns.reshape(1, -1)


def corner(window: Indices, step: int) -> tuple[Array, Array]:
    """Return the row and the column where a window begins in the map of a layer; see `own_positions`."""
    return window[0] // step, window[3] // step


def window_sums(
    network: VGG,
    x: Maps,
    segment: Segment,
    window: Indices,
    targets: WindowTargets,
    objective: Objective,
    style_layers: Sequence[str],
    collected: Sequence[str],
    centers: LayerSums | None = None,
) -> WindowSums:
    """Evaluate a segment of the network in a window and sum over the positions that the window owns.

    Args:
        network: the network.
        x: the segment's input in the window, (height, width, channels).
        segment: the segment.
        window: its place, see `tile_grid.Window`.
        targets: those in the window.
        objective: the kind of the statistic.
        style_layers: the layers of which sums are wanted.
        collected: the layers whose activations are wanted.
        centers: sums about whose centers these are to be; None for each window's own mean.
    """
    layers = {*style_layers, *targets.content, *collected}
    activations = network(x, layers) if segment.after is None else network.continue_from(segment.after, x, layers)

    def own(name: str) -> Float[Array, "height width"]:
        step = stride(name) // segment.stride
        return own_positions(window, step, *activations[name].shape[:2]).astype(x.dtype)

    style = {}
    for name in style_layers:
        weights = own(name)[None] * targets.guides[name] if name in targets.guides else own(name)[None]
        style[name] = tuple(
            feature_sums(
                activations[name],
                objective.style_statistic,
                of_region,
                centers[name][index].center if centers is not None else None,
            )
            for index, of_region in enumerate(weights)
        )
    content = jnp.zeros((), x.dtype)
    for name, target in targets.content.items():
        squares = own(name)[..., None] * (activations[name] - target) ** 2
        content += targets.factors[name] * jnp.sum(squares)
    return WindowSums(style, content, {name: activations[name] for name in collected})
