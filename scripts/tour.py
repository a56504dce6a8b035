"""Illustrate each option by a small picture, with a sheet for each group of options.

Run it as `python scripts/tour.py docs/tour`.

All pictures are made from the sample pictures, with the embedded network unless the option names another one.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.progress import track

import nst_jax
from nst_jax import images
from nst_jax.cli.program import run_script
from nst_jax.files import bundled_dir
from nst_jax.images import writing
from nst_jax.images.color_transfer import gray
from nst_jax.images.contact_sheet import Cell, sheet
from nst_jax.images.picture import RGB

SWIRLS, POPPIES = "night-swirls.jpg", "poppy-field.jpg"
COLUMNS = 5


@dataclasses.dataclass(frozen=True)
class Stop:
    """One image of the tour.

    Attributes:
        label: the options of the command line, shown below the image.
        changes: the settings that differ from the default recipe.
        styles: names of the style images in `examples/`.
        content_mask: name of the content mask among `masks`; empty for none.
        style_mask: name of the style mask among `masks`; empty for none.
    """

    label: str
    changes: dict[str, Any] = dataclasses.field(default_factory=dict)
    styles: tuple[str, ...] = (SWIRLS,)
    content_mask: str = ""
    style_mask: str = ""


def option(name: str, value: Any, *, also: str = "", **others: Any) -> Stop:
    """Create the stop that illustrates one value of an option.

    Args:
        name: the setting.
        value: its value.
        also: other options that it needs, as text for the label.
        **others: the same options as settings of the recipe.
    """
    text = " ".join(map(str, value)) if isinstance(value, tuple) else value
    flag = f"--{'' if value is not False else 'no-'}{name.replace('_', '-')}"
    return Stop(f"{flag if isinstance(value, bool) else f'{flag} {text}'} {also}".strip(), {name: value, **others})


BOTH = (SWIRLS, POPPIES)
DEEP, SHALLOW = ("relu4_1", "relu5_1"), ("relu1_1", "relu2_1")
SHEETS = {
    "strength": [
        *(option("style_strength", value) for value in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)),
        option("content_weight", 5.0),
        option("style_weight", 300.0),
        option("tv_weight", 200.0),
        option("tv_color", 1.0),
    ],
    "size": [
        Stop("the defaults"),
        option("style_scale", 0.5),
        option("style_scale", 2.0),
        option("style_size", 128),
        option("style_crop", "0,0,150,150"),
        option("enlarge_style", True, also="--style-crop 0,0,150,150", style_crop="0,0,150,150"),
        option("size", 96),
        option("upscale_to_original", True, also="--size 96", size=96),
        option("resize", "squash"),
    ],
    "mixture": [
        *(option("color", value) for value in ("style", "match", "match-cholesky", "luminance")),
        option("smooth_chroma", 0.0),
        Stop("the other style", styles=(POPPIES,)),
        *(dataclasses.replace(option("style_blend", value), styles=BOTH) for value in ((0.7, 0.3), (0.3, 0.7))),
        dataclasses.replace(option("style_groups", ("relu1_1,relu2_1", "relu3_1,relu4_1")), styles=BOTH),
    ],
    "regions": [
        Stop("--content-mask spot.png", content_mask="spot.png"),
        Stop("--style-mask sky.png", style_mask="sky.png"),
        Stop("--content-mask sides.png, two styles", styles=BOTH, content_mask="sides.png"),
        Stop("--content-mask sides.png --style-mask halves.png", content_mask="sides.png", style_mask="halves.png"),
    ],
    "steps": [
        *(option("steps", value) for value in (10, 400)),
        option("coarse_steps", 5),
        option("first_steps", 200),
        option("scales", 1),
        option("scale_factor", 1.4),
        option("min_size", 32),
        option("keep_detail", False),
        option("start_colors", "content"),
        option("jitter", 0.0),
        *(option("init", value) for value in ("noise", "grey", "style")),
        option("seed", 1, also="--init noise", init="noise"),
    ],
    "loss": [
        *(option("content_layers", (value,)) for value in ("relu2_2", "relu5_1")),
        *(option("style_layers", value) for value in (SHALLOW, DEEP)),
        option("style_layer_weights", (8.0, 4.0, 2.0, 1.0)),
        option("layer_reduction", "sum"),
        *(option("style_statistic", value) for value in ("mean-std", "gram")),
        option(
            "gram_normalization",
            "chw",
            also="--style-statistic gram --no-relative",
            style_statistic="gram",
            relative=False,
            tuned_for="torchvision",
            style_weight=1e9,
        ),
        option("tv_norm", "l1"),
        option("style_huber", 0.0),
    ],
    "network": [
        option("network", "random"),
        option("pooling", "max"),
        option("padding", "zeros"),
        option("input_range", "0-1"),
        option("convolution", "bfloat16"),
    ],
    "optimizer": [
        option("optimizer", "lbfgs"),
        option("learning_rate", 0.02),
        option("average", 0.99),
        option("optimizer", "lbfgs-fixed"),
        option("lbfgs_memory", 3),
        option("spectral_exponent", 0.0),
        option("opponent_colors", False),
    ],
}


@dataclasses.dataclass(frozen=True)
class Command:
    """Make the sheets of the README's tour, which illustrate the options of nst-jax."""

    output: tyro.conf.Positional[Path]
    """Folder for the sheets, one .jpg file for each group of options."""

    groups: tuple[str, ...] = tuple(SHEETS)
    """Groups of options to illustrate; by default all."""

    cell: Annotated[int, tyro.conf.arg(help="Long side of each picture on a sheet in pixels.")] = 190


