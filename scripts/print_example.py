"""Generate a sample style, a harbor as a colored woodblock print: `python scripts/print_example.py [FOLDER] [FACTOR]`.

FACTOR, an integer, multiplies the size of the picture, 768x600 pixels by default, for large pictures in this style.

It imitates a print from one block for each flat color, slightly out of register with a block of black outlines. All
colors are drawn into one layer and most outlines into another; the marks of gouges are lenses in the color that would
show through. The seeds are fixed, so the same picture is generated each time.
"""

import sys
from pathlib import Path

import numpy as np
import tyro
from PIL import Image, ImageDraw

from nst_jax.cli.program import run_script
from nst_jax.errors import InputError

WIDTH, HEIGHT = 768, 600
# The print is drawn larger by this factor and reduced at the end.
OVERSAMPLING = 3
PAPER = (243, 230, 200)
BLACK, NAVY, BLUE, TEAL = (24, 22, 30), (25, 52, 96), (44, 101, 160), (120, 176, 176)
RED, ORANGE, YELLOW, CREAM = (196, 52, 38), (229, 132, 52), (242, 193, 92), (250, 240, 214)
# How far the colors are out of register with the outlines, in pixels of the result.
MISREGISTRATION = (1.0, -0.7)

Points = list[tuple[float, float]]


class Block:
    """A layer that is drawn in coordinates from 0 to WIDTH and from 0 to HEIGHT, with the origin at the top left.

    Args:
        resolution: pixels per unit of these coordinates.
        offset: what is added to all points.
    """

    def __init__(self, resolution: int, offset: tuple[float, float] = (0.0, 0.0)):
        self.image = Image.new("RGBA", (WIDTH * resolution, HEIGHT * resolution), (0, 0, 0, 0))
        self._draw, self._resolution, self._offset = ImageDraw.Draw(self.image), resolution, offset

    def area(self, points: Points, color: tuple[int, ...]) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._scaled(points), color)

    def line(self, points: Points, color: tuple[int, ...], width: float) -> None:
        """Draw a line with round joins."""
        self._draw.line(self._scaled(points), color, round(width * self._resolution), joint="curve")

    def gap(self, x: float, y: float, length: float, width: float, angle: float, color: tuple[int, ...]) -> None:
        """Draw the mark of a gouge: a lens, pointed at both ends."""
        t = np.linspace(0, np.pi, 9)
        along = np.concatenate([-np.cos(t), np.cos(t)]) * length / 2
        across = np.concatenate([np.sin(t), -np.sin(t)]) * width / 2
        points = zip(
            x + along * np.cos(angle) - across * np.sin(angle),
            y + along * np.sin(angle) + across * np.cos(angle),
            strict=True,
        )
        self.area([(float(a), float(b)) for a, b in points], color)

    def _scaled(self, points: Points) -> Points:
        right, down = self._offset
        return [((x + right) * self._resolution, (y + down) * self._resolution) for x, y in points]


def circle(x: float, y: float, radius: float, begin: float = 0.0, end: float = 2 * np.pi) -> Points:
    """Return the points of a circle or of an arc, angles in radians."""
    t = np.linspace(begin, end, 48)
    return [(float(a), float(b)) for a, b in zip(x + radius * np.cos(t), y + radius * np.sin(t), strict=True)]


def ridge(heights: Points, generator: np.random.Generator, roughness: float) -> Points:
    """Return a jagged line through the given points."""
    xs = np.linspace(-10, WIDTH + 10, 90)
    ys = np.interp(xs, *np.array(heights).T) + generator.normal(size=xs.size) * roughness
    return [(float(a), float(b)) for a, b in zip(xs, ys, strict=True)]


def sky(colors: Block, lines: Block, generator: np.random.Generator) -> None:
    """Draw bands of the evening sky, the sun with rays, and clouds."""
    for top, color in ((0, TEAL), (110, YELLOW), (200, ORANGE)):
        colors.area([(-9, top), (WIDTH + 9, top), (WIDTH + 9, 330), (-9, 330)], color)
    for top, color in ((110, YELLOW), (200, ORANGE)):
        # The bands fade by gaps that grow toward the border.
        for _ in range(130):
            above = generator.exponential(24)
            colors.gap(generator.uniform(0, WIDTH), top - above, generator.uniform(30, 110), 4, 0, color)
    x, y = 560, 190
    for angle in np.linspace(0, 2 * np.pi, 40)[:-1]:
        distance = generator.uniform(118, 140)
        colors.gap(x + distance * np.cos(angle), y + distance * np.sin(angle), 62, 7, angle, CREAM)
    colors.area(circle(x, y, 74), RED)
    lines.line(circle(x, y, 74), BLACK, 3.5)
    for left, top, width in ((60, 70, 190), (250, 128, 150), (380, 40, 130), (20, 180, 150)):
        # All in black, and then all a little smaller in cream, so that only the common outline is left.
        for margin, color in ((2.6, BLACK), (0.0, CREAM)):
            for part, size in ((0.2, 0.16), (0.48, 0.24), (0.78, 0.17)):
                colors.area(circle(left + width * part, top, width * size + margin, np.pi, 2 * np.pi), color)
        lines.line([(left, top), (left + width, top)], BLACK, 3.2)


