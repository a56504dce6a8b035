"""The objective of large images in bounded memory: window by window, with the result of the whole up to rounding.

Each segment of the network is evaluated twice in each window: first for the sums from which the loss of the whole
follows, then for the gradient (see `objective.tiles`). A last segment that is a single window is evaluated once. The
windows are separate calls, because XLA's CPU backend is slow in loops (see `batched.run_chunk`); each waits for the one
before, so that only one has its activations in memory.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float

from nst_jax.engine.mesh import (
    BATCH,
    REPLICATED,
    batch_devices,
    partition,
    sharded,
    target_spec,
    tile_devices,
)
from nst_jax.engine.tile_gradient import add_gradient, combine_gradient, zero_gradient
from nst_jax.engine.tile_parts import Part, example_of, make_parts, window_calls, window_inputs
from nst_jax.engine.tile_sums import (
    add_window,
    combine_totals,
    measure,
    shift_images,
    zero_totals,
)
from nst_jax.engine.watch import SILENT, StepProgress, Watch
from nst_jax.engine.work import GRADIENT, is_single, tiled_evaluation_work, tiled_features_work, window_work
from nst_jax.networks.vgg import VGG
from nst_jax.objective.jitter import OFFSETS, shift_image
from nst_jax.objective.objective import Objective, Targets, Terms, variation_term
from nst_jax.objective.programs import program
from nst_jax.objective.tile_gradients import style_gradient, window_evaluation
from nst_jax.objective.tile_grid import Grid
from nst_jax.objective.tiles import Indices, LayerSums
from nst_jax.optimizers.base import Evaluation

Images = Float[Array, "batch height width 3"]
Maps = Float[Array, "batch _ _ _"]
Scalars = Float[Array, " batch"]


class SegmentResult(NamedTuple):
    """The terms of the layers of a segment and all deeper ones, and the gradient.

    Attributes:
        content: the weighted content terms, (batch,).
        robust: the weighted style terms with Huber's loss, (batch,).
        style: the same without it.
        gradient: with respect to the input of the segment, (batch, height, width, channels).
    """

    content: Scalars
    robust: Scalars
    style: Scalars
    gradient: Maps


def evaluate_in_tiles(
    images: Images,
    network: VGG,
    targets: Targets,
    step: Array | int = 0,
    *,
    objective: Objective,
    mesh: Mesh,
    tile: int,
    contents: Images | None = None,
    watch: Watch | None = None,
) -> Evaluation:
    """Evaluate what `batched.evaluate_batch` does in windows of about `tile` pixels on each side, one after the other.

    Devices that share the tiles of an image (see `make_mesh`) evaluate a window each at the same time; the examples of
    one device are evaluated one after the other. With `contents`, steps with jitter compute the features of the
    contents at their offset anew, by one more pass of the network, so that those at all offsets need not be in memory;
    the targets then are from `tiled_targets.with_jitter_guides`. The `watch` is told of each window, which then is
    waited for.
    """
    seen, inner = images, dataclasses.replace(objective, jitter=objective.jitter and contents is None)
    if objective.jitter:
        seen = shift_images(images, step, mesh)
    layers, shape = (*objective.content_layers, *objective.style_layers), (images.shape[1], images.shape[2])
    anew = objective.content_layers if objective.jitter and contents is not None else ()
    step_progress = SILENT
    if watch is not None:
        each = tiled_evaluation_work(layers, shape, tile) + tiled_features_work(anew, shape, tile)
        step_progress = StepProgress(watch, each * len(images) / batch_devices(mesh))
    if objective.jitter and contents is not None:
        shifted = shift_images(contents, step, mesh)
        features, _ = measure(network, shifted, inner, mesh, tile, collected=anew, step_progress=step_progress)
        targets = targets._replace(content=features, guides=_guides_at(targets.guides, step))
    parts = make_parts(layers, shape, tile, objective.style_layers)
    result = (
        _evaluate_parts(parts, seen, network, targets, inner, mesh, step, step_progress)
        if parts
        else _nothing(seen, mesh)
    )
    return _finished(result, seen, targets._replace(content={}, guides={}), step, objective, mesh)


def _evaluate_parts(
    parts: tuple[tuple[Part, Grid], ...],
    maps: Maps,
    network: VGG,
    targets: Targets,
    objective: Objective,
    mesh: Mesh,
    step: Array | int,
    step_progress: StepProgress,
) -> SegmentResult:
    """Evaluate the first of the segments and, within it, those that continue from its output."""
    (part, grid), *deeper = parts
    if is_single(part.segment, grid):
        return _evaluate_window(parts[0], maps, network, targets, objective, mesh, step, step_progress)
    totals = zero_totals(maps, network, targets, objective, mesh, part)
    calls = window_calls(grid, len(maps) // batch_devices(mesh), tile_devices(mesh))
    work = tile_devices(mesh) * window_work(part.segment, grid)
    for call in calls:
        totals = add_window(totals, maps, network, targets, *call, step, part, objective, mesh)
        step_progress.done(totals, work)
    totals = combine_totals(totals, mesh)
    slim = targets._replace(content={}, guides={})
    robust, style, sum_gradients = _style_gradients(totals.style, slim, part, objective, mesh)
    content, outputs = totals.content, None
    if deeper:
        assert part.segment.output is not None
        below = _evaluate_parts(
            tuple(deeper), totals.maps[part.segment.output], network, targets, objective, mesh, step, step_progress
        )
        content, robust, style = content + below.content, robust + below.robust, style + below.style
        outputs = below.gradient
    del totals
    gradient = zero_gradient(maps, mesh)
    for call in calls:
        gradient = add_gradient(
            gradient, maps, outputs, sum_gradients, network, targets, *call, step, part, objective, mesh
        )
        step_progress.done(gradient, GRADIENT * work)
    return SegmentResult(content, robust, style, combine_gradient(gradient, mesh))


def _evaluate_window(
    last: tuple[Part, Grid],
    maps: Maps,
    network: VGG,
    targets: Targets,
    objective: Objective,
    mesh: Mesh,
    step: Array | int,
    step_progress: StepProgress,
) -> SegmentResult:
    """Evaluate a last segment that is a single window, one example after the other."""
    part, grid = last
    result = _nothing(maps, mesh)
    for index in range(len(maps) // batch_devices(mesh)):
        result = _enter_example(result, maps, network, targets, index, grid.windows[0], step, part, objective, mesh)
        step_progress.done(result, GRADIENT * window_work(part.segment, grid))
    return result


@program(static_argnames="mesh")
def _nothing(maps: Maps, mesh: Mesh) -> SegmentResult:
    def local(maps: Maps) -> SegmentResult:
        zeros = functools.partial(jnp.zeros, len(maps), maps.dtype)
        return SegmentResult(zeros(), zeros(), zeros(), jnp.zeros_like(maps))

    return sharded(local, mesh, BATCH)(maps)


@program(static_argnames=("part", "objective", "mesh"), donate_argnames="result", keep_unused=True)
def _enter_example(
    result: SegmentResult,
    maps: Maps,
    network: VGG,
    targets: Targets,
    index: Array | int,
    window: Indices,
    step: Array | int,
    part: Part,
    objective: Objective,
    mesh: Mesh,
) -> SegmentResult:
    """Evaluate the example with this index on each device."""
    positions = {name: part.positions(name) for name in part.style_layers}

    def local(result: SegmentResult, maps: Maps, network: VGG, targets: Targets, *rest: Any) -> SegmentResult:
        index, window, step = rest
        x, window_targets = window_inputs(maps, targets, index, window, step, part, objective)
        own = example_of(targets, index, objective)
        found = window_evaluation(network, x, part.segment, window, window_targets, own, objective, positions)
        return SegmentResult(*(values.at[index].set(value) for values, value in zip(result, found, strict=True)))

    in_specs = (BATCH, BATCH, REPLICATED, partition(objective), REPLICATED, REPLICATED, REPLICATED)
    return sharded(local, mesh, *in_specs)(result, maps, network, targets, index, window, step)


@program()
def _guides_at(guides: dict[str, Array], step: Array | int) -> dict[str, Array]:
    return jax.tree.map(lambda values: values[step % len(OFFSETS)], guides)


@program(static_argnames=("part", "objective", "mesh"))
def _style_gradients(
    sums: LayerSums, targets: Targets, part: Part, objective: Objective, mesh: Mesh
) -> tuple[Scalars, Scalars, LayerSums]:
    positions = {name: part.positions(name) for name in sums}
    one = functools.partial(style_gradient, objective=objective, positions=positions)
    local = jax.vmap(one, in_axes=(0, target_spec(objective, 0, None)))
    return sharded(local, mesh, BATCH, partition(objective))(sums, targets)


@program(static_argnames=("objective", "mesh"), donate_argnames="result")
def _finished(
    result: SegmentResult, seen: Images, targets: Targets, step: Array | int, objective: Objective, mesh: Mesh
) -> Evaluation:
    """Add the total variation, which is computed on the whole image, and move the gradient back by the jitter."""

    def one(result: SegmentResult, seen: Any, targets: Targets, step: Array | int) -> Evaluation:
        coefficients = targets.coefficients
        variation, of_variation = jax.value_and_grad(variation_term)(seen, coefficients, objective)
        gradient = result.gradient + of_variation
        if objective.jitter:
            (gradient,) = jax.linear_transpose(lambda image: shift_image(image, step), seen)(gradient)
        loss = result.content + result.robust + variation
        return Evaluation(loss, Terms(result.content, result.style, variation), gradient)

    local = jax.vmap(one, in_axes=(0, 0, target_spec(objective, 0, None), None))
    return sharded(local, mesh, BATCH, BATCH, partition(objective), REPLICATED)(result, seen, targets, step)
