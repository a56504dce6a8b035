"""Images of a batch evaluated window by window: sums over positions, and activations put together again.

Each call works on one example of each part of the batch, and on one window of it on each device that shares its tiles.
"""

import dataclasses
import functools
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float

from nst_jax.engine.mesh import (
    BATCH,
    REPLICATED,
    TILE_AXIS,
    TILES,
    batch_devices,
    partition,
    per_tile_device,
    sharded,
    tile_devices,
)
from nst_jax.engine.tile_parts import Part, Windows, make_parts, window_calls, window_inputs
from nst_jax.engine.watch import SILENT, StepProgress
from nst_jax.engine.work import window_work
from nst_jax.losses.feature_sums import FeatureSums, add_sums, statistics_of_sums
from nst_jax.networks.vgg import VGG
from nst_jax.objective.guidance import Guides, Regions, downsample_guides
from nst_jax.objective.jitter import shift_image
from nst_jax.objective.objective import Coefficients, Features, Objective, Targets
from nst_jax.objective.programs import program
from nst_jax.objective.tiles import Indices, LayerSums, WindowSums, own_positions, window_sums

Images = Float[Array, "batch height width 3"]
Maps = Float[Array, "batch _ _ _"]
# The statistics of each layer, of each region in turn, whose arrays have a batch axis.
BatchStatistics = dict[str, list[Any]]


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


def measure(
    network: VGG,
    images: Images,
    objective: Objective,
    mesh: Mesh,
    tile: int,
    style_layers: Sequence[str] = (),
    collected: Sequence[str] = (),
    regions: Regions | None = None,
    step_progress: StepProgress = SILENT,
) -> tuple[dict[str, Features], BatchStatistics]:
    """Compute activations and style statistics of the images of a batch.

    Args:
        network: the network.
        images: (batch, height, width, 3).
        objective: the kind and the normalization of the statistics.
        mesh: the devices that the batch is spread over.
        tile: the side of the tiles in pixels.
        style_layers: the layers whose statistics are wanted.
        collected: the layers whose activations are wanted.
        regions: masks of the regions that have statistics of their own; None without.
        step_progress: is told of each window.

    Returns:
        The activations and the statistics, all with a batch axis.
    """
    guides: dict[str, Guides] = {} if regions is None else _guides(regions, tuple(style_layers))
    nothing = Targets({}, {}, guides, Coefficients({}, {}, jnp.zeros((), images.dtype), {}))
    objective, maps = dataclasses.replace(objective, jitter=False), images
    features: dict[str, Features] = {}
    statistics: BatchStatistics = {}
    layers, shape = (*style_layers, *collected), (images.shape[1], images.shape[2])
    for part, grid in make_parts(layers, shape, tile, style_layers, collected):
        totals = zero_totals(maps, network, nothing, objective, mesh, part)
        for index, windows in window_calls(grid, len(images) // batch_devices(mesh), tile_devices(mesh)):
            totals = add_window(totals, maps, network, nothing, index, windows, 0, part, objective, mesh)
            step_progress.done(totals, len(windows) * window_work(part.segment, grid))
        totals = combine_totals(totals, mesh)
        features |= {name: totals.maps[name] for name in part.collected if name in collected}
        statistics |= _statistics(totals.style, part, objective)
        maps = totals.maps.get(part.segment.output or "", maps)
    return features, statistics


@program(static_argnames="mesh")
def shift_images(images: Images, step: Array | int, mesh: Mesh) -> Images:
    """Shift the images of a batch by the jitter of a step."""
    return sharded(jax.vmap(shift_image, in_axes=(0, None)), mesh, BATCH, REPLICATED)(images, step)


_guides = program(static_argnums=1)(downsample_guides)


@program(static_argnames=("part", "objective"))
def _statistics(sums: LayerSums, part: Part, objective: Objective) -> BatchStatistics:
    kind, normalization = objective.style_statistic, objective.gram_normalization

    def of_layer(name: str) -> list[Any]:
        one = functools.partial(
            statistics_of_sums, kind=kind, normalization=normalization, positions=part.positions(name)
        )
        return [jax.vmap(one)(each) for each in sums[name]]

    return {name: of_layer(name) for name in sums}


@program(static_argnames=("part", "objective", "mesh"), donate_argnames="totals", keep_unused=True)
def add_window(
    totals: Totals,
    maps: Maps,
    network: VGG,
    targets: Targets,
    index: Array | int,
    windows: Windows,
    step: Array | int,
    part: Part,
    objective: Objective,
    mesh: Mesh,
) -> Totals:
    """Add to the totals one window on each device, of the example with this index in each part of the batch.

    Args:
        totals: the totals so far; donated: do not use them again.
        maps: the input of the segment.
        network: the network.
        targets: the targets of the batch.
        index: the index of the example.
        windows: the windows that the devices evaluate.
        step: the number of the step, for the offset of jitter.
        part: the segment.
        objective: the objective.
        mesh: the devices.
    """

    def local(totals: Totals, maps: Maps, network: VGG, targets: Targets, *rest: Any) -> Totals:
        index, (window,), step = rest
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

    own = per_tile_device(mesh)
    in_specs = (own, BATCH, REPLICATED, partition(objective), REPLICATED, TILES, REPLICATED)
    return sharded(local, mesh, *in_specs, out=own)(totals, maps, network, targets, index, windows, step)


def combine_totals(totals: Totals, mesh: Mesh) -> Totals:
    """Add up the totals of the devices that share tiles, so that each has the sum; `totals` is donated."""
    return _combine_totals(totals, mesh) if tile_devices(mesh) > 1 else totals


@program(static_argnames="mesh", donate_argnames="totals")
def _combine_totals(totals: Totals, mesh: Mesh) -> Totals:
    def local(totals: Totals) -> Totals:
        def combine(sums: FeatureSums) -> FeatureSums:
            # Not by psum: the sums of "mean-std" are about a center of their own.
            of_devices = jax.lax.all_gather(sums, TILE_AXIS)
            each = (jax.tree.map(operator.itemgetter(device), of_devices) for device in range(tile_devices(mesh)))
            return functools.reduce(jax.vmap(add_sums), each)

        style = {name: tuple(map(combine, regions)) for name, regions in totals.style.items()}
        # A position of a map is zero everywhere but on the device that owns it.
        content, maps = jax.lax.psum((totals.content, totals.maps), TILE_AXIS)  # type: ignore[no-untyped-call]
        return Totals(style, content, maps)

    return sharded(local, mesh, per_tile_device(mesh))(totals)


@program(static_argnames=("objective", "mesh", "part"))
def zero_totals(maps: Maps, network: VGG, targets: Targets, objective: Objective, mesh: Mesh, part: Part) -> Totals:
    """Return totals of nothing, for each device that shares tiles."""

    def local(maps: Maps, network: VGG, targets: Targets) -> Totals:
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

    return sharded(local, mesh, BATCH, REPLICATED, partition(objective), out=per_tile_device(mesh))(
        maps, network, targets
    )


def _sums(
    maps: Maps,
    network: VGG,
    targets: Targets,
    index: Array | int,
    window: Indices,
    step: Array | int,
    part: Part,
    objective: Objective,
) -> WindowSums:
    x, window_targets = window_inputs(maps, targets, index, window, step, part, objective)
    return window_sums(network, x, part.segment, window, window_targets, objective, part.style_layers, part.collected)
