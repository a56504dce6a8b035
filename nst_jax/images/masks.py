"""Masks from pictures: which part of the content takes its style from which part of which style.

In all masks black is no region: there the photograph stays. A gray mask with soft edges is one region; a mask with a
few flat colors or grays has a region for each.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nst_jax.errors import InputError
from nst_jax.images.picture import RGB, Picture
from nst_jax.images.resizing import crop, resize
from nst_jax.recipes.recipe import Recipe

Plane = Float[np.ndarray, "_ _"]
Planes = Float[np.ndarray, "regions _ _"]
Color = tuple[int, int, int]

# More flat colors are a picture, not a map of regions.
MAX_REGIONS = 8
# The least part of a mask that a color covers to be one of its own; others are edges or the traces of JPEG.
LEAST_PART = 0.002
# Sums of red, green and blue, each 0 to 255, from which on a color is not taken for black.
BLACK = 24
WHITE: Color = (255, 255, 255)
# Of a color, as one number, and of how bright it looks.
_CODE = np.array([65536, 256, 1])
_BRIGHTNESS = (0.299, 0.587, 0.114)


@dataclasses.dataclass(frozen=True)
class Regions:
    """Regions as they are used in a painting.

    Attributes:
        content: (regions, height, width) in [0, 1], of any size.
        styles: the same for each style.
        shares: (regions, styles): the part of each style in each region; None where all regions take the same mixture.
        pictures: the masks that they are from, the content's first, for the record.
    """

    content: Planes
    styles: tuple[Planes, ...]
    shares: Float[np.ndarray, "regions styles"] | None
    pictures: tuple[Picture, ...]

    @property
    def coverage(self) -> Plane:
        """What is to be painted at all: 1 where it is, 0 in no region."""
        return np.clip(self.content.sum(0), 0, 1)


def regions(
    content: Picture,
    styles: Sequence[Picture],
    content_mask: Picture | None,
    style_masks: Sequence[Picture],
    recipe: Recipe,
) -> Regions | None:
    """The regions that masks stand for; None without masks.

    One style, or a mixture of several: regions of the same color in the masks go together, or, without style masks,
    all take the whole style. If both masks have one region, these go together whatever their colors.
    Several styles that are not mixed: the regions of the content, from the darkest to the brightest, take one style
    each, in their order; a style's mask is where it is taken from.

    Args:
        content: the content picture.
        styles: the style pictures, as they are used.
        content_mask: None for a single region that is everything.
        style_masks: none, or one for each style.
        recipe: whether styles are mixed, and which part of them is taken, and so of their masks.

    Raises:
        InputError: where masks, styles and regions do not go together.
    """
    if content_mask is None and not style_masks:
        return None
    if style_masks and len(style_masks) != len(styles):
        raise InputError(f"There are {len(styles)} styles but {len(style_masks)} style masks; give one for each style.")
    _check_shape(content_mask, content)
    box = recipe.style_box
    parts = [crop(mask, box) for mask in style_masks] if box else list(style_masks)
    for mask, style in zip(parts, styles, strict=False):
        _check_shape(mask, style)
    whole = np.ones((1, 1), np.float32)
    own = extract_regions(content_mask) if content_mask else {WHITE: whole}
    theirs = [extract_regions(mask) for mask in parts] or [dict.fromkeys(own, whole)] * len(styles)
    shares = None
    if len(styles) == 1 or recipe.blends:
        of_styles = [_matched(own, each) for each in theirs]
    elif len(own) == len(styles):
        # Of a style's own mask, all that is not black is for its one region.
        of_styles = [[np.clip(sum(each.values()), 0, 1)] * len(own) for each in theirs]
        shares = np.eye(len(styles), dtype=np.float32)
    else:
        raise InputError(
            f"The content mask has {len(own)} regions besides black, but there are {len(styles)} styles; "
            "give one style for each region."
        )
    kept = tuple(mask for mask in (content_mask, *style_masks) if mask is not None)
    return Regions(np.stack([*own.values()]), tuple(map(np.stack, of_styles)), shares, kept)


def extract_regions(mask: Picture) -> dict[Color, Plane]:
    """The regions of a mask, from the darkest to the brightest: how much each pixel belongs to each, in [0, 1].

    Raises:
        InputError: when there are none, or too many.
    """
    values = np.round(mask.rgb * 255).astype(np.int32)
    codes, where, counts = np.unique(values @ _CODE, return_inverse=True, return_counts=True)
    colors = codes[:, None] // _CODE % 256
    is_flat = counts >= LEAST_PART * counts.sum()
    if len(codes) > MAX_REGIONS + 1 and (np.ptp(colors, axis=1) <= 2).all():
        return {WHITE: np.ascontiguousarray(mask.rgb.mean(2))}
    flat = colors[is_flat]
    if counts[is_flat].sum() < counts.sum() / 2 or len(flat) > MAX_REGIONS + 1:
        raise InputError(
            f"The mask {mask.name} has more than {MAX_REGIONS} colors; give it one flat color for each region, "
            "or make it gray."
        )
    # What is between two colors, as at smooth edges, goes to the nearer.
    nearest = ((colors[:, None] - flat) ** 2).sum(-1).argmin(-1)[where].reshape(values.shape[:2])
    found = {
        (int(color[0]), int(color[1]), int(color[2])): (nearest == index).astype(np.float32)
        for index, color in enumerate(flat)
        if color.sum() >= BLACK
    }
    if not found:
        raise InputError(f"The mask {mask.name} is black all over; paint what is to be styled white.")
    return dict(sorted(found.items(), key=lambda item: float(np.dot(item[0], _BRIGHTNESS))))


def resize_regions(planes: Planes, height: int, width: int) -> Planes:
    """The regions at another size."""
    if planes.shape[1:] == (1, 1):
        return np.broadcast_to(planes, (len(planes), height, width)).copy()
    return np.stack([resize(plane, height, width) for plane in planes])


def composite(painted: RGB, content: RGB, coverage: Plane) -> RGB:
    """The painting where there are regions, and the content where there are none."""
    return np.clip(content + coverage[..., None] * (painted - content), 0, 1)


def _matched(own: dict[Color, Plane], theirs: dict[Color, Plane]) -> list[Plane]:
    """The style's part for each region of the content."""
    if len(own) == len(theirs) == 1:
        return list(theirs.values())
    for color in own:
        if color not in theirs:
            raise InputError(
                f"The style mask has no region of the content mask's color {color}; give both masks the same colors."
            )
    return [theirs[color] for color in own]


def _check_shape(mask: Picture | None, picture: Picture) -> None:
    if mask is None:
        return
    (height, width), (tall, wide) = mask.rgb.shape[:2], picture.rgb.shape[:2]
    if abs(height / width * wide / tall - 1) > 0.02:
        raise InputError(
            f"The mask {mask.name} has {width}x{height} pixels, but its picture {picture.name} {wide}x{tall}; "
            "give a mask of the picture's shape."
        )
