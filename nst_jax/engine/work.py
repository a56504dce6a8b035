"""The work of a step, by which progress is measured and the time of larger scales is predicted.

The unit is one forward pass of the network over one pixel. Functions with an argument `layers` take the layers that
the pass is for: it ends at the deepest one.
"""

from collections.abc import Iterable

from nst_jax.engine.memory_plan import MemoryPlan
from nst_jax.objective.tile_grid import Grid, Segment, make_grid, segments
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# A forward pass, and a forward and a backward pass.
FORWARD, GRADIENT = 1.0, 3.0
# The part of an evaluation's time that the first of two segments takes. With 0.7, tiles of 512 pixels take 1.34 times
# as long as the whole if the second segment is one window, otherwise 1.6, as measured (docs/guides/large_pictures.md).
SHALLOW_SHARE = 0.7


def step_work(recipe: Recipe, size: Scale, memory: MemoryPlan) -> float:
    """Return the work of a step at one scale, averaged over steps with and without jitter, of one image on one device.

    Args:
        recipe: the settings.
        size: the size of the image.
        memory: the tiles.
    """
    if memory.tile is None:
        return GRADIENT * size.pixels
    jitter = recipe.jitter_fraction if memory.recompute else 0
    return tiled_evaluation_work(recipe.layers, size, memory.tile) + jitter * tiled_features_work(
        recipe.content_layers, size, memory.tile
    )


def tiled_evaluation_work(layers: Iterable[str], size: tuple[int, int], tile: int) -> float:
    """Return the work of `tiling.evaluate_in_tiles` with these layers, excluding the content's features."""
    work = 0.0
    for segment, grid in _grids(layers, size, tile):
        passes = GRADIENT if is_single(segment, grid) else FORWARD + GRADIENT
        work += passes * len(grid.windows) * window_work(segment, grid)
    return work


def tiled_features_work(layers: Iterable[str], size: tuple[int, int], tile: int) -> float:
    """Return the work of `tile_sums.measure` with these layers."""
    return sum(len(grid.windows) * window_work(segment, grid) for segment, grid in _grids(layers, size, tile))


def window_work(segment: Segment, grid: Grid) -> float:
    """Return the work of a forward pass over one window of a segment."""
    alone = segment.after is None and segment.output is None
    share = 1.0 if alone else SHALLOW_SHARE if segment.after is None else 1 - SHALLOW_SHARE
    return share * grid.height * grid.width * segment.stride**2


def is_single(segment: Segment, grid: Grid) -> bool:
    """Return whether a segment is the last and has one window, so that no separate forward pass is needed."""
    return segment.output is None and len(grid.windows) == 1


def _grids(layers: Iterable[str], size: tuple[int, int], tile: int) -> list[tuple[Segment, Grid]]:
    return [(segment, make_grid(segment, *size, tile)) for segment in segments(layers)]
