"""Generate the sample style images in examples/ by simulating brush strokes along a flow field.

Run it as `python scripts/paint_examples.py [FOLDER]`. The seeds are fixed, so the same images are generated each time.

A scene defines a color and a stroke direction for every pixel. Strokes are drawn in layers, from broad to fine. Each
stroke consists of bristles (parallel lines) of slightly different brightness, which are also drawn into a height map
of the paint. At the end, the image is shaded with that height map, lit from the top left.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from nst_jax.cli.program import run_script

WIDTH, HEIGHT = 768, 600
# The images are drawn larger by this factor and downsampled at the end, so that the bristles are antialiased.
OVERSAMPLING = 2

Field = np.ndarray


class Scene(NamedTuple):
    """A scene to paint; color, angle and detail are given at each pixel of the image."""

    color: Field  # (height, width, 3) in [0, 1]
    angle: Field  # direction of the strokes, (height, width) in radians
    detail: Field  # density of fine strokes, (height, width) in [0, 1]
    liveliness: float  # standard deviation of the random color differences between strokes


def grid() -> tuple[Field, Field]:
    """Return the coordinates of every pixel: x from 0 to WIDTH / HEIGHT and y from 0 to 1."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / HEIGHT
    return x, y


def palette(*codes: str) -> np.ndarray:
    """Convert hexadecimal color codes to an array of shape (colors, 3) in [0, 1]."""
    return np.array([[int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)] for code in codes])


def pick(colors: np.ndarray, where: Field) -> Field:
    """Interpolate linearly along a color ramp: `where` is 0 for the first color and 1 for the last."""
    position = np.clip(where, 0, 1) * (len(colors) - 1)
    low = np.minimum(position.astype(int), len(colors) - 2)
    part = (position - low)[..., None]
    return colors[low] * (1 - part) + colors[low + 1] * part


def smooth_noise(generator: np.random.Generator, scale: float) -> Field:
    """Generate smooth noise in [0, 1] whose spots have a size of about `scale` times the image height."""
    coarse = generator.random((max(2, round(1 / scale)) + 3, max(2, round(WIDTH / HEIGHT / scale)) + 3))
    image = Image.fromarray(coarse.astype(np.float32)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    values = np.asarray(image)
    return (values - values.min()) / (values.max() - values.min())


def night_swirls(generator: np.random.Generator) -> Scene:
    """Create the scene of a night sky with whirls and stars above hills and a cypress."""
    x, y = grid()
    # Strokes follow the level lines of a stream function: wavy bands with whirls in them.
    stream = 1.1 * y + 0.05 * np.sin(5 * x + 3 * y) + 0.03 * np.sin(11 * x - 4 * y)
    whirls = [(0.62, 0.33, 0.17, 0.55), (0.86, 0.43, 0.10, -0.32), (0.36, 0.20, 0.09, 0.22), (1.16, 0.16, 0.13, 0.30)]
    for cx, cy, radius, strength in whirls:
        stream += strength * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / radius**2)
    blues = palette("0b1a4a", "12307a", "1f55a8", "3f86c6", "8fc1d8", "d7e3c8")
    bands = 0.5 + 0.5 * np.sin(34 * stream + 2 * smooth_noise(generator, 0.2))
    color = pick(blues, 0.12 + 0.62 * bands * (0.55 + 0.45 * smooth_noise(generator, 0.3)))
    detail = 0.35 * bands

    lights = palette("fff3b0", "ffd34d", "f2a32c", "9fb98a", "2c63ad")
    stars = [(0.13, 0.12, 0.06), (0.30, 0.42, 0.045), (0.47, 0.08, 0.05), (0.80, 0.10, 0.055), (0.98, 0.33, 0.045),
             (0.55, 0.52, 0.035), (0.22, 0.26, 0.035), (1.16, 0.16, 0.115)]  # fmt: skip
    for cx, cy, radius in stars:
        distance = np.hypot(x - cx, y - cy) / radius
        ring = 0.12 * np.sin(9 * distance)
        glow = np.clip(1.25 - distance, 0, 1)[..., None] ** 0.6
        color = color * (1 - glow) + pick(lights, distance * 0.8 + ring) * glow
        stream += 0.5 * radius * np.exp(-(distance**2))
        detail = np.maximum(detail, np.clip(1.4 - distance, 0, 1))

    ridge = 0.73 - 0.09 * np.sin(2.6 * x + 0.6) - 0.035 * np.sin(7 * x)
    for offset, shades in (
        (0.0, ("0d2340", "1b4a6b", "3e7d86", "7fae8c")),
        (0.1, ("07182c", "16384a", "2f6152", "86a055")),
    ):
        below = y > ridge + offset
        depth = y - ridge - offset
        rows = 0.5 + 0.5 * np.sin(60 * depth + 6 * np.sin(3 * x + 20 * offset))
        color = np.where(
            below[..., None], pick(palette(*shades), 0.15 + 0.8 * rows * smooth_noise(generator, 0.12)), color
        )
        stream = np.where(below, 1.4 * depth + 0.05 * np.sin(9 * x + 30 * offset), stream)
        detail = np.where(below, 0.5, detail)

    # A flame-shaped cypress with vertical strokes.
    centre = 0.17 + 0.02 * np.sin(9 * y)
    half = 0.085 * np.clip((y - 0.28) / 0.5, 0, 1) ** 0.8 + 0.012 * np.sin(40 * y) * (y > 0.3)
    tree = np.abs(x - centre) < half
    flames = 0.5 + 0.5 * np.sin(70 * (x - centre) + 9 * np.sin(10 * y))
    color = np.where(tree[..., None], pick(palette("06140f", "10301f", "2b4a22", "6d6a2c"), flames * 0.9), color)
    down, right = np.gradient(stream)
    angle = np.arctan2(-right, down)
    angle = np.where(tree, np.pi / 2 + 0.5 * np.sin(10 * y + 20 * x), angle)
    return Scene(color, angle, np.where(tree, 0.6, detail), liveliness=0.075)


