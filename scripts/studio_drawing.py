"""Draw a photograph as a person might, for the pictures of the studio's experiment.

The strokes follow the large shapes of the photograph: a wash of watercolor, masses of acrylic where the photograph
differs from it, and pencil along the strongest edges. All colors are of the palette that the page offers.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_jax.images.resizing import resize

Array = NDArray[np.float32]
Indices = NDArray[np.int64]
Points = list[tuple[float, float]]
# Cells along the long side: of the wash, of the masses, and pixels for the pencil.
WASH, MASSES, LINES = 9, 30, 110
# A person exaggerates the colors of a photograph in the manner of a painting.
SATURATION = 2.2
# Weights of brightness and of the two chroma channels where a color of the palette is chosen.
WEIGHTS = np.asarray([1.0, 0.8, 0.8], np.float32)
LUMINANCE = np.asarray([0.299, 0.587, 0.114], np.float32)
MOST_MASSES, MOST_LINES = 170, 26


@dataclasses.dataclass(frozen=True)
class Stroke:
    """One stroke: its tool, its radius and points as parts of the long side and of both sides, and its color."""

    tool: str
    radius: float
    color: str
    points: Points


def plan_strokes(photo: Array, palette: list[str], seed: int = 0) -> list[Stroke]:
    """Return the strokes in the order in which they are drawn.

    Args:
        photo: [height, width, 3] RGB in [0, 1].
        palette: colors as #rrggbb.
        seed: of the unsteadiness of the hand.
    """
    random = np.random.default_rng(seed)
    colors = np.asarray([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for color in palette], np.float32)
    coarse, fine = _nearest(_cells(photo, WASH), photo, colors), _nearest(_cells(photo, MASSES), photo, colors)
    wash = [Stroke("watercolor", 0.66 / WASH, palette[color], points) for color, points in _wash(coarse, random)]
    # From dark to light, as one paints with opaque paint.
    found = sorted(_masses(photo, fine, coarse, random), key=lambda mass: float(colors[mass[0]] @ LUMINANCE))
    masses = [Stroke("acrylic", 0.55 / MASSES, palette[color], points) for color, points in found]
    darkest = palette[int(np.argmin(colors @ LUMINANCE))]
    return [*wash, *masses, *(Stroke("pencil", 0.0022, darkest, points) for points in _lines(photo, random))]


def draw(page: Any, photo: Array) -> None:
    """Draw a photograph on the easel of an experiment that has begun."""
    palette = [swatch.get_attribute("data-color") for swatch in page.locator(".swatch").all()]
    canvas = page.locator("canvas.paper-canvas")
    canvas.scroll_into_view_if_needed()
    side = canvas.evaluate("canvas => Math.max(canvas.width, canvas.height)")
    last = ""
    for stroke in plan_strokes(photo, palette):
        if stroke.tool != last:
            page.locator(f"input[name=tool][value={stroke.tool}]").evaluate("input => input.click()")
            place = 100 * np.log(stroke.radius * side) / np.log(128)
            page.evaluate(SET_RADIUS, float(max(place, 0)))
            last = stroke.tool
        page.evaluate("color => document.querySelector(`.swatch[data-color='${color}']`).click()", stroke.color)
        box = canvas.bounding_box()
        # A stroke that begins beside the paper draws nothing.
        inside = np.clip(stroke.points, 0.004, 0.996) * [box["width"], box["height"]] + [box["x"], box["y"]]
        places = [(float(x), float(y)) for x, y in inside]
        page.mouse.move(*places[0])
        page.mouse.down()
        for x, y in places[1:]:
            page.mouse.move(x, y)
        page.mouse.up()


# The slider of the radius is logarithmic, from 1 to 128 pixels of the paper.
SET_RADIUS = """place => { const slider = document.querySelector("#tool-radius");
  slider.value = place; slider.dispatchEvent(new Event("input", { bubbles: true })); }"""


def _cells(photo: Array, count: int) -> Array:
    height, width = photo.shape[:2]
    scale = count / max(height, width)
    return resize(photo, max(2, round(height * scale)), max(2, round(width * scale)))


def _opponent(rgb: Array, low: float, high: float) -> Array:
    """Return brightness, stretched from [low, high] to [0, 1], and two chroma channels."""
    light = rgb @ LUMINANCE
    return np.stack([(light - low) / (high - low), rgb[..., 0] - light, rgb[..., 2] - light], axis=-1)


def _nearest(cells: Array, photo: Array, colors: Array) -> Indices:
    """Return for each cell the color of the palette that is as bright, and near in hue."""
    low, high = np.percentile(photo @ LUMINANCE, [2, 98])
    shown = _opponent(cells, float(low), float(high)) * [1, SATURATION, SATURATION]
    light = colors @ LUMINANCE
    offered = _opponent(colors, float(light.min()), float(light.max()))
    return np.argmin(np.sum(((shown[..., None, :] - offered) * WEIGHTS) ** 2, axis=-1), axis=-1)


def _wash(cells: Indices, random: np.random.Generator) -> list[tuple[int, Points]]:
    """Return a broad, slightly waving stroke for each run of equal cells in a row."""
    rows, columns = cells.shape
    strokes = []
    for row in range(rows):
        begin = 0
        for column in range(1, columns + 1):
            if column < columns and cells[row, column] == cells[row, begin]:
                continue
            steps = np.linspace(begin + 0.25, column - 0.25, 4 + 5 * (column - begin))
            heights = row + 0.5 + 0.18 * np.sin(steps * 1.7 + random.uniform(0, 6)) + random.normal(0, 0.08)
            strokes.append(
                (int(cells[row, begin]), [(x / columns, y / rows) for x, y in zip(steps, heights, strict=True)])
            )
            begin = column
    return strokes


def _masses(photo: Array, fine: Indices, coarse: Indices, random: np.random.Generator) -> list[tuple[int, Points]]:
    """Return short strokes along the shapes, where the photograph differs most from the wash."""
    rows, columns = fine.shape
    light = _cells(photo, MASSES) @ LUMINANCE
    down, across = np.gradient(light)
    under = np.ix_(np.arange(rows) * coarse.shape[0] // rows, np.arange(columns) * coarse.shape[1] // columns)
    contrast = np.abs(light - resize(_cells(photo, WASH), rows, columns) @ LUMINANCE) + 0.2
    contrast *= fine != coarse[under]
    strokes = []
    for cell in np.argsort(-contrast, axis=None)[:MOST_MASSES]:
        row, column = divmod(int(cell), columns)
        if not contrast[row, column]:
            break
        angle = np.arctan2(across[row, column], -down[row, column]) + random.normal(0, 0.2)
        (x, y), length = random.normal((column + 0.5, row + 0.5), 0.12), random.uniform(0.6, 1.3)
        along = np.linspace(-length, length, 8)
        bend = 0.12 * (along**2 - 0.5)
        xs, ys = x + along * np.cos(angle) - bend * np.sin(angle), y + along * np.sin(angle) + bend * np.cos(angle)
        strokes.append((int(fine[row, column]), [(a / columns, b / rows) for a, b in zip(xs, ys, strict=True)]))
    return strokes


def _lines(photo: Array, random: np.random.Generator) -> list[Points]:
    """Return lines along the strongest edges, each begun away from the others."""
    light = _cells(photo, LINES) @ LUMINANCE
    light = (
        np.roll(light, 1, 0) + np.roll(light, -1, 0) + np.roll(light, 1, 1) + np.roll(light, -1, 1) + 2 * light
    ) / 6
    down, across = np.gradient(light)
    rows, columns = light.shape
    strength = np.hypot(down, across)
    strength[:2], strength[-2:], strength[:, :2], strength[:, -2:] = 0, 0, 0, 0
    lines = []
    for _ in range(MOST_LINES):
        row, column = np.unravel_index(np.argmax(strength), strength.shape)
        threshold = 0.3 * strength[row, column]
        halves = []
        for sign in (1, -1):
            y, x, points = float(row), float(column), []
            for _ in range(24):
                i, j = round(y), round(x)
                if not (0 < i < rows - 1 and 0 < j < columns - 1) or np.hypot(down[i, j], across[i, j]) < threshold:
                    break
                points.append((x, y))
                slope = np.hypot(down[i, j], across[i, j])
                y, x = y + sign * across[i, j] / slope, x - sign * down[i, j] / slope
            halves.append(points)
        line = [*halves[1][:0:-1], *halves[0]]
        for x, y in line or [(float(column), float(row))]:
            strength[max(0, round(y) - 3) : round(y) + 4, max(0, round(x) - 3) : round(x) + 4] = 0
        if len(line) >= 5:
            shake = random.normal(0, 0.25, (len(line), 2)).cumsum(0) * 0.15
            lines.append([((x + a) / columns, (y + b) / rows) for (x, y), (a, b) in zip(line, shake, strict=True)])
    return lines
