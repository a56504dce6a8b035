"""The gradient of a segment with respect to its input, put together window by window.

Each call works on one example of each part of the batch, and on one window of it on each device that shares its tiles.
"""

from typing import Any, cast

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float

from nst_jax.engine.mesh import BATCH, REPLICATED, TILE_AXIS, TILES, partition, per_tile_device, sharded, tile_devices
from nst_jax.engine.tile_parts import Maps, Part, Windows, window_inputs
from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective, Targets
from nst_jax.objective.programs import program
from nst_jax.objective.tile_gradients import window_gradient
from nst_jax.objective.tiles import LayerSums


@program(static_argnames="mesh")
def zero_gradient(maps: Maps, mesh: Mesh) -> Maps:
    """Return a gradient of zeros, for each device that shares tiles."""
    return sharded(jnp.zeros_like, mesh, BATCH, out=per_tile_device(mesh))(maps)


def combine_gradient(gradient: Maps, mesh: Mesh) -> Maps:
    """Add up the gradients of the devices that share tiles; `gradient` is donated: do not use it again."""
    return _combine_gradient(gradient, mesh) if tile_devices(mesh) > 1 else gradient


@program(static_argnames="mesh", donate_argnames="gradient")
def _combine_gradient(gradient: Maps, mesh: Mesh) -> Maps:
    def local(part: Maps) -> Maps:
        return cast(Maps, jax.lax.psum(part, TILE_AXIS))  # type: ignore[no-untyped-call]

    return sharded(local, mesh, per_tile_device(mesh))(gradient)


@program(static_argnames=("part", "objective", "mesh"), donate_argnames="gradient", keep_unused=True)
def add_gradient(
    gradient: Maps,
    maps: Maps,
    outputs: Maps | None,
    sum_gradients: LayerSums,
    network: VGG,
    targets: Targets,
    index: Array | int,
    windows: Windows,
    step: Array | int,
    part: Part,
    objective: Objective,
    mesh: Mesh,
) -> Maps:
    """Add a window's part on each device, of the example with this index; `gradient` is donated.

    Args:
        gradient: the gradient of the windows so far, (batch, height, width, channels).
        maps: the input of the segment.
        outputs: the gradient with respect to the output of the segment; None for the last segment.
        sum_gradients: the gradients with respect to the sums of the style layers.
        network: the network.
        targets: the targets of the batch.
        index: the index of the example within each part of the batch.
        windows: the windows that the devices evaluate.
        step: the number of the step, for the offset of jitter.
        part: the segment.
        objective: the objective.
        mesh: the devices.
    """

    def local(
        gradient: Maps, maps: Maps, outputs: Maps | None, sum_gradients: LayerSums, *rest: Any
    ) -> Float[Array, "batch _ _ _"]:
        network, targets, index, (window,), step = rest
        x, window_targets = window_inputs(maps, targets, index, window, step, part, objective)
        own_sums = jax.tree.map(lambda values: values[index], sum_gradients)
        output = None
        if outputs is not None:
            assert part.segment.output is not None
            output = part.cut(outputs, window, part.segment.output, 1, index)
        added = window_gradient(network, x, part.segment, window, window_targets, objective, own_sums, output)
        return part.paste(gradient, part.cut(gradient, window, part.segment.after, 1, index) + added, window, index)

    own = per_tile_device(mesh)
    in_specs = (own, BATCH, BATCH, BATCH, REPLICATED, partition(objective), REPLICATED, TILES, REPLICATED)
    return sharded(local, mesh, *in_specs, out=own)(
        gradient, maps, outputs, sum_gradients, network, targets, index, windows, step
    )