def poppy_field(generator: np.random.Generator) -> Scene:
    """Create the scene of a poppy field in the evening, in warm colors."""
    x, y = grid()
    horizon = 0.36 + 0.025 * np.sin(3 * x + 1)
    sky = pick(palette("e9a25b", "f5cf8a", "f3e3bb", "a9c9b8", "6fa3ad"), 1.15 * (horizon - y) / horizon)
    clouds = smooth_noise(generator, 0.16)[..., None] > 0.62
    sky = np.where(clouds, pick(palette("f7d9c0", "fff1d6", "e8b39a"), smooth_noise(generator, 0.06)), sky)
    angle = 0.25 * np.sin(4 * x + 7 * y) + 0.9 * (smooth_noise(generator, 0.25) - 0.5)

    depth = np.clip((y - horizon) / (1 - horizon), 0, 1)
    greens = pick(
        palette("35421c", "5f6b24", "8e8b35", "c7a64a"), smooth_noise(generator, 0.05) * 0.9 + 0.2 * (1 - depth)
    )
    # Perspective: distant poppies are smaller and closer together.
    far, near = smooth_noise(generator, 0.018), smooth_noise(generator, 0.05)
    flowers = np.where(depth < 0.35, far, near) > 0.58 - 0.06 * np.sin(8 * x + 5 * depth)
    reds = pick(palette("7d1416", "b8231c", "de4a22", "f2803c", "f6b25a"), smooth_noise(generator, 0.03))
    field = np.where(flowers[..., None], reds, greens)
    ground = y > horizon
    color = np.where(ground[..., None], field, sky)
    stalks = np.pi / 2 + 0.5 * np.sin(6 * x) + 1.2 * (smooth_noise(generator, 0.1) - 0.5)
    angle = np.where(ground, stalks * depth + (1 - depth) * 0.1, angle)
    detail = np.where(ground, 0.35 + 0.3 * (1 - depth), 0.15)

    for cx, cy, radius in (
        (0.16, 0.31, 0.10),
        (0.30, 0.335, 0.06),
        (0.98, 0.29, 0.13),
        (1.14, 0.33, 0.09),
        (0.62, 0.345, 0.045),
    ):
        distance = np.hypot((x - cx) / 1.1, y - cy) / radius + 0.35 * (smooth_noise(generator, 0.04) - 0.5)
        crown = distance < 1
        light = 0.5 + 0.5 * ((cx - x) + (cy - y)) / radius
        leaves = pick(
            palette("1f2a2c", "2f4a3c", "5d6b33", "b58a3a"), light * 0.7 + 0.3 * smooth_noise(generator, 0.02)
        )
        color = np.where(crown[..., None], leaves, color)
        angle = np.where(crown, np.arctan2(y - cy, x - cx) + np.pi / 2, angle)
        detail = np.where(crown, 0.55, detail)
    return Scene(color, angle, detail, liveliness=0.1)


