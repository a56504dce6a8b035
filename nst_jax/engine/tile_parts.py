"""Windows of the maps of a batch: cut out, evaluated for their sums, and put together again.

Arrays have a leading batch axis, which is distributed over the devices; each call works on one example of each device.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float

from nst_jax.engine.mesh import BATCH, REPLICATED, partition, sharded
from nst_jax.losses.feature_sums import add_sums
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.jitter import OFFSETS
from nst_jax.objective.objective import Objective, Targets
from nst_jax.objective.programs import program
from nst_jax.objective.tile_grid import Grid, Segment, make_grid, segments
from nst_jax.objective.tiles import (
    Indices,
    LayerSums,
    WindowSums,
    WindowTargets,
    corner,
    own_positions,
    window_sums,
)
from nst_jax.recipes.vgg_layers import stride

Maps = Float[Array, "batch _ _ _"]


class Part(NamedTuple):
    """A segment and the shapes of its windows: hashable, a static argument of jit.

    Attributes:
        segment: the segment of the network.
        image: the height and width of the image in pixels.
        size: the height and width of all windows, in positions of the segment's input.
        style_layers: the layers of which sums over positions are taken.
        collected: the layers whose activations are kept for the whole image, the segment's output among them.
    """

    segment: Segment
    image: tuple[int, int]
    size: tuple[int, int]
    style_layers: tuple[str, ...]
    collected: tuple[str, ...]

    def shape(self, layer: str | None) -> tuple[int, int]:
        """Return the height and width of a layer's map of the whole image; of the image for None."""
        side = 1 if layer is None else stride(layer)
        return self.image[0] // side, self.image[1] // side

    def positions(self, layer: str) -> int:
        """Return the number of positions of a layer."""
        height, width = self.shape(layer)
        return height * width

    def step(self, layer: str | None) -> int:
        """Return the stride of a layer relative to the input of the segment."""
        return 1 if layer == self.segment.after or layer is None else stride(layer) // self.segment.stride

    def cut(
        self, array: Float[Array, "..."], window: Indices, layer: str | None, axis: int, *lead: Array | int
    ) -> Float[Array, "..."]:
        """Cut a window out of the maps of a layer.

        Args:
            array: the maps; rows and columns are its axes `axis` and `axis + 1`.
            window: the place of the window.
            layer: the layer; None for the image.
            axis: the axis of the rows.
            *lead: indices of the first axes, which are removed.
        """
        step = self.step(layer)
        between = array.shape[len(lead) : axis]
        sizes = (*between, self.size[0] // step, self.size[1] // step, *array.shape[axis + 2 :])
        starts = (*lead, *[0] * len(between), *corner(window, step), *[0] * (array.ndim - axis - 2))
        ones = (1,) * len(lead)
        return jax.lax.dynamic_slice(array, _indices(starts), (*ones, *sizes)).reshape(sizes)

    def paste(
        self, maps: Maps, values: Float[Array, "_ _ _"], window: Indices, index: Array | int, layer: str | None = None
    ) -> Maps:
        """Replace a window of the maps of a layer, by default of the segment's input, of one example."""
        step = self.step(layer)
        return jax.lax.dynamic_update_slice(maps, values[None], _indices((index, *corner(window, step), 0)))


class Totals(NamedTuple):
    """What the windows evaluated so far add up to; all leaves have a batch axis.

    Attributes:
        style: the sums at each style layer of the segment.
        content: their part of the weighted content term, (batch,).
        maps: the activations of the collected layers, complete when all windows have been added.
    """

    style: LayerSums
    content: Float[Array, " batch"]
    maps: dict[str, Maps]


def make_parts(
    layers: Iterable[str],
    image: tuple[int, int],
    tile: int,
    style_layers: Sequence[str],
    collected: Sequence[str] = (),
) -> tuple[tuple[Part, Grid], ...]:
    """Divide the network into segments, and the input of each into windows.

    Args:
        layers: all layers that are needed.
        image: the height and width of the image in pixels.
        tile: the side of the tiles in pixels, see `tile_grid.make_grid`.
        style_layers: those of the layers of which sums over positions are taken.
        collected: those whose activations are kept.
    """
    parts = []
    for segment in segments(layers):
        grid = make_grid(segment, *image, tile)
        outputs = () if segment.output is None else (segment.output,)
        kept = tuple(name for name in segment.layers if name in collected and name not in outputs) + outputs
        summed = tuple(name for name in segment.layers if name in style_layers)
        parts.append((Part(segment, image, (grid.height, grid.width), summed, kept), grid))
    return tuple(parts)


def window_inputs(
    maps: Maps,
    targets: Targets,
    index: Array | int,
    window: Indices,
    step: Array | int,
    part: Part,
    objective: Objective,
) -> tuple[Float[Array, "_ _ _"], WindowTargets]:
    """Cut a window out of the input of a segment and out of the targets of one example."""
    offset = (step % len(OFFSETS),) if objective.jitter else ()
    content = {
        name: part.cut(values, window, name, 1 + len(offset), index, *offset)
        for name, values in targets.content.items()
        if name in part.segment.layers
    }
    factors = {
        name: targets.coefficients.content[name][index] / (part.positions(name) * values.shape[-1])
        for name, values in content.items()
    }
    guides = {
        name: part.cut(values, window, name, 1 + len(offset), *offset)
        for name, values in targets.guides.items()
        if name in part.style_layers
    }
    return part.cut(maps, window, part.segment.after, 1, index), WindowTargets(content, factors, guides)


@program(static_argnames=("part", "objective", "mesh"), donate_argnames="totals", keep_unused=True)
def add_window(
    totals: Totals,
    maps: Maps,
    network: VGG19,
    targets: Targets,
    index: Array | int,
    window: Indices,
    step: Array | int,
    part: Part,
    objective: Objective,
    mesh: Mesh,
) -> Totals:
    """Add a window of the example with this index on each device; `totals` is donated: do not use it again."""

    def local(totals: Totals, maps: Maps, network: VGG19, targets: Targets, *rest: Any) -> Totals:
        index, window, step = rest
        sums = _sums(maps, network, targets, index, window, step, part, objective)
        style = {
            name: tuple(
                jax.tree.map(
                    lambda total, value: total.at[index].set(value),
                    total,
                    add_sums(jax.tree.map(lambda values: values[index], total), value),
                )
                for total, value in zip(totals.style[name], sums.style[name], strict=True)
            )
            for name in sums.style
        }
        collected = {}
        for name, values in sums.maps.items():
            own = own_positions(window, part.step(name), *values.shape[:2])[..., None]
            before = part.cut(totals.maps[name], window, name, 1, index)
            collected[name] = part.paste(totals.maps[name], jnp.where(own, values, before), window, index, name)
        return Totals(style, totals.content.at[index].add(sums.content), collected)

    in_specs = (BATCH, BATCH, REPLICATED, partition(objective), REPLICATED, REPLICATED, REPLICATED)
    return sharded(local, mesh, *in_specs)(totals, maps, network, targets, index, window, step)


@program(static_argnames=("objective", "mesh", "part"))
def zero_totals(maps: Maps, network: VGG19, targets: Targets, objective: Objective, mesh: Mesh, part: Part) -> Totals:
    """Return totals of nothing."""

    def local(maps: Maps, network: VGG19, targets: Targets) -> Totals:
        window = jnp.zeros(6, jnp.int32)
        one = functools.partial(_sums, step=0, part=part, objective=objective)
        like = jax.eval_shape(one, maps, network, targets, 0, window)

        def zeros(*shape: int) -> Array:
            return jnp.zeros((len(maps), *shape), maps.dtype)

        return Totals(
            jax.tree.map(lambda leaf: zeros(*leaf.shape), like.style),
            zeros(),
            {name: zeros(*part.shape(name), values.shape[-1]) for name, values in like.maps.items()},
        )

    return sharded(local, mesh, BATCH, REPLICATED, partition(objective))(maps, network, targets)


def _sums(
    maps: Maps,
    network: VGG19,
    targets: Targets,
    index: Array | int,
    window: Indices,
    step: Array | int,
    part: Part,
    objective: Objective,
) -> WindowSums:
    x, window_targets = window_inputs(maps, targets, index, window, step, part, objective)
    return window_sums(network, x, part.segment, window, window_targets, objective, part.style_layers, part.collected)


def _indices(starts: Iterable[Array | int]) -> tuple[Array, ...]:
    return tuple(jnp.asarray(start, jnp.int32) for start in starts)
