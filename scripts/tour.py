"""A small picture of what each option does, a sheet for each group of them: `python scripts/tour.py docs/tour`.

All are of the sample pictures, on the embedded network unless another is named.
"""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.progress import track

import nst_jax
from nst_jax import images, process
from nst_jax.errors import exit_on_input_error
from nst_jax.files import bundled_dir
from nst_jax.images import writing
from nst_jax.images.color_transfer import gray
from nst_jax.images.contact_sheet import Cell, sheet
from nst_jax.images.picture import RGB

SWIRLS, POPPIES = "night-swirls.jpg", "poppy-field.jpg"
COLUMNS = 5


@dataclasses.dataclass(frozen=True)
class Stop:
    """One picture of the tour.

    Attributes:
        label: what is to be typed.
        changes: to the recipe.
        styles: files in `examples/`.
        content_mask: its name among `masks`, if any.
        style_mask: the same.
    """

    label: str
    changes: dict[str, Any] = dataclasses.field(default_factory=dict)
    styles: tuple[str, ...] = (SWIRLS,)
    content_mask: str = ""
    style_mask: str = ""


def option(name: str, value: Any, *, also: str = "", **others: Any) -> Stop:
    """A picture for a value of an option, and of others that it needs."""
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
        Stop("the other style", styles=(POPPIES,)),
        *(dataclasses.replace(option("style_blend", value), styles=BOTH) for value in ((0.7, 0.3), (0.3, 0.7))),
        dataclasses.replace(option("style_groups", ("relu1_1,relu2_1", "relu3_1,relu4_1,relu5_1")), styles=BOTH),
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
        option("style_layer_weights", (8.0, 4.0, 2.0, 1.0, 0.5)),
        option("layer_reduction", "sum"),
        *(option("style_statistic", value) for value in ("mean-std", "wasserstein")),
        option(
            "gram_normalization", "chw", also="--no-relative", relative=False, tuned_for="torchvision", style_weight=1e9
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
        option("optimizer", "adam"),
        option("learning_rate", 0.02, also="--optimizer adam", optimizer="adam"),
        option("average", 0.99, also="--optimizer adam", optimizer="adam"),
        option("optimizer", "lbfgs-fixed"),
        option("lbfgs_memory", 3),
        option("spectral_exponent", 0.0),
        option("opponent_colors", False),
    ],
}


@dataclasses.dataclass(frozen=True)
class Command:
    """Paint the sheets of the README's tour."""

    output: tyro.conf.Positional[Path]
    """The folder that they go to."""

    groups: tuple[str, ...] = tuple(SHEETS)
    """Which of them."""

    tile: Annotated[int, tyro.conf.arg(help="Long side of each picture on a sheet in pixels.")] = 190


def masks(height: int, width: int) -> dict[str, RGB]:
    """Masks by name: a soft spot, the upper part, and two halves in two colors, side by side and one on the other."""
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
    """The picture of a stop."""
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
    """What stands on a sheet; before the regions, the masks that they are made with."""
    shown = [Cell(mask, name) for name, mask in masks(150, 200).items()] if group == "regions" else []
    return shown + [Cell(painted(stop), stop.label) for stop in track(SHEETS[group], group)]


def main(command: Command) -> None:
    """Paints all pictures and writes the sheets."""
    process.enable_compilation_cache()
    for group in command.groups:
        target = command.output / f"{group}.jpg"
        writing.check_target(target)
        pictures: list[Cell | None] = [*cells(group)]
        columns = min(COLUMNS, len(pictures))
        pictures += [None] * (-len(pictures) % columns)
        rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
        writing.save(target, sheet(rows, command.tile))


if __name__ == "__main__":
    with exit_on_input_error():
        main(tyro.cli(Command))
