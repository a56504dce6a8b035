"""Style pictures for the training of the fast network: paintings, varied so that few hundreds stand for many.

A network trained on the paintings as they are would learn them by heart. So their palettes are exchanged, their scale
and direction changed, and some styles are drawn at random (`drawn`) or are photographs.
"""

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw

from nst_jax.images.color_statistics import color_statistics, transport_colors
from nst_jax.images.resizing import resize

# Side of a style picture in pixels.
SIDE = 384
# Shares of the pictures with another palette, drawn at random, made of photographs, or with inverted colors.
RECOLORED, DRAWN, PHOTOGRAPHS, INVERTED = 0.5, 0.12, 0.08, 0.03

Picture = Float[np.ndarray, "height width 3"]


def style_picture(
    paintings: list[np.ndarray], photographs: list[np.ndarray], generator: np.random.Generator
) -> Float[np.ndarray, "side side 3"]:
    """Make one style picture, SIDE pixels on each side, float32 in [0, 1].

    Args:
        paintings: uint8 pictures (height, width, 3).
        photographs: likewise.
        generator: source of the random choices.
    """
    kind = generator.random()
    if kind < DRAWN:
        picture = drawn(_any(paintings, generator), generator)
    else:
        picture = _part(_any(photographs if kind < DRAWN + PHOTOGRAPHS else paintings, generator), generator)
        picture = np.rot90(picture, int(generator.integers(4))) if generator.random() < 0.5 else picture
    if generator.random() < 0.5:
        picture = picture[:, ::-1]
    if generator.random() < RECOLORED:
        source = _any(paintings if generator.random() < 0.7 else photographs, generator)
        palette = color_statistics(source[::4, ::4].astype(np.float32) / 255)
        picture = np.clip(transport_colors(picture, color_statistics(picture), palette), 0, 1)
    if generator.random() < INVERTED:
        picture = 1 - picture
    return np.ascontiguousarray(picture, np.float32)


def _any(pictures: list[np.ndarray], generator: np.random.Generator) -> np.ndarray:
    return pictures[generator.integers(len(pictures))]


def _part(picture: np.ndarray, generator: np.random.Generator) -> Picture:
    """Cut a square of 0.45 to 1 times the short side, and resize it to SIDE."""
    short = min(picture.shape[:2])
    length = max(round(short * generator.uniform(0.45, 1)), min(short, SIDE // 2))
    top, left = (int(generator.integers(extent - length + 1)) for extent in picture.shape[:2])
    return resize(picture[top : top + length, left : left + length].astype(np.float32) / 255, SIDE, SIDE)


def drawn(source: np.ndarray, generator: np.random.Generator) -> Picture:
    """Draw strokes, blots, hatching or tiles at random in the colors of a picture.

    Args:
        source: uint8, (height, width, 3), whose colors are used.
        generator: source of the random choices.
    """
    colors = source.reshape(-1, 3)
    canvas = Image.new("RGB", (SIDE, SIDE), tuple(int(v) for v in colors[generator.integers(len(colors))]))
    draw = ImageDraw.Draw(canvas)
    size, slender = generator.uniform(4, 60), generator.uniform(0.08, 1)
    swirl, turn, spread = generator.uniform(0, 0.03), generator.uniform(0, np.pi), generator.choice([0.1, 0.5, 3])
    shape = generator.choice(["stroke", "ellipse", "polygon", "line"])
    palette = colors[generator.integers(len(colors), size=int(generator.choice([3, 8, 40, 400])))]
    for _ in range(int(min(6000, 4 * SIDE**2 / (size**2 * slender)))):
        x, y = generator.uniform(-20, SIDE + 20, 2)
        bend = np.sin(swirl * x) + np.cos(swirl * y * 1.3) * (swirl > 0.01)
        angle = turn + 3 * bend + generator.normal() * spread
        length = size * generator.uniform(0.5, 1.5)
        along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        across = np.array([-along[1], along[0]]) * slender
        color = tuple(int(v) for v in palette[generator.integers(len(palette))])
        center = np.array([x, y])
        if shape == "line":
            draw.line([tuple(center - along), tuple(center + along)], color, max(1, int(2 * slender * 3)))
            continue
        steps = np.linspace(0, 2 * np.pi, {"stroke": 4, "polygon": 3 + int(size) % 4, "ellipse": 14}[shape] + 1)[:-1]
        steps = steps + (np.pi / 4 if shape == "stroke" else generator.uniform(0, 6))
        draw.polygon([tuple(center + np.cos(t) * along + np.sin(t) * across) for t in steps], color)
    return np.asarray(canvas, np.float32) / 255
