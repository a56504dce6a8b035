"""Contact sheets: images side by side, each with its label below."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nst_jax import images
from nst_jax.images.picture import RGB

# Space between cells, and size of the letters, in pixels.
GAP = 6
LETTERS = 13


class Cell(NamedTuple):
    """An image and the label below it."""

    picture: RGB
    label: str = ""


def sheet(rows: list[list[Cell | None]], tile: int) -> RGB:
    """Lay out images on a white sheet, each in the middle of its cell.

    Args:
        rows: the cells of each row, all rows of the same length; None leaves a cell empty.
        tile: long side of a cell's image in pixels; larger images are shrunk to it, smaller ones stay as they are.

    Returns:
        The sheet, (height, width, 3) float32 in [0, 1].
    """
    shown = [[None if cell is None else images.shrink(cell.picture, tile) for cell in row] for row in rows]
    heights = [max(picture.shape[0] for picture in row if picture is not None) for row in shown]
    labels = [_lines(row, tile) * (LETTERS + 4) for row in rows]
    tops = np.cumsum([GAP, *(height + label + GAP for height, label in zip(heights, labels, strict=True))])
    canvas = Image.new("RGB", ((tile + GAP) * len(rows[0]) + GAP, int(tops[-1])), "white")
    draw = ImageDraw.Draw(canvas)
    for top, height, row, pictures in zip(tops, heights, rows, shown, strict=False):
        for column, (cell, picture) in enumerate(zip(row, pictures, strict=True)):
            if cell is None or picture is None:
                continue
            left = GAP + column * (tile + GAP)
            place = left + (tile - picture.shape[1]) // 2, int(top) + (height - picture.shape[0]) // 2
            canvas.paste(Image.fromarray((picture * 255 + 0.5).astype(np.uint8)), place)
            middle = left + tile // 2, int(top) + height + 2
            draw.multiline_text(middle, _wrapped(cell.label, tile), "black", _font(), anchor="ma", align="center")
    return np.asarray(canvas, np.float32) / 255


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(LETTERS)


def _lines(row: list[Cell | None], tile: int) -> int:
    return max(len(_wrapped(cell.label, tile).splitlines()) if cell else 0 for cell in row)


def _wrapped(label: str, width: int) -> str:
    """Break a label between words into lines of at most `width` pixels; a single word may be wider."""
    lines: list[str] = []
    for word in label.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font().getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)
