"""The size of the tiles with which a run fits into the memory, or the refusal of one that does not fit."""

import dataclasses
import math
from collections.abc import Iterator
from typing import NamedTuple

from nst_jax.devices import has_accelerator, memory_bytes
from nst_jax.engine.memory_estimate import estimated_bytes
from nst_jax.errors import InputError
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.memory import memory_limit, tile_side
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# The sides of tiles that "auto" chooses from, in pixels. Smaller tiles would consist mostly of their margins.
TILES = (2048, 1536, 1024, 768, 512, 384, 256, 128)
# The usable part of a machine's memory and of a device's; the rest is for other programs.
USABLE_ON_CPU, USABLE_ON_DEVICES = 0.75, 0.9
# The smallest size that is tried for the advice in an error message.
LEAST_SIZE = 16


class MemoryPlan(NamedTuple):
    """How a scale is computed.

    Attributes:
        tile: the side of the tiles in pixels; None for the whole image.
        recompute: whether the content's features are computed anew in each step with jitter, which takes a third more
            time; otherwise those at all offsets of jitter are stored.
        needed: the estimated peak memory of the process, in bytes.
    """

    tile: int | None
    recompute: bool
    needed: int


def plan_memory(weights: NetworkWeights, recipe: Recipe, size: Scale, examples: int = 1, read: int = 0) -> MemoryPlan:
    """Choose the tiles of one scale by the recipe's `tile` and `max_memory` and the memory of the device.

    Args:
        weights: the network's parameters.
        recipe: the settings.
        size: the size of the image at that scale.
        examples: the number of images that one device optimizes at the same time.
        read: the total number of pixels of all contents and styles, as they were read.

    Raises:
        InputError: when the image does not fit by the estimate, even in the smallest tiles that the recipe allows; the
            message gives the memory and a size that fits. With the tile "off" and no `max_memory`, never.
    """
    limit = usable_memory(recipe)
    asked = tile_side(recipe.tile)
    if asked is not None:
        choices: list[int | None] = [asked if max(size) > asked else None]
    else:
        choices = [None, *(tile for tile in TILES if tile < max(size))] if recipe.tile == "auto" else [None]
    tiles = [tile for tile in choices if tile is not None]
    for tile, recompute in [*((tile, False) for tile in choices), *((tile, True) for tile in tiles)]:
        needed = estimated_bytes(weights, recipe, size, tile, examples, recompute=recompute, read=read)
        if needed <= limit:
            return MemoryPlan(tile, recompute, needed)
    if recipe.tile == "off" and not recipe.max_memory:
        # An estimate alone is no reason to refuse a run; `check_memory` refuses what is impossible.
        return MemoryPlan(None, False, needed)
    raise InputError(_refusal(weights, recipe, size, choices[-1], examples, read, limit))


def smaller_plan(
    weights: NetworkWeights, recipe: Recipe, size: Scale, plan: MemoryPlan, examples: int = 1, read: int = 0
) -> MemoryPlan | None:
    """Choose the next plan for a scale that ran out of memory although it was estimated to fit.

    Args:
        weights: the network's parameters.
        recipe: the settings.
        size: the size of the image at that scale.
        plan: the plan that failed.
        examples: the number of images that one device optimizes at the same time.
        read: the number of pixels of all contents and styles, as they were read.

    Returns:
        Tiles of at most half the side; after the smallest tiles, the same with the content's features computed again in
        each step; None if nothing is left, or if `recipe.tile` is not "auto".
    """
    if recipe.tile != "auto":
        return None
    side = plan.tile or max(size)
    tile = next((tile for tile in TILES if tile <= side / 2), None)
    if tile is None and (plan.tile is None or plan.recompute):
        return None
    recompute = plan.recompute or tile is None
    tile = tile or plan.tile
    needed = estimated_bytes(weights, recipe, size, tile, examples, recompute=recompute, read=read)
    return MemoryPlan(tile, recompute, needed)


def usable_memory(recipe: Recipe) -> int:
    """Return the bytes that a run may use."""
    limit = memory_limit(recipe.max_memory)
    if limit is not None:
        return limit
    return int((USABLE_ON_DEVICES if has_accelerator() else USABLE_ON_CPU) * memory_bytes())


def _refusal(
    weights: NetworkWeights, recipe: Recipe, size: Scale, tile: int | None, examples: int, read: int, limit: int
) -> str:
    """Say how much memory is missing, and what fits: a size, or no supersampling."""

    def needed_at(side: float) -> int:
        """Estimate the memory with another long side, a pixel longer because the sides will be rounded."""
        scaled = _scaled(size, math.ceil(side) + 1)
        used = tile if tile is not None and tile < max(scaled) else None
        return estimated_bytes(weights, recipe, scaled, used, examples, recompute=used is not None, read=read)

    factor, needed = recipe.supersampling_factor, needed_at(max(size) - 1)
    # The long side of the computed image for each pixel of `--size`, without supersampling.
    asked = recipe.size or round(max(size) / factor)
    unit = max(size) / (factor * asked)
    choices = ["--supersampling 1"] if factor > 1 and needed_at(unit * asked) <= limit else []
    for smaller in _smaller_sizes(asked):
        if needed_at(unit * smaller * dataclasses.replace(recipe, size=smaller).supersampling_factor) <= limit:
            choices.append(f"--size {smaller} or less")
            break
    advice = f"give {' or '.join(choices)}" if choices else "free or allow more memory"
    computed = "" if factor == 1 else f"For --size {asked}, the picture is computed larger and then reduced. "
    how = "" if tile is None else f", even in tiles of {tile} pixels"
    return (
        f"{computed}A picture of {size.width}x{size.height} pixels needs more than {_gigabytes(needed)} of memory{how}"
        f", and {_gigabytes(limit)} may be used; {advice}."
    )


def _smaller_sizes(size: int) -> Iterator[int]:
    """Yield multiples of 16 pixels down to LEAST_SIZE, each at least 5 percent below the one before."""
    while size > LEAST_SIZE:
        size = max(LEAST_SIZE, min(size - 16, int(0.95 * size)) // 16 * 16)
        yield size


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.0f} GB" if count >= 1e10 else f"{count / 1e9:.1f} GB"


def _scaled(size: Scale, side: int) -> Scale:
    factor = side / max(size)
    return Scale(max(1, round(size.height * factor)), max(1, round(size.width * factor)))
