"""What each layer keeps: the figure of Gatys, Ecker & Bethge 2015 (arXiv:1508.06576, figure 1) for a pair of pictures.

Above, the style picture's texture from more and more layers (no content); below, the content picture from each single
layer (no style). Both are painted from noise.
"""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from rich.progress import track

import nst_jax
from nst_jax import images, process
from nst_jax.errors import exit_on_input_error
from nst_jax.files import bundled_dir
from nst_jax.images import writing
from nst_jax.images.contact_sheet import Cell, sheet

EXAMPLES = bundled_dir("examples")
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# Without some total variation, what relu5_1 leaves open stays noise.
FROM_NOISE = nst_jax.Recipe(size=256, steps=200, init="noise", tv_weight=3.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Draw what each layer keeps of a content and of a style picture."""

    content: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="CONTENT")] = EXAMPLES / "chelsea.png"
    """The picture whose content is reconstructed."""

    style: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STYLE")] = EXAMPLES / "night-swirls.jpg"
    """The picture whose texture is synthesised."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("reconstructions.png")
    """The sheet to write."""

    layers: tuple[str, ...] = LAYERS
    """From shallow to deep."""

    tile: int = 256
    """Long side of each picture on the sheet in pixels."""

    recipe: tyro.conf.OmitArgPrefixes[nst_jax.Recipe] = FROM_NOISE


def recipes(layers: tuple[str, ...], recipe: nst_jax.Recipe) -> tuple[list[nst_jax.Recipe], list[nst_jax.Recipe]]:
    """For the textures and for the contents, in the order of the layers."""
    plain = dataclasses.replace(recipe, content_layer_weights=(), style_layer_weights=())
    textures = [
        dataclasses.replace(plain, content_weight=0.0, style_layers=layers[: count + 1]) for count in range(len(layers))
    ]
    contents = [
        dataclasses.replace(plain, content_weight=1.0, style_weight=0.0, content_layers=(layer,)) for layer in layers
    ]
    return textures, contents


def main(command: Command) -> None:
    """Paints all and writes the sheet."""
    writing.check_target(command.output)
    content, style = images.read(command.content), images.read(command.style)
    textures, contents = recipes(command.layers, command.recipe)
    process.enable_compilation_cache()
    network = nst_jax.load_network(command.recipe.network)
    pictures = [
        # With the style as the content, the texture gets its shape.
        nst_jax.stylize(shape, style, recipe, network=network).picture
        for shape, recipe in track([*((style, each) for each in textures), *((content, each) for each in contents)])
    ]
    above, below = pictures[: len(textures)], pictures[len(textures) :]
    reach = [layer if number == 0 else f"to {layer}" for number, layer in enumerate(command.layers)]
    rows: list[list[Cell | None]] = [
        [Cell(style.rgb, "style"), *map(Cell, above, reach)],
        [Cell(content.rgb, "content"), *map(Cell, below, command.layers)],
    ]
    writing.save(command.output, sheet(rows, command.tile))


if __name__ == "__main__":
    with exit_on_input_error():
        main(tyro.cli(Command))
