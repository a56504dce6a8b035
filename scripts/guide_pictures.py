"""Make the pictures of the guides on style pictures, masks and what came out wrong, and the README's thumbnails.

Run it as `python scripts/guide_pictures.py docs/guides/pictures`. Contents and styles are pictures of `examples/`, and
some that are drawn here to show what does not work as a style; all runs use the embedded network.
"""

import dataclasses
import functools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from PIL import Image, ImageDraw, ImageFont
from rich.progress import track

import nst_jax
from nst_jax import images
from nst_jax.cli.program import run_script
from nst_jax.files import bundled_dir
from nst_jax.images.color_transfer import gray
from nst_jax.images.contact_sheet import Cell, sheet
from nst_jax.images.picture import RGB

CAT, ASTRONAUT, ROCKET = "chelsea.png", "astronaut.png", "rocket.jpg"
SWIRLS, POPPIES = "night-swirls.jpg", "poppy-field.jpg"
# At such sizes defects show, and the pages stay small.
SIZE = 256
# Sheets that show strokes have larger pictures.
LARGER_SIZE, LARGER = 320, ("borders", "dark", "faces", "style-crop", "style-fails", "too-little-style", "wrong-colors")
QUALITY = 85


@dataclasses.dataclass(frozen=True)
class Run:
    """One result on a sheet.

    Attributes:
        label: the options that are shown below the result.
        changes: the settings that differ from the default recipe.
        content: name of the content, in `examples/`.
        style: name of the style, in `examples/` or among `drawn_styles`.
        mask: name of the content mask among `masks`; empty for none.
        shows_style: whether the style stands before the result on the sheet.
        second_style: another style to mix or to give to a region; empty for none.
    """

    label: str
    changes: dict[str, Any] = dataclasses.field(default_factory=dict)
    content: str = CAT
    style: str = SWIRLS
    mask: str = ""
    shows_style: bool = False
    second_style: str = ""


def run(label: str, content: str = CAT, style: str = SWIRLS, **changes: Any) -> Run:
    """Create a run of a content in a style, with settings of the recipe."""
    return Run(label, changes, content, style)


def of_style(label: str, style: str, **changes: Any) -> Run:
    """Create a run whose style stands before the result."""
    return Run(label, changes, CAT, style, shows_style=True)


def fast(label: str, content: str = CAT, style: str = SWIRLS, mask: str = "", **changes: Any) -> Run:
    """Create a run of the fast network, which shows many symptoms as well as an optimization does, and sooner."""
    return Run(f"--fast {label}".strip(), {"fast": True, **changes}, content, style, mask)


PART = "330,90,200,200"
SMALL = "330,90,70,70"
SHEETS: dict[str, list[Run]] = {
    "style-crop": [
        run("the whole picture", style_crop=""),
        run(f"--style-crop {PART}", style_crop=PART),
        run("--style-crop 0,380,300,220", style_crop="0,380,300,220"),
    ],
    "style-strokes": [fast(f"--style-scale {value}", style_scale=value) for value in (0.5, 1.0, 2.0)],
    "style-fails": [
        of_style("even areas: no strokes to take", "gradient"),
        of_style("text: pieces of letters", "text"),
        of_style("thin lines: short hatches", "lines"),
    ],
    "too-little-style": [
        run("--style-strength 0.2", style_strength=0.2),
        run("--style-strength 0.8", style_strength=0.8),
    ],
    "content-lost": [fast(f"--style-strength {value}", ROCKET, POPPIES, style_strength=value) for value in (1.0, 0.5)],
    "grain": [fast(""), run("the defaults")],
    "wrong-colors": [
        run("the defaults", ASTRONAUT, POPPIES),
        run("--color match", ASTRONAUT, POPPIES, color="match"),
    ],
    "dark": [
        run("the defaults", ROCKET),
        run("--start-colors content", ROCKET, start_colors="content"),
        run("--color luminance", ROCKET, color="luminance"),
    ],
    "blurred": [
        fast(f"--style-crop {SMALL} --enlarge-style", style_crop=SMALL, enlarge_style=True),
        fast("with the whole style picture"),
    ],
    "borders": [
        of_style("a style picture with its frame", "framed"),
        run("--style-crop 60,60,768,600", style="framed", style_crop="60,60,768,600"),
    ],
    "seams": [
        fast("with a hard edge", ROCKET, POPPIES, "hard"),
        fast("with a soft edge", ROCKET, POPPIES, "soft"),
    ],
    "masks": [
        fast("--content-mask mask.png", mask="spot"),
        Run("--fast --content-mask regions.png, two styles", {"fast": True}, mask="sides", second_style=POPPIES),
    ],
    "too-slow": [run("the defaults"), fast("")],
    "out-of-memory": [
        fast("--size 128 --upscale-to-original", size=128, upscale_to_original=True),
        fast("--size 256"),
    ],
    "colors-kept": [fast("--color luminance", ROCKET, POPPIES, color="luminance"), fast("", ROCKET, POPPIES)],
    "faces": [
        run("the defaults", ASTRONAUT),
        run("--content-weight 12", ASTRONAUT, content_weight=12.0),
        Run("--content-mask face.png", {}, ASTRONAUT, SWIRLS, "face"),
    ],
}
# The README's thumbnails: single results without labels.
THUMBNAILS: dict[str, Run] = {
    "thumbnail-fast": fast(""),
    "thumbnail-strength": fast("", style_strength=0.5),
    "thumbnail-strokes": fast("", style_scale=2.0),
    "thumbnail-blend": Run("", {"fast": True, "style_blend": (0.5, 0.5)}, second_style=POPPIES),
    "thumbnail-mask": fast("", mask="spot"),
}
THUMBNAIL_SIZE = 180