def mountains(colors: Block, lines: Block, generator: np.random.Generator) -> None:
    """Draw two ranges, with hatching on the sides that are in the shade."""
    for heights, color, light, roughness in (
        ([(0, 250), (140, 196), (260, 262), (430, 215), (600, 285), (768, 240)], BLUE, TEAL, 3.0),
        ([(0, 300), (90, 270), (230, 318), (420, 300), (560, 328), (700, 282), (768, 300)], NAVY, BLUE, 2.5),
    ):
        line = ridge([(float(a), float(b)) for a, b in heights], generator, roughness)
        colors.area([*line, (WIDTH + 10, 345), (-10, 345)], color)
        for x, y in line[::2]:
            for part in generator.uniform(0.1, 0.9, 3):
                colors.gap(x + 8, y + part * (340 - y), generator.uniform(14, 34), 4.5, 1.15, light)
        lines.line(line, BLACK, 3.4)


def sea(colors: Block, generator: np.random.Generator) -> None:
    """Draw the water, and rows of waves as overlapping scales that grow toward the front."""
    colors.area([(-9, 340), (WIDTH + 9, 340), (WIDTH + 9, HEIGHT + 9), (-9, HEIGHT + 9)], BLUE)
    for _ in range(260):
        y = 344 + 120 * generator.random() ** 1.5
        size = (y - 320) / 60
        color = (CREAM, TEAL, NAVY)[generator.integers(3)]
        colors.gap(generator.uniform(0, WIDTH), y, 26 * size, 3.2 * size**0.5, generator.normal() * 0.04, color)
    # The path of the sun on the water.
    for y in np.arange(346, 470, 7):
        colors.gap(560 + generator.normal() * 10, float(y), 40 + 0.6 * float(y - 340), 4.5, 0, ORANGE)
    y, radius, row = 468.0, 24.0, 0
    while y < HEIGHT + 60:
        for x in np.arange(-radius + (row % 2) * radius, WIDTH + 2 * radius, 2 * radius):
            for part, color in zip((1, 0.76, 0.52, 0.28), (NAVY, CREAM, BLUE, TEAL), strict=True):
                arc = circle(x, y + radius, radius * part, np.pi, 2 * np.pi)
                colors.area(arc, color)
                colors.line(arc, BLACK, 2.4)
        y, radius, row = y + 0.62 * radius, radius * 1.12, row + 1


def boat(colors: Block, lines: Block, x: float, y: float, size: float) -> None:
    """Draw a sailboat with its hull at (x, y)."""
    hull = [(x - 46 * size, y - 12 * size), (x + 50 * size, y - 14 * size), (x + 34 * size, y + 8 * size),
            (x - 32 * size, y + 8 * size)]  # fmt: skip
    colors.area(hull, RED)
    lines.line([*hull, hull[0], hull[1]], BLACK, 3.4)
    main = [(x, y - 122 * size), (x + 8 * size, y - 20 * size), (x + 58 * size, y - 26 * size)]
    fore = [(x - 6 * size, y - 108 * size), (x - 8 * size, y - 20 * size), (x - 42 * size, y - 22 * size)]
    for sail, stripe in ((main, ORANGE), (fore, YELLOW)):
        colors.area(sail, CREAM)
        top, inner, outer = (np.array(point) for point in sail)
        for low, high in ((0.35, 0.5), (0.7, 0.85)):
            corners = (top + high * (inner - top), top + high * (outer - top), top + low * (outer - top),
                       top + low * (inner - top))  # fmt: skip
            colors.area([(float(a), float(b)) for a, b in corners], stripe)
        lines.line([*sail, sail[0], sail[1]], BLACK, 3)
    lines.line([(x, y - 128 * size), (x, y - 12 * size)], BLACK, 3.6)


def printed(colors: Block, lines: Block, generator: np.random.Generator) -> Image.Image:
    """Print the blocks on paper, with spots where the ink is thin."""
    sheet = Image.new("RGBA", colors.image.size, (*PAPER, 255))
    for block, thinnest in ((colors, 0.86), (lines, 0.94)):
        coarse = generator.random((HEIGHT // 2, WIDTH // 2)).astype(np.float32)
        spots = Image.fromarray(coarse).resize(sheet.size, Image.Resampling.BICUBIC)
        values = np.asarray(spots)
        ink = thinnest + (1 - thinnest) * np.clip((values - values.mean()) / values.std() + 1.2, 0, 1)
        layer = np.asarray(block.image).copy()
        layer[..., 3] = layer[..., 3] * ink
        sheet.alpha_composite(Image.fromarray(layer))
    return sheet.convert("RGB").resize(
        (sheet.width // OVERSAMPLING, sheet.height // OVERSAMPLING), Image.Resampling.LANCZOS
    )


def main(folder: tyro.conf.Positional[Path] = Path("examples"), factor: tyro.conf.Positional[int] = 1, /) -> None:
    """Draw and write the print.

    Args:
        folder: the folder for harbor-print.jpg.
        factor: multiplies the size of the picture, 768x600 pixels.

    Raises:
        InputError: if the factor is not positive.
    """
    if factor < 1:
        raise InputError(f"The factor must be 1, 2, 3 or more, not {factor}.")
    generator = np.random.default_rng(7)
    resolution = OVERSAMPLING * factor
    colors, lines = Block(resolution, MISREGISTRATION), Block(resolution)
    sky(colors, lines, generator)
    mountains(colors, lines, generator)
    sea(colors, generator)
    for x, y, size in ((170, 420, 0.8), (400, 396, 0.5), (650, 452, 1.05)):
        boat(colors, lines, x, y, size)
    picture = printed(colors, lines, generator)
    picture.save(folder / "harbor-print.jpg", quality=92, subsampling=0)


if __name__ == "__main__":
    sys.exit(run_script(lambda: tyro.cli(main)))
