"""TIFF files of kinds that Pillow refuses or reads wrongly, by tifffile: floats, separate planes, deep gray and others.

Pillow stays the reader of what it reads rightly. The rules in `pillow_reads_rightly` were found by writing all
combinations of depth, planes, photometric interpretation, byte order, compression, tiles and predictor, which
tests/images/test_tiff.py repeats.
"""

import contextlib
import dataclasses
import logging
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFile

from nst_jax.errors import InputError
from nst_jax.images.kinds import INSTALL, Stream
from nst_jax.images.picture import Picture
from nst_jax.images.pillow_images import (
    beyond_range,
    check_size,
    gray_through_profile,
    picture_of_pillow,
    plausible_dpi,
    rgb_through_profile,
)

if TYPE_CHECKING:
    import tifffile

# Tags and their values (TIFF 6.0; DNG 1.7).
SUBFILE_TYPE, WIDTH, HEIGHT, BITS, PHOTOMETRIC, ORIENTATION, SAMPLES, PLANES = 254, 256, 257, 258, 262, 274, 277, 284
RESOLUTION, RESOLUTION_UNIT, EXTRA_SAMPLES, SAMPLE_FORMAT, PROFILE = 282, 296, 338, 339, 34675
REDUCED, SEPARATE, CENTIMETER, UNSIGNED, FLOAT, ASSOCIATED, UNASSOCIATED = 1, 2, 3, 1, 3, 1, 2
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, LAB = 0, 1, 2, 3, 5, 8
# The number of samples for the colors of a pixel; further samples are opacity or something else.
COLORS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, LAB: 3}


def check_is_full_size(image: Image.Image, label: str) -> None:
    """Refuse a TIFF file whose first image is a preview of another, as in raw files of cameras (NEF, DNG, CR2).

    Raises:
        InputError: when it is.
    """
    if _tag(image, SUBFILE_TYPE, 0) & REDUCED:
        raise InputError(_preview(label))


def stored_shape(image: Image.Image) -> tuple[int, int]:
    """Return the height and width of a TIFF file before its orientation, for which some releases of Pillow allow."""
    return _tag(image, HEIGHT, image.height), _tag(image, WIDTH, image.width)


def pillow_reads_rightly(image: ImageFile.ImageFile) -> bool:
    """Tell whether the pixels of a TIFF file are read rightly by Pillow.

    Args:
        image: the image, opened by Pillow but not loaded.
    """
    formats = {*np.atleast_1d(_tag(image, SAMPLE_FORMAT, UNSIGNED)).tolist()}
    depths = {*np.atleast_1d(_tag(image, BITS, 1)).tolist()}
    depth = max(depths)
    photometric, samples = _tag(image, PHOTOMETRIC, BLACK_IS_ZERO), _tag(image, SAMPLES, 1)
    # libtiff, which Pillow uses for compressed data, returns them in the byte order of the machine.
    is_compressed = image.tile[0][0] == "libtiff"
    little_endian = image.tag_v2.prefix == b"II"  # type: ignore[attr-defined]
    if photometric == WHITE_IS_ZERO and depth > 8:
        return False
    if formats == {FLOAT}:
        return samples == 1 and depth == 32 and (little_endian or not is_compressed)
    if formats != {UNSIGNED} or not depths <= {1, 2, 4, 8, 16}:
        return False
    if samples > 1 and _tag(image, PLANES, 1) == SEPARATE:
        extra = np.atleast_1d(_tag(image, EXTRA_SAMPLES, ())).tolist()
        return photometric == RGB and not extra and (depth == 8 or is_compressed)
    return True


def read(stream: Stream, name: str, label: str) -> Picture:
    """Read the first image of a TIFF file by tifffile.

    Args:
        stream: the file.
        name: the name of the image.
        label: the file's name for messages.

    Raises:
        InputError: when the image is too large or of a kind that cannot be read, or its values are no colors.
    """
    with _opened(stream) as file:
        page = file.pages.first
        check_size(page.imagewidth, page.imagelength, name)
        if page.subfiletype & REDUCED:
            raise InputError(_preview(label))
        if page.photometric not in COLORS or page.imagedepth != 1 or not isinstance(page.bitspersample, int):
            raise InputError(_unreadable(label, page))
        # tifffile leaves the parts black that the file does not have.
        if len(page.dataoffsets) != math.prod(page.chunked) or not all(page.databytecounts):
            raise InputError(f"{label} is damaged, because parts of the picture are missing; get the file again.")
        try:
            values = page.asarray()
        except (ValueError, KeyError, RuntimeError) as error:
            # tifffile says so when a compression needs the package imagecodecs.
            if "imagecodecs" in str(error):
                raise InputError(_needs_codecs(label, page)) from error
            raise
        height, width, samples = page.imagelength, page.imagewidth, page.samplesperpixel
        if page.planarconfig == SEPARATE and samples > 1:
            values = np.moveaxis(values.reshape(samples, height, width), 0, -1)
        else:
            values = values.reshape(height, width, samples)
        values = _oriented(values, page.tags.valueof(ORIENTATION, 1))
        picture = _picture(values, page, name, label)
        return dataclasses.replace(picture, dpi=_dpi(page))


def shape_of(stream: Stream) -> tuple[int, int]:
    """Return the height and width of the first image of a TIFF file, after its orientation."""
    with _opened(stream) as file:
        page = file.pages.first
        height, width = page.imagelength, page.imagewidth
        return (width, height) if page.tags.valueof(ORIENTATION, 1) >= 5 else (height, width)


