"""Windows of the maps of a batch: cut out and put together again.

Arrays have a leading batch axis, which is distributed over the devices; each call works on one example of each device.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nst_jax.engine.mesh import map_own
from nst_jax.objective.jitter import OFFSETS
from nst_jax.objective.objective import Objective, Targets
from nst_jax.objective.tile_grid import Grid, Segment, make_grid, segments
from nst_jax.objective.tiles import Indices, WindowTargets, corner
from nst_jax.recipes.vgg_layers import stride

Maps = Float[Array, "batch _ _ _"]
# A window for each device that shares the tiles of an image; see `tiles.Indices`.
Windows = Int[Array, "devices 6"]


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


def window_calls(grid: Grid, examples: int, devices: int) -> list[tuple[int, np.ndarray]]:
    """List the calls that evaluate all windows of all examples.

    Args:
        grid: the windows of a segment.
        examples: the number of examples in each part of the batch.
        devices: the number of devices that share the tiles of an image.

    Returns:
        For each call, the index of the example within its part of the batch, and the windows that the devices evaluate,
        (devices, 6) int32. The last call for an example may be padded with windows that own no positions.
    """
    missing = -len(grid.windows) % devices
    rounds = np.concatenate([grid.windows, np.zeros((missing, 6), np.int32)]).reshape(-1, devices, 6)
    return [(index, windows) for index in range(examples) for windows in rounds]


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


def example_of(targets: Targets, index: Array | int, objective: Objective) -> Targets:
    """Return the style targets and coefficients of one example; the content's features and the guides are left out."""
    return map_own(lambda values: values[index], targets._replace(content={}, guides={}), objective)


def _indices(starts: Iterable[Array | int]) -> tuple[Array, ...]:
    return tuple(jnp.asarray(start, jnp.int32) for start in starts)