def paint(scene: Scene, generator: np.random.Generator, layers: tuple[tuple[float, float, float], ...]) -> Image.Image:
    """Draw the strokes of a scene over a uniform background of its darkened mean color.

    Args:
        scene: the scene to paint.
        generator: source of all random choices.
        layers: (width, length, cover) of each layer, from broad to fine: width and length of its strokes in pixels, and
            how many times the strokes would cover the image if none were skipped.
    """
    size = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING)
    ground = tuple(int(255 * value) for value in 0.55 * scene.color.mean((0, 1)))
    canvas, relief = Image.new("RGB", size, ground), Image.new("L", size, 110)
    draw, carve = ImageDraw.Draw(canvas), ImageDraw.Draw(relief)
    for index, (width, length, cover) in enumerate(layers):
        count = int(cover * WIDTH * HEIGHT / (width * length))
        starts = generator.random((count, 2)) * (WIDTH, HEIGHT)
        for x, y in starts:
            row, column = int(y), int(x)
            if index and generator.random() > scene.detail[row, column] ** (0.5 * index):
                continue
            color = scene.color[row, column] + generator.normal(0, scene.liveliness, 3) * (0.6, 0.5, 0.7)
            color = color + generator.normal(0, scene.liveliness)
            path = _trace(scene.angle, x, y, length * generator.uniform(0.6, 1.3))
            _stroke(draw, carve, path, width * generator.uniform(0.7, 1.2), color, generator)
    return _lit(canvas, relief)


def _trace(angle: Field, x: float, y: float, length: float) -> np.ndarray:
    """Trace a path through (x, y) along the direction field, in both directions, with points four pixels apart."""
    halves = []
    for sign in (-1, 1):
        px, py, points = x, y, []
        for _ in range(max(1, int(length / 8))):
            direction = angle[int(np.clip(py, 0, HEIGHT - 1)), int(np.clip(px, 0, WIDTH - 1))]
            px, py = px + 4 * sign * np.cos(direction), py + 4 * sign * np.sin(direction)
            points.append((px, py))
        halves.append(points)
    return np.array([*halves[0][::-1], (x, y), *halves[1]])


def _stroke(
    draw: ImageDraw.ImageDraw,
    carve: ImageDraw.ImageDraw,
    path: np.ndarray,
    width: float,
    color: np.ndarray,
    generator: np.random.Generator,
) -> None:
    """Draw one stroke into the image (`draw`) and into the height map (`carve`)."""
    tangent = np.gradient(path, axis=0)
    normal = np.stack((-tangent[:, 1], tangent[:, 0]), 1) / (np.hypot(*tangent.T)[:, None] + 1e-9)
    bristles = max(3, round(width / 1.3))
    thickness = max(2, round(1.9 * OVERSAMPLING))
    # A stroke is narrower at its ends, where a brush is pressed less.
    taper = np.sqrt(np.sin(np.linspace(0.25, np.pi - 0.15, len(path))))[:, None]
    for bristle in generator.permutation(bristles):
        offset = (bristle / (bristles - 1) - 0.5) * width
        first, last = generator.integers(0, 1 + len(path) // 6), len(path) - generator.integers(0, 1 + len(path) // 4)
        line = (path + normal * offset * taper)[first:last] * OVERSAMPLING
        if len(line) < 2:
            continue
        tone = color + generator.normal(0, 0.035)
        points = [tuple(point) for point in line]
        draw.line(points, tuple(int(255 * value) for value in np.clip(tone, 0, 1)), thickness, joint="curve")
        edge = 1 - abs(2 * bristle / (bristles - 1) - 1)
        carve.line(points, int(np.clip(105 + 70 * edge + generator.normal(0, 30), 0, 255)), thickness)


def _lit(canvas: Image.Image, relief: Image.Image) -> Image.Image:
    """Shade the image with its height map, lit from the top left, and resize it to the final size."""
    height = np.asarray(relief.filter(ImageFilter.GaussianBlur(1.2)), np.float32) / 255
    down, right = np.gradient(height)
    light = np.clip(1 + 1.5 * (down + right), 0.72, 1.35)[..., None]
    lit = np.clip(np.asarray(canvas, np.float32) * light, 0, 255).astype(np.uint8)
    return Image.fromarray(lit).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


PICTURES: dict[str, tuple[Callable[[np.random.Generator], Scene], tuple[tuple[float, float, float], ...]]] = {
    "night-swirls": (night_swirls, ((17, 90, 4.0), (10, 60, 3.5), (6, 34, 3.0))),
    "poppy-field": (poppy_field, ((22, 48, 4.0), (14, 30, 3.0), (8, 17, 2.5))),
}


def main() -> None:
    """Generate all images in the folder given on the command line, by default examples/."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "examples")
    for seed, (name, (scene, layers)) in enumerate(PICTURES.items()):
        generator = np.random.default_rng(seed)
        picture = paint(scene(generator), generator, layers)
        picture.save(folder / f"{name}.jpg", quality=92, subsampling="4:4:4")
        print(folder / f"{name}.jpg")


if __name__ == "__main__":
    sys.exit(run_script(main, configure=False))
