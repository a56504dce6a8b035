"""Reconstruct pictures from single layers, as in figure 1 of Gatys, Ecker & Bethge 2015 (arXiv:1508.06576).

The first row shows the texture of the style picture, synthesized from a growing number of layers without content. The
second row shows the content picture, reconstructed from each single layer without style. All are optimized from noise.
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
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# Some total variation is needed, or the initial noise would remain wherever relu5_1 does not determine the image.
# Adam with the default's preconditioner hardly changes the colors of single pixels, and would leave those of the noise.
FROM_NOISE = nst_jax.Recipe(
    size=256, steps=200, init="noise", optimizer="lbfgs", tv_weight=3.0, recolor_content=False, style_statistic="gram"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Show on a sheet what each layer of the network represents of a content picture and of a style picture."""

    content: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="CONTENT")] = EXAMPLES / "chelsea.png"
    """The photograph whose content is reconstructed from each layer."""

    style: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STYLE")] = EXAMPLES / "night-swirls.jpg"
    """The painting whose texture is synthesized."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("reconstructions.png")
    """File for the sheet (.png, .jpg, .webp or .tif)."""

    layers: tuple[str, ...] = LAYERS
    """Layers to reconstruct from, ordered from shallow to deep; one column of the sheet for each."""

    cell: int = 256
    """Long side of each picture on the sheet, in pixels; a larger number makes a larger sheet."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = FROM_NOISE


def recipes(layers: tuple[str, ...], recipe: nst_jax.Recipe) -> tuple[list[nst_jax.Recipe], list[nst_jax.Recipe]]:
    """Derive the recipes of the texture and content reconstructions.

    Args:
        layers: the layers, from shallow to deep.
        recipe: all other settings.

    Returns:
        The recipes of the textures, from the first 1, 2, ... layers; and those of the contents, one for each layer.
    """
    plain = dataclasses.replace(recipe, content_layer_weights=(), style_layer_weights=())
    textures = [
        dataclasses.replace(plain, content_weight=0.0, style_layers=layers[: count + 1]) for count in range(len(layers))
    ]
    contents = [
        dataclasses.replace(plain, content_weight=1.0, style_weight=0.0, content_layers=(layer,)) for layer in layers
    ]
    return textures, contents


def main(command: Command) -> None:
    """Compute all reconstructions and write the sheet."""
    writing.check_target(command.output)
    content, style = images.read(command.content), images.read(command.style)
    textures, contents = recipes(command.layers, command.recipe)
    network = nst_jax.load_network(command.recipe.network)
    pictures = [
        # A texture has no content; the style image is given in its place, so that the result has its shape.
        nst_jax.stylize(shape, style, recipe, network=network).picture
        for shape, recipe in track([*((style, each) for each in textures), *((content, each) for each in contents)])
    ]
    first_row, second_row = pictures[: len(textures)], pictures[len(textures) :]
    labels = [layer if number == 0 else f"to {layer}" for number, layer in enumerate(command.layers)]
    rows: list[list[Cell | None]] = [
        [Cell(style.rgb, "style"), *map(Cell, first_row, labels)],
        [Cell(content.rgb, "content"), *map(Cell, second_row, command.layers)],
    ]
    writing.save(command.output, sheet(rows, command.cell))


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
