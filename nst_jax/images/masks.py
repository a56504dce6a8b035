"""Masks: images that say which part of the content takes its style from which part of which style image.

Black belongs to no region, and the content stays unchanged there. A mask of many gray levels is one region with soft
edges; in a mask of a few flat colors or grays, each of them is a region.
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

# A mask with more flat colors than this is probably no mask but a photograph.
MAX_REGIONS = 8
# A color that covers a smaller fraction of the mask is no region: it comes from smooth edges or JPEG compression.
LEAST_PART = 0.002
# Colors whose sum of red, green and blue, each 0 to 255, is below this count as black.
BLACK = 24
WHITE: Color = (255, 255, 255)
# Weights of red, green and blue: to encode a color as one integer, and for its brightness.
_COLOR_CODE = np.array([65536, 256, 1])
_BRIGHTNESS = (0.299, 0.587, 0.114)


@dataclasses.dataclass(frozen=True)
class Regions:
    """The regions of the content and of all styles.

    Attributes:
        content: how much each pixel belongs to each region, (regions, height, width) in [0, 1], of any size.
        styles: for each style image, how much each of its pixels belongs to each region, (regions, height, width).
            Region i of the content takes its style from region i of the style images.
        shares: the weight of each style in each region, (regions, styles); None if all regions use the same mixture.
        pictures: the mask images, the content's first, for the provenance.
    """

    content: Planes
    styles: tuple[Planes, ...]
    shares: Float[np.ndarray, "regions styles"] | None
    pictures: tuple[Picture, ...]

    @property
    def coverage(self) -> Plane:
        """How much each pixel is stylized, (height, width): 1 within the regions, 0 outside of all of them."""
        return np.clip(self.content.sum(0), 0, 1)


def regions(
    content: Picture,
    styles: Sequence[Picture],
    content_mask: Picture | None,
    style_masks: Sequence[Picture],
    recipe: Recipe,
) -> Regions | None:
    """Determine the regions of the content and of the styles from their masks.

    With one style, or a mixture of several, regions that have the same color in the content mask and in a style mask
    correspond; without style masks, each region uses the whole style. If both masks have a single region, these
    correspond whatever their colors.
    With several styles that are not mixed, the regions of the content, from the darkest to the brightest, use one style
    each, in the order of the styles; everything in a style's mask that is not black is the source for its region.

    Args:
        content: the content image.
        styles: the style images, already cropped by `recipe.style_crop`.
        content_mask: the mask of the content; None for a single region that covers everything.
        style_masks: empty, or one mask for each style, not yet cropped.
        recipe: whether styles are mixed, and the crop that is applied to the style masks.

    Returns:
        The regions; None without any mask.

    Raises:
        InputError: when the numbers, shapes or colors of masks, styles and regions do not match.
    """
    if content_mask is None and not style_masks:
        return None
    if style_masks and len(style_masks) != len(styles):
        raise InputError(f"There are {len(styles)} styles but {len(style_masks)} style masks; give one for each style.")
    _check_shape(content_mask, content)
    box = recipe.style_box
    cropped = [crop(mask, box) for mask in style_masks] if box else list(style_masks)
    for mask, style in zip(cropped, styles, strict=False):
        _check_shape(mask, style)
    whole = np.ones((1, 1), np.float32)
    of_content = extract_regions(content_mask) if content_mask else {WHITE: whole}
    of_styles = [extract_regions(mask) for mask in cropped] or [dict.fromkeys(of_content, whole)] * len(styles)
    shares = None
    if len(styles) == 1 or recipe.blends:
        style_planes = [_matching_planes(of_content, each) for each in of_styles]
    elif len(of_content) == len(styles):
        # Each style belongs to a single region of the content, so all regions of its mask are merged.
        style_planes = [[np.clip(sum(each.values()), 0, 1)] * len(of_content) for each in of_styles]
        shares = np.eye(len(styles), dtype=np.float32)
    else:
        raise InputError(
            f"The content mask has {len(of_content)} regions besides black, but there are {len(styles)} styles; "
            "give one style for each region."
        )
    masks = tuple(mask for mask in (content_mask, *style_masks) if mask is not None)
    return Regions(np.stack([*of_content.values()]), tuple(map(np.stack, style_planes)), shares, masks)


def extract_regions(mask: Picture) -> dict[Color, Plane]:
    """Find the regions of a mask.

    Returns:
        For each region's color (8-bit RGB), from the darkest to the brightest, how much each pixel belongs to the
        region: (height, width) float32 in [0, 1]. A mask of many gray levels is the single region WHITE.

    Raises:
        InputError: when the mask has no region, or more than MAX_REGIONS flat colors.
    """
    values = np.round(mask.rgb * 255).astype(np.int32)
    codes, where, counts = np.unique(values @ _COLOR_CODE, return_inverse=True, return_counts=True)
    colors = codes[:, None] // _COLOR_CODE % 256
    is_flat = counts >= LEAST_PART * counts.sum()
    if len(codes) > MAX_REGIONS + 1 and (np.ptp(colors, axis=1) <= 2).all():
        return {WHITE: np.ascontiguousarray(mask.rgb.mean(2))}
    flat = colors[is_flat]
    if counts[is_flat].sum() < counts.sum() / 2 or len(flat) > MAX_REGIONS + 1:
        raise InputError(
            f"The mask {mask.name} has more than {MAX_REGIONS} colors; give it one flat color for each region, "
            "or make it gray."
        )
    # Pixels of other colors, as at smooth edges, are assigned to the nearest flat color.
    nearest = ((colors[:, None] - flat) ** 2).sum(-1).argmin(-1)[where].reshape(values.shape[:2])
    planes = {
        (int(color[0]), int(color[1]), int(color[2])): (nearest == index).astype(np.float32)
        for index, color in enumerate(flat)
        if color.sum() >= BLACK
    }
    if not planes:
        raise InputError(
            f"The mask {mask.name} is black all over (its brightest value is {values.max()} of 255); make the parts to "
            "stylize white."
        )
    return dict(sorted(planes.items(), key=lambda item: float(np.dot(item[0], _BRIGHTNESS))))


def resize_regions(planes: Planes, height: int, width: int) -> Planes:
    """Resize regions to (regions, height, width); those of one pixel, which stand for a whole image, are broadcast."""
    if planes.shape[1:] == (1, 1):
        return np.broadcast_to(planes, (len(planes), height, width)).copy()
    return np.stack([resize(plane, height, width) for plane in planes])


def composite(painted: RGB, content: RGB, coverage: Plane) -> RGB:
    """Blend the stylized image and the content by coverage: `painted` where it is 1, `content` where it is 0.

    Args:
        painted: the stylized image, (height, width, 3) in [0, 1].
        content: the content image, of the same shape.
        coverage: how much each pixel is stylized, (height, width) in [0, 1].
    """
    return np.clip(content + coverage[..., None] * (painted - content), 0, 1)


def _matching_planes(of_content: dict[Color, Plane], of_style: dict[Color, Plane]) -> list[Plane]:
    """Return the region of the style that corresponds to each region of the content."""
    if len(of_content) == len(of_style) == 1:
        return list(of_style.values())
    for color in of_content:
        if color not in of_style:
            raise InputError(
                f"The style mask has no region of the content mask's color {_words(color)}; give both masks the same "
                "colors."
            )
    return [of_style[color] for color in of_content]


def _words(color: Color) -> str:
    """Describe a color, with the label that `mask_reading` shows as a dark blue."""
    label = color[2] - BLACK
    return f"{color}, the label {label}" if color[:2] == (0, 0) and 0 < label < BLACK // 3 else str(color)


def _check_shape(mask: Picture | None, picture: Picture) -> None:
    if mask is None:
        return
    (height, width), (tall, wide) = mask.rgb.shape[:2], picture.rgb.shape[:2]
    if abs(height / width * wide / tall - 1) > 0.02:
        raise InputError(
            f"The mask {mask.name} has {width}x{height} pixels, but its picture {picture.name} {wide}x{tall}; "
            "give a mask of the picture's shape."
        )
