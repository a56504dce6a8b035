"""Simulated drawings by hand: a picture repainted with a given number of strokes, from coarse to fine.

After Hertzmann 1998, "Painterly rendering with curved brush strokes of multiple sizes", with straight strokes: each is
placed where the canvas differs most from the picture, along the edges, with the color of the picture there, and ends
where the picture has another color. A hand is not exact, so that places, directions and colors are slightly wrong.
"""

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFilter

# Radius of the first stroke and of the stroke with the number FINEST, as parts of the short side of the picture; the
# radii between fall geometrically.
COARSE, FINE, FINEST = 0.13, 0.012, 400
# Places that are compared before each stroke.
CANDIDATES = 24
# Lengths of a stroke in radii, to be tried in this order, and the difference of the picture's color at its ends from
# its own, as a sum over the channels, up to which it may be so long.
LENGTHS, TOLERANCE = (8.0, 5.0, 3.0, 1.5, 0.5), 0.25
# Standard deviations of the errors of a hand: place in radii, direction in radians, color in [0, 1].
WRONG_PLACE, WRONG_DIRECTION, WRONG_COLOR = 0.35, 0.2, 0.04

Picture = Float[np.ndarray, "height width 3"]


def hand_drawing(picture: Picture, strokes: int, generator: np.random.Generator) -> Picture:
    """Repaint a picture on white paper.

    Args:
        picture: RGB in [0, 1].
        strokes: the number of strokes: a dozen is a scribble, some hundreds a careful painting.
        generator: source of the random choices.

    Returns:
        A picture of the same shape, float32 in [0, 1].
    """
    height, width = picture.shape[:2]
    short = min(height, width)
    image = Image.fromarray((np.asarray(picture) * 255 + 0.5).astype(np.uint8))
    canvas = Image.new("RGB", image.size, (250, 249, 245))
    draw = ImageDraw.Draw(canvas)
    radius, blurred, along = 0.0, np.zeros(0), np.zeros(0)
    for number in range(strokes):
        wanted = short * COARSE * (FINE / COARSE) ** min(1.0, number / FINEST)
        if not 0.8 < wanted / max(radius, 1e-6) <= 1:
            radius = wanted
            blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(radius / 2)), np.float32) / 255
            rows, columns = np.gradient(blurred.mean(-1))
            # The direction of least change.
            along = np.arctan2(columns, -rows)
        y, x = (generator.integers(extent, size=CANDIDATES) for extent in (height, width))
        painted = np.array([canvas.getpixel((int(c), int(r))) for r, c in zip(y, x, strict=True)]) / 255
        best = int(np.abs(painted - blurred[y, x]).sum(-1).argmax())
        place = np.array([x[best], y[best]]) + generator.normal(0, WRONG_PLACE * radius, 2)
        angle = along[y[best], x[best]] + generator.normal(0, WRONG_DIRECTION)
        color = blurred[y[best], x[best]]
        half = np.array([np.cos(angle), np.sin(angle)]) * radius / 2 * _length(blurred, place, angle, radius, color)
        color = np.clip(color + generator.normal(0, WRONG_COLOR, 3), 0, 1)
        fill = tuple(int(value) for value in color * 255 + 0.5)
        draw.line([tuple(place - half), tuple(place + half)], fill, max(1, round(2 * radius)))
        for end in (place - half, place + half):
            draw.ellipse([*(end - radius), *(end + radius)], fill)
    return np.asarray(canvas, np.float32) / 255


def _length(picture: Picture, place: np.ndarray, angle: float, radius: float, color: np.ndarray) -> float:
    """Return the first of LENGTHS, in radii, at whose ends the picture has the color of the stroke."""
    height, width = picture.shape[:2]
    direction = np.array([np.cos(angle), np.sin(angle)])
    for length in LENGTHS:
        ends = [place + sign * direction * radius * (length / 2 + 0.5) for sign in (-1, 1)]
        colors = [picture[int(np.clip(y, 0, height - 1)), int(np.clip(x, 0, width - 1))] for x, y in ends]
        if all(np.abs(each - color).sum() <= TOLERANCE for each in colors):
            return length
    return LENGTHS[-1]
