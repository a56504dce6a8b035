"""Every content with every style on one sheet: `python scripts/contact_sheet.py -o sheet.jpg`.

The contents stand at the left edge, the styles at the top. Without pictures, those in `examples/` are used. All options
of a stylisation can be given.
"""

import dataclasses
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from rich.progress import track

import nst_jax
from nst_jax import images, saving
from nst_jax.errors import reported
from nst_jax.images import RGB
from nst_jax.resources import folder

EXAMPLES = folder("examples")
GAP = 6


@dataclasses.dataclass(frozen=True)
class Command:
    """Draw every content in every style on one sheet, with the inputs at the edges."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    """The sheet to write, .jpg or .png."""

    contents: tuple[Path, ...] = tuple(EXAMPLES / name for name in ("chelsea.png", "astronaut.png", "rocket.jpg"))
    """The pictures whose objects are kept."""

    styles: tuple[Path, ...] = tuple(EXAMPLES / name for name in ("night-swirls.jpg", "poppy-field.jpg"))
    """The pictures whose manner is taken."""

    tile: int = 320
    """Long side of each picture on the sheet in pixels; results are shrunk to it, never enlarged."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = dataclasses.field(default_factory=nst_jax.Recipe)


def sheet(rows: list[list[RGB | None]], tile: int) -> RGB:
    """The pictures on a white ground, each in the middle of its cell; None leaves a cell empty."""
    shown = [[None if picture is None else _shrunk(picture, tile) for picture in row] for row in rows]
    heights = [max(picture.shape[0] for picture in row if picture is not None) for row in shown]
    tops = np.cumsum([GAP, *(height + GAP for height in heights)])
    canvas = np.ones((tops[-1], (tile + GAP) * len(rows[0]) + GAP, 3), np.float32)
    for top, height, row in zip(tops, heights, shown, strict=False):
        for column, picture in enumerate(row):
            if picture is not None:
                above, before = (height - picture.shape[0]) // 2, (tile - picture.shape[1]) // 2
                left = GAP + column * (tile + GAP) + before
                canvas[top + above : top + above + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas


def _shrunk(picture: RGB, tile: int) -> RGB:
    return images.resize(picture, *images.fitted_size(picture.shape, min(tile, max(picture.shape[:2]))))


def main(command: Command) -> None:
    """Paints all pairs and writes the sheet."""
    saving.check_target(command.output)
    network = nst_jax.load_network(command.recipe.network)
    contents, styles = ([images.read(path).rgb for path in paths] for paths in (command.contents, command.styles))
    pairs = [(content, style) for content in contents for style in styles]
    results = [
        nst_jax.stylize(content, style, command.recipe, network=network).picture
        for content, style in track(pairs, "painting")
    ]
    rows: list[list[RGB | None]] = [[None, *styles]]
    for number, content in enumerate(contents):
        rows.append([content, *results[number * len(styles) : (number + 1) * len(styles)]])
    saving.save(command.output, sheet(rows, command.tile))


if __name__ == "__main__":
    with reported():
        main(tyro.cli(Command))