def masks(height: int, width: int) -> dict[str, RGB]:
    """Return masks by name, (height, width, 3) in [0, 1].

    They are a soft spot in the middle, the upper half, and two colored halves: side by side, and one above the other.
    """
    down, along = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    distance = np.hypot((down - 0.5) / 0.42, (along - 0.5) / 0.3)
    blue, red = np.array([0, 0, 1.0]), np.array([1.0, 0, 0])
    return {
        "spot.png": gray(np.clip((1.2 - distance) / 0.4, 0, 1)),
        "sky.png": gray(down < 0.5),
        "sides.png": np.where((along + 0.3 * down < 0.62)[..., None], blue, red).astype(np.float32),
        "halves.png": np.where((down < 0.5)[..., None], blue, red).astype(np.float32),
    }


def painted(stop: Stop, size: int = 256) -> RGB:
    """Stylize the sample image with the settings of a stop."""
    content = images.read(bundled_dir("examples") / "chelsea.png")
    styles = [images.read(bundled_dir("examples") / name) for name in stop.styles]
    recipe = nst_jax.Recipe(**{"size": size, "network": "embedded", **stop.changes})
    result = nst_jax.stylize(
        content,
        styles,
        recipe,
        content_mask=masks(*content.rgb.shape[:2])[stop.content_mask] if stop.content_mask else None,
        style_masks=[masks(*styles[0].rgb.shape[:2])[stop.style_mask]] if stop.style_mask else [],
    )
    return result.picture


def cells(group: str) -> list[Cell]:
    """Return the cells of a group's sheet; that of the regions begins with the masks used."""
    used_masks = [Cell(mask, name) for name, mask in masks(150, 200).items()] if group == "regions" else []
    return used_masks + [Cell(painted(stop), stop.label) for stop in track(SHEETS[group], group)]


def main(command: Command) -> None:
    """Stylize all images and write the sheets."""
    for group in command.groups:
        target = command.output / f"{group}.jpg"
        writing.check_target(target)
        pictures: list[Cell | None] = [*cells(group)]
        columns = min(COLUMNS, len(pictures))
        pictures += [None] * (-len(pictures) % columns)
        rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
        writing.save(target, sheet(rows, command.cell))


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