def count_of(stream: Stream) -> int:
    """Return the number of images of a TIFF file, without those that are previews of others."""
    with _opened(stream) as file:
        offsets, count = set(), 0
        for page in file.pages:
            # In a damaged file, the chain of images can lead back to one of them.
            if page.offset in offsets:
                break
            offsets.add(page.offset)
            count += not page.aspage().subfiletype & REDUCED
        return count


@contextlib.contextmanager
def _opened(stream: Stream) -> "Iterator[tifffile.TiffFile]":
    import tifffile  # only here, because few files need it

    # What tifffile logs of damaged files would be written to stderr; what matters of it is an exception as well.
    logger = logging.getLogger("tifffile")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        yield file


def _picture(values: np.ndarray, page: "tifffile.TiffPage", name: str, label: str) -> Picture:
    """Make an image of the samples of a page, (height, width, samples)."""
    photometric, profile = page.photometric, page.tags.valueof(PROFILE)
    count = COLORS[photometric]
    extra = list(page.extrasamples) or [UNASSOCIATED] * (photometric == RGB and values.shape[2] == count + 1)
    kind = int(extra[0]) if extra else 0
    alpha = _scaled(values[..., count], page.bitspersample, label) if kind in (ASSOCIATED, UNASSOCIATED) else None
    if photometric == LAB:
        if values.dtype.kind == "f":
            raise InputError(_unreadable(label, page))
        # The high bytes are those of an image of 8 bits, also of the negative a and b.
        shift = 8 * (values.dtype.itemsize - 1)
        lab = (values[..., :3] >> shift).astype(np.uint8)
        image = Image.frombytes("LAB", lab.shape[1::-1], lab.tobytes())
        return Picture.from_colors(picture_of_pillow(image, name).rgb, alpha, name)
    if photometric == PALETTE:
        palette = np.asarray(page.colormap).T
        colors = (palette[values[..., 0]] / np.float32(65535)).astype(np.float32)
    else:
        colors = _scaled(values[..., :count], page.bitspersample, label)
    if kind == ASSOCIATED and alpha is not None:
        colors = np.clip(colors / np.where(alpha > 0, alpha, 1)[..., None], 0, 1)
    if photometric == WHITE_IS_ZERO:
        colors = 1 - colors
    if photometric == CMYK:
        # Pillow converts CMYK, with 8 bits, by the profile or without one.
        image = Image.fromarray((colors * 255 + 0.5).astype(np.uint8), "CMYK")
        image.info["icc_profile"] = profile
        return Picture.from_colors(picture_of_pillow(image, name).rgb, alpha, name)
    if profile and count == 1 and photometric != PALETTE:
        colors = gray_through_profile(colors, profile, name)
    elif profile:
        colors = rgb_through_profile(colors, profile, name)
    return Picture.from_colors(np.broadcast_to(colors, (*colors.shape[:2], 3)), alpha, name)


def _scaled(values: np.ndarray, bits: int, label: str) -> np.ndarray:
    """Bring samples to [0, 1], float32.

    Unsigned integers of up to 16 bits are scaled by their largest value. Other integers are taken for values of 16 bits
    if they can be, as Pillow does. Floats must be in the range.
    """
    if values.dtype.kind == "u" and bits <= 16:
        return (values / np.float32(2**bits - 1)).astype(np.float32)
    top = 1 if values.dtype.kind == "f" else 65535
    is_possible = values.dtype.kind in "fiu" and bits >= 16 and np.isfinite(values).all()
    if not is_possible or values.min() < 0 or values.max() > top:
        raise InputError(beyond_range(label))
    return (values / np.float32(top)).astype(np.float32)


def _oriented(values: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an array (height, width, ...) upright by its orientation (TIFF 6.0, section 8)."""
    values = values.swapaxes(0, 1) if orientation >= 5 else values
    # The orientations whose first row is at the bottom, and whose first column is at the right.
    values = values[::-1] if orientation in (3, 4, 7, 8) else values
    return values[:, ::-1] if orientation in (2, 3, 6, 7) else values


def _dpi(page: "tifffile.TiffPage") -> float | None:
    """Return the horizontal resolution in dots per inch; None if the file has no plausible value."""
    over, under = page.tags.valueof(RESOLUTION, (0, 1))
    dpi = over / under * (2.54 if page.tags.valueof(RESOLUTION_UNIT) == CENTIMETER else 1) if under else 0.0
    return plausible_dpi(dpi)


def _preview(label: str) -> str:
    return f"{label} begins with a small preview, as raw files of cameras do; develop it and give a JPEG or TIFF file."


def _unreadable(label: str, page: "tifffile.TiffPage") -> str:
    # Values that tifffile does not know are plain integers.
    photometric = getattr(page.photometric, "name", page.photometric)
    return f"{label} is a TIFF file of a kind that cannot be read ({photometric}, {page.dtype}); save it as RGB."


def _needs_codecs(label: str, page: "tifffile.TiffPage") -> str:
    compression = getattr(page.compression, "name", page.compression)
    return (
        f"{label} is a TIFF file that needs a package to be read ({page.dtype}, {compression}); run {INSTALL}, or save "
        "it without compression."
    )


def _tag(image: Image.Image, tag: int, default: Any) -> Any:
    """Return the value of a tag of a TIFF file that Pillow opened; a tuple of one value as that value."""
    value = image.tag_v2.get(tag, default)  # type: ignore[attr-defined]
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value