@functools.cache
def drawn_styles() -> dict[str, RGB]:
    """Return the style pictures that are drawn here by name, (height, width, 3) in [0, 1]."""
    down, along = np.meshgrid(np.linspace(0, 1, 300), np.linspace(0, 1, 400), indexing="ij")
    gradient = np.stack([0.3 + 0.4 * along, 0.5 + 0.2 * down, 0.8 - 0.3 * down], -1).astype(np.float32)
    page, lines = (Image.new("RGB", (400, 300), color) for color in ("white", "#f4f0e6"))
    draw = ImageDraw.Draw(page)
    for row in range(14):
        draw.text(
            (10, 6 + 21 * row), "style transfer keeps objects and takes strokes", "black", ImageFont.load_default(17)
        )
    draw = ImageDraw.Draw(lines)
    generator = np.random.default_rng(0)
    for start in generator.uniform(-80, 380, 40):
        points = [(x, start + 30 * np.sin(x / 60 + start) + 0.2 * x) for x in range(0, 401, 8)]
        draw.line(points, "black", 1)
    framed = np.ones((720, 888, 3), np.float32)
    framed[60:660, 60:828] = images.read(bundled_dir("examples") / SWIRLS).rgb
    as_array = {name: np.asarray(image, np.float32) / 255 for name, image in (("text", page), ("lines", lines))}
    return {"gradient": gradient, **as_array, "framed": framed}


def masks(height: int, width: int) -> dict[str, RGB]:
    """Return masks by name, (height, width, 3) in [0, 1].

    They are upper parts, a spot, two sides of different colors, and all but the astronaut's face.
    """
    down, along = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    distance = np.hypot((down - 0.22) / 0.2, (along - 0.44) / 0.15)
    return {
        "hard": gray(down < 0.6),
        "soft": gray(np.clip((0.75 - down) / 0.3, 0, 1)),
        "spot": gray(np.clip(1.8 - np.hypot((down - 0.5) / 0.35, (along - 0.45) / 0.3), 0, 1)),
        "sides": np.where((along + 0.3 * down < 0.6)[..., None], (0, 0, 1), (1, 0, 0)).astype(np.float32),
        "face": gray(np.clip((distance - 0.7) / 0.6, 0.15, 1)),
    }


@functools.cache
def stylized(content: str, styles: tuple[str, ...], mask: str, recipe: nst_jax.Recipe) -> RGB:
    """Make a result; several sheets have the same ones."""
    picture = images.read(bundled_dir("examples") / content)
    mask_of_content = masks(*picture.rgb.shape[:2])[mask] if mask else None
    return nst_jax.stylize(picture, [*map(style_picture, styles)], recipe, content_mask=mask_of_content).picture


def style_picture(name: str) -> RGB:
    """Return a style picture, drawn here or in `examples/`."""
    drawn = drawn_styles()
    return drawn[name] if name in drawn else images.read(bundled_dir("examples") / name).rgb


def cells(run: Run, size: int = SIZE) -> list[Cell]:
    """Make a run of a size, and return what stands on the sheet for it."""
    names = tuple(name for name in (run.style, run.second_style) if name)
    settings = {"size": size, **({} if run.changes.get("fast") else {"network": "embedded"}), **run.changes}
    result = stylized(run.content, names, run.mask, nst_jax.Recipe(**settings))
    shown = [Cell(style_picture(run.style), "the style picture")] if run.shows_style else []
    if run.mask:
        shape = images.read(bundled_dir("examples") / run.content).rgb.shape
        shown.append(Cell(masks(*shape[:2])[run.mask], "the mask"))
    return [*shown, Cell(result, run.label)]


@dataclasses.dataclass(frozen=True)
class Command:
    """Make the pictures of the guides on style pictures, masks and what can go wrong."""

    output: tyro.conf.Positional[Path]
    """Folder for the sheets, one .jpg file each."""

    sheets: tuple[str, ...] = (*SHEETS, *THUMBNAILS)
    """The sheets to make; by default all."""


def main(command: Command) -> None:
    """Stylize all pictures and write the sheets."""
    command.output.mkdir(parents=True, exist_ok=True)
    for name in track(command.sheets, "sheets"):
        if name in THUMBNAILS:
            picture = images.shrink(cells(THUMBNAILS[name])[-1].picture, THUMBNAIL_SIZE)
        else:
            size = LARGER_SIZE if name in LARGER else SIZE
            rows = [cells(run, size) for run in SHEETS[name]]
            picture = sheet(table(rows), size)
        in_bytes = np.uint8(picture * 255 + 0.5)
        Image.fromarray(in_bytes).save(command.output / f"{name}.jpg", quality=QUALITY, optimize=True)


def table(rows: list[list[Cell]]) -> list[list[Cell | None]]:
    """Arrange cells: below each other where a style or a mask stands before the first result, else side by side."""
    if len(rows[0]) == 1:
        return [[cell for row in rows for cell in row]]
    columns = max(map(len, rows))
    return [[*[None] * (columns - len(row)), *row] for row in rows]


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
