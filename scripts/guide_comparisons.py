"""Make the pictures of the guides that compare results: strengths, two styles, the fast network, tiles and grades.

Run it as `python scripts/guide_comparisons.py docs/guides/pictures`. All contents and styles are pictures of
`examples/`, and all runs use the embedded network. The picture of large pictures takes by far the most time.
"""

import dataclasses
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from PIL import Image
from rich.progress import track

import nst_jax
from nst_jax import grading, images
from nst_jax.cli.program import run_script
from nst_jax.files import bundled_dir
from nst_jax.images.contact_sheet import Cell, sheet
from nst_jax.images.picture import RGB

CAT, ASTRONAUT, ROCKET = "chelsea.png", "astronaut.png", "rocket.jpg"
SWIRLS, POPPIES, PRINT = "night-swirls.jpg", "poppy-field.jpg", "harbor-print.jpg"
# At this size strokes are seen, and the pages stay small.
SIZE = 256
QUALITY = 80
# The crop of the large pictures: left, top, right and bottom, as parts of the width and of the height.
REGION = (0.3, 0.28, 0.7, 0.72)
Rows = list[list[Cell | None]]


def example(name: str) -> RGB:
    """Return a picture of `examples/`, (height, width, 3) in [0, 1]."""
    return images.read(bundled_dir("examples") / name).rgb


@functools.cache
def stylized(content: str, *styles: str, **changes: Any) -> RGB:
    """Stylize a picture of `examples/` with settings that differ from the defaults; several pictures share results.

    Args:
        content: name of the content.
        *styles: names of the styles, which are mixed if there are several.
        **changes: settings of the recipe.

    Returns:
        The result in the steps of a file of 8 bits, (height, width, 3) in [0, 1].
    """
    settings = {"size": SIZE, **({} if changes.get("fast") else {"network": "embedded"}), **changes}
    result = nst_jax.stylize(example(content), [*map(example, styles)], nst_jax.Recipe(**settings))
    return (result.picture * 255 + 0.5).astype(np.uint8).astype(np.float32) / 255


def strengths() -> Rows:
    """Show one pair at four strengths."""
    values = (0.25, 0.5, 0.75, 1.0)
    return [[Cell(stylized(CAT, PRINT, style_strength=value), f"--style-strength {value:g}") for value in values]]


def two_styles() -> Rows:
    """Show two styles, the results in each of them, and the result in their mixture."""
    mixture = stylized(ASTRONAUT, POPPIES, PRINT, style_blend=(0.5, 0.5))
    return [
        [Cell(example(POPPIES), "one.jpg"), Cell(example(ASTRONAUT), "photo.jpg"), Cell(example(PRINT), "two.jpg")],
        [
            Cell(stylized(ASTRONAUT, POPPIES), "one.jpg alone"),
            Cell(mixture, "--style-blend 0.5 0.5"),
            Cell(stylized(ASTRONAUT, PRINT), "two.jpg alone"),
        ],
    ]


def fast_and_default() -> Rows:
    """Show pairs in one pass of the fast network, continued by the optimization, and by the optimization alone."""
    return [
        [
            Cell(stylized(CAT, style, fast=True), "--fast"),
            Cell(stylized(CAT, style, init="fast"), "--init fast"),
            Cell(stylized(CAT, style), "the default"),
        ]
        for style in (SWIRLS, PRINT)
    ]


def large() -> Rows:
    """Show the same region of a small result and of a larger one that was computed in tiles, each pixel as it is."""

    def region(picture: RGB) -> RGB:
        height, width = picture.shape[:2]
        left, top, right, bottom = np.round(np.multiply(REGION, (width, height, width, height))).astype(int)
        return picture[top:bottom, left:right]

    return [
        [
            Cell(region(stylized(CAT, PRINT, style_strength=0.75, size=512)), "--size 512"),
            Cell(region(stylized(CAT, PRINT, style_strength=0.75, size=1024, tile="512")), "--size 1024 --tile 512"),
        ]
    ]


def grades() -> Rows:
    """Show a result and others with their grades against it, and print these grades with their parts."""
    reference = stylized(CAT, SWIRLS)
    others = {
        "with --style-strength 0.4": stylized(CAT, SWIRLS, style_strength=0.4),
        "with --fast": stylized(CAT, SWIRLS, fast=True),
        "in another style": stylized(CAT, POPPIES),
        "the photograph": example(CAT),
        "another pair": stylized(ROCKET, POPPIES),
    }
    shown = [Cell(reference, "the default, compared with:")]
    for label, picture in others.items():
        grade = grading.grade_pictures(reference, picture)
        parts = ", ".join(f"{name} {getattr(grade, name):.1f}" for name in ("content", "style", "layout"))
        print(f"{grade.grade:.1f}  {label}: {parts}")
        shown.append(Cell(picture, f"{grade.grade:.1f}: {label}"))
    return [[*shown[:3]], [*shown[3:]]]


# The rows of each picture, and the long side of its cells; all pictures stay below 120 kB.
PICTURES: dict[str, tuple[Callable[[], Rows], int]] = {
    "strengths": (strengths, SIZE),
    "two-styles": (two_styles, 224),
    "fast-and-default": (fast_and_default, SIZE),
    "grades": (grades, SIZE),
    "large": (large, 420),
}


@dataclasses.dataclass(frozen=True)
class Command:
    """Make the pictures of the guides that compare results."""

    output: tyro.conf.Positional[Path]
    """Folder for the pictures, one .jpg file each."""

    pictures: tuple[str, ...] = tuple(PICTURES)
    """The pictures to make; by default all."""


def main(command: Command) -> None:
    """Stylize what the pictures show, and write them."""
    command.output.mkdir(parents=True, exist_ok=True)
    for name in track(command.pictures, "pictures"):
        rows, cell = PICTURES[name]
        in_bytes = np.uint8(sheet(rows(), cell) * 255 + 0.5)
        Image.fromarray(in_bytes).save(command.output / f"{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
