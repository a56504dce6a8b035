"""The settings that bound a run's memory, read and checked; they change no result beyond rounding."""

import re

from nst_jax.errors import InputError

# The settings that are not compared when a run is resumed or a folder is continued: whoever has run out of memory may
# go on with smaller tiles.
MEMORY_SETTINGS = ("tile", "max_memory")
LEAST_TILE, MAX_TILE = 16, 16384
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def tile_side(tile: str) -> int | None:
    """Return the side of the tiles in pixels that the setting `tile` asks for; None for "auto" and "off".

    Raises:
        InputError: when it is none of these.
    """
    if tile in ("auto", "off"):
        return None
    if tile.isascii() and tile.isdigit() and LEAST_TILE <= int(tile) <= MAX_TILE:
        return int(tile)
    raise InputError(f"The tile must be auto, off or {LEAST_TILE} to {MAX_TILE} pixels, not {tile!r}; auto is usual.")


def memory_limit(max_memory: str) -> int | None:
    """Return the bytes that the setting `max_memory` allows; None if it is empty.

    Raises:
        InputError: when it is no amount of memory.
    """
    if not max_memory:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", max_memory.strip().lower(), re.ASCII)
    unit = _UNITS.get(match[2]) if match else None
    if match is None or unit is None or float(match[1]) * unit < 1:
        raise InputError(f"The max memory must be an amount such as 4GB or 800MB, not {max_memory!r}.")
    return int(float(match[1]) * unit)
