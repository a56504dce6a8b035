"""Stylize every content in every style and show all on one sheet: `python scripts/contact_sheet.py -o sheet.jpg`.

The contents stand at the left edge, the styles at the top. By default, pictures of `examples/` are used. All settings
of a recipe can be given as options.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro
from rich.progress import track

import nst_jax
from nst_jax import images
from nst_jax.cli.program import run_script
from nst_jax.files import bundled_dir
from nst_jax.images import writing
from nst_jax.images.contact_sheet import Cell, sheet

EXAMPLES = bundled_dir("examples")


@dataclasses.dataclass(frozen=True)
class Command:
    """Stylize every content in every style and show the results on one sheet, with the inputs at the edges."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    """File for the sheet (.png, .jpg, .webp or .tif)."""

    contents: tuple[Path, ...] = tuple(EXAMPLES / name for name in ("chelsea.png", "astronaut.png", "rocket.jpg"))
    """The photographs to stylize, whose objects are kept; one row of the sheet for each."""

    styles: tuple[Path, ...] = tuple(
        EXAMPLES / name for name in ("night-swirls.jpg", "poppy-field.jpg", "harbor-print.jpg")
    )
    """The paintings whose colors, textures and brush strokes are taken; one column of the sheet for each."""

    cell: int = 320
    """Long side of each picture on the sheet, in pixels; a larger number makes a larger sheet.
    Larger results are shrunk to it, smaller ones stay as they are."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = dataclasses.field(default_factory=nst_jax.Recipe)


def main(command: Command) -> None:
    """Stylize all pairs and write the sheet."""
    writing.check_target(command.output)
    network = nst_jax.load_network(command.recipe.network)
    contents, styles = ([images.read(path).rgb for path in paths] for paths in (command.contents, command.styles))
    pairs = [(content, style) for content in contents for style in styles]
    results = [
        nst_jax.stylize(content, style, command.recipe, network=network).picture
        for content, style in track(pairs, "painting")
    ]
    rows: list[list[Cell | None]] = [[None, *map(Cell, styles)]]
    for number, content in enumerate(contents):
        rows.append([*map(Cell, (content, *results[number * len(styles) : (number + 1) * len(styles)]))])
    writing.save(command.output, sheet(rows, command.cell))


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
