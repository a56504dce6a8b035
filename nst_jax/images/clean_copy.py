"""Copies of image files that hold nothing but the picture: without positions, dates and other metadata."""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.images.picture import Picture, Planes
from nst_jax.images.pillow_images import too_large
from nst_jax.images.reading import read, shape_of
from nst_jax.images.resizing import shrink
from nst_jax.images.sixteen_bit import write_png
from nst_jax.images.writing import encode_jpeg, srgb_profile

# Rows that are converted at a time, so that a large picture needs no second copy of double precision.
ROWS = 256
# Values nearer to those of 8 bits than this are taken for them: half of the least difference between 16-bit values.
HALF_STEP = 0.5 / 65535
# PNG files are compressed lightly: they are written while somebody waits.
COMPRESSION = 1


class Copied(NamedTuple):
    """A copy's size in pixels and bits per channel."""

    width: int
    height: int
    bits: int


def clean_copy(
    source: Path, target: Path, *, max_pixels: int, small: dict[Path, int] | None = None, name: str = "The picture"
) -> Copied:
    """Write a copy of an image file as PNG in sRGB, upright, without metadata.

    Pixels of 8 bits are copied exactly; those of more bits are written with 16.

    Args:
        source: an image file of any kind that `read` takes.
        target: the PNG file.
        max_pixels: a picture of more pixels is refused before it is decoded.
        small: JPEG files to write besides, with the most pixels of their long side.
        name: how messages call the picture.

    Raises:
        InputError: when the file is damaged, is no picture, or is too large.
    """
    _check_pixels(source, max_pixels, name)
    picture = read(source)
    planes = picture.rgb
    if picture.alpha is not None:
        planes = np.concatenate([picture.solid, picture.alpha[..., None]], axis=2)
    deep = _is_deep(planes, picture.alpha)
    buffer = io.BytesIO()
    if deep:
        write_png(buffer, _integers(planes, np.uint16), {}, srgb_profile(), None)
    else:
        image = Image.fromarray(_integers(planes, np.uint8))
        image.save(buffer, "PNG", compress_level=COMPRESSION)
    _write(target, buffer.getvalue())
    for path, side in (small or {}).items():
        _write_jpeg(picture, path, side)
    height, width = picture.rgb.shape[:2]
    return Copied(width, height, 16 if deep else 8)


def write_small_jpegs(source: Path, small: dict[Path, int]) -> tuple[int, int]:
    """Write an image file, on white, as JPEG files of smaller sizes.

    Args:
        source: the image file.
        small: the JPEG files, with the most pixels of their long side.

    Returns:
        Width and height of the image.
    """
    picture = read(source)
    for path, side in small.items():
        _write_jpeg(picture, path, side)
    height, width = picture.rgb.shape[:2]
    return width, height


def main_colors(source: Path, count: int) -> list[str]:
    """Return the colors that a picture can be painted with, from dark to light, as "#rrggbb".

    They are the centers of clusters of its pixels (k-means, started by median cut).

    Args:
        source: the image file.
        count: the number of colors; a picture of fewer colors gives fewer.
    """
    rgb = shrink(read(source).rgb, 256)
    image = Image.fromarray((rgb * 255 + 0.5).astype(np.uint8))
    clustered = image.quantize(count, Image.Quantize.MEDIANCUT, kmeans=count, dither=Image.Dither.NONE)
    values = clustered.getpalette("RGB") or []
    used = np.unique(np.asarray(clustered)).tolist()
    colors = {tuple(values[3 * index : 3 * index + 3]) for index in used}
    ordered = sorted(colors, key=lambda color: float(np.dot(color, (0.299, 0.587, 0.114))))
    return ["#" + "".join(f"{channel:02x}" for channel in color) for color in ordered]


def _check_pixels(source: Path, max_pixels: int, name: str) -> None:
    """Check the size that the header of a file says."""
    try:
        # `shape_of` also looks for the orientation, for which Pillow decodes some files.
        with Image.open(source) as image:
            width, height = image.size
    except UnidentifiedImageError:
        height, width = shape_of(source)
    except Image.DecompressionBombError:
        raise InputError(too_large(name)) from None
    except Exception:
        # `read` will say what is wrong.
        return
    if height * width > max_pixels:
        raise InputError(
            f"{name} has {width} x {height} pixels; at most {max_pixels // 1_000_000} million pixels can be used, so "
            "make it smaller first."
        )


def _is_deep(planes: Planes, alpha: Planes | None) -> bool:
    """Return whether a picture has values between those of 8 bits, as far as they can be seen."""
    for start in range(0, len(planes), ROWS):
        scaled = planes[start : start + ROWS] * np.float32(255)
        distance = np.abs(scaled - np.rint(scaled))
        if alpha is not None:
            # The colors of transparent pixels were computed by a division by their opacity, and are less precise.
            distance *= alpha[start : start + ROWS, :, None]
        if (distance > 255 * HALF_STEP).any():
            return True
    return False


def _integers(planes: Planes, dtype: type[np.unsignedinteger]) -> np.ndarray:
    result = np.empty(planes.shape, dtype)
    limit = np.iinfo(dtype).max
    for start in range(0, len(planes), ROWS):
        rows = np.clip(planes[start : start + ROWS].astype(np.float64), 0, 1)
        result[start : start + ROWS] = (rows * limit + 0.5).astype(dtype)
    return result


def _write_jpeg(picture: Picture, path: Path, side: int) -> None:
    _write(path, encode_jpeg(shrink(picture.rgb, side)))


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)
