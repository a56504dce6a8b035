"""Writing of image files, atomically and with the provenance of the image in the file."""

import functools
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from nst_jax.errors import InputError
from nst_jax.files import atomic_write, check_writable
from nst_jax.images.picture import RGB, Alpha
from nst_jax.images.sixteen_bit import write_png, write_tiff
from nst_jax.images.transparency import on_white

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
# The longest side in pixels of formats that end below any image that can be read.
MAX_SIDES = {"JPEG": 65_500, "WEBP": 16_383}
# Keyword of the PNG text chunk with the provenance. JPEG and WebP have it in the EXIF user comment, TIFF in the image
# description.
PNG_KEY = "nst-jax"
# The character code that an EXIF user comment begins with (Exif 2.32, table 9).
_ASCII = b"ASCII\0\0\0"
_IMAGE_DESCRIPTION = 0x010E
# The value of ResolutionUnit that means inches (Exif 2.32, 4.6.5).
_INCH = 2


def check_target(path: Path) -> None:
    """Check, before a run, that an image can be written to `path`, and create its folder if it does not exist.

    Raises:
        InputError: when the suffix belongs to no supported format, or the folder cannot be written to.
    """
    _format_of(path)
    check_writable(path)


def _format_of(path: Path) -> str:
    """Return Pillow's name of the format that belongs to a suffix."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise InputError(
            f"{path} must end in .png, .jpg, .webp or .tif, which says how to write the picture."
        ) from None


def check_bit_depth(path: Path, bit_depth: int) -> None:
    """Check that the format of `path` supports a bit depth.

    Args:
        path: the file; its suffix chooses the format.
        bit_depth: bits per channel, 8 or 16.

    Raises:
        InputError: when the format does not support it.
    """
    if bit_depth == 16 and _format_of(path) not in ("PNG", "TIFF"):
        raise InputError(f"{path.name} cannot hold 16 bits for each color; write a .png or .tif file, or leave 8.")


def check_dimensions(path: Path, height: int, width: int) -> None:
    """Check that the format of `path` supports the size of an image.

    Args:
        path: the file; its suffix chooses the format.
        height: height of the image in pixels.
        width: width of the image in pixels.

    Raises:
        InputError: when the format does not support it.
    """
    limit = MAX_SIDES.get(_format_of(path))
    if limit and max(height, width) > limit:
        raise InputError(
            f"{path.name} cannot hold {width} x {height} pixels, because its format ends at {limit} for a side; "
            "write a .png or .tif file, or give a smaller --size."
        )


def save(
    path: str | os.PathLike[str],
    rgb: RGB,
    alpha: Alpha | None = None,
    provenance: Mapping[str, Any] | None = None,
    *,
    bit_depth: int = 8,
    dpi: float | None = None,
) -> None:
    """Write an image as PNG, JPEG (quality 95, 4:4:4), WebP or TIFF, with an ICC profile of sRGB.

    The file is written atomically: an existing file is replaced only by a complete new one.

    Args:
        path: the file; its suffix chooses the format, and its folder must exist.
        rgb: (height, width, 3) in [0, 1].
        alpha: (height, width) in [0, 1]; JPEG does not store it, so the image is laid on white.
        provenance: settings to store in the file as JSON: in the PNG text "nst-jax", the TIFF image description, or
            else the EXIF user comment.
        bit_depth: bits per channel, 8 or 16; 16 for PNG and TIFF only.
        dpi: dots per inch to record; None records nothing.

    Raises:
        InputError: when the file cannot be written, as on a full disk, or the format does not support the size or the
            bit depth.
    """
    path = Path(path)
    data = encode(path, rgb, alpha, provenance, bit_depth=bit_depth, dpi=dpi)
    try:
        with atomic_write(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}; choose another place.") from error


def encode(
    path: Path,
    rgb: RGB,
    alpha: Alpha | None = None,
    provenance: Mapping[str, Any] | None = None,
    *,
    bit_depth: int = 8,
    dpi: float | None = None,
) -> bytes:
    """Return the bytes of the file that `save` writes, with the same arguments; of `path` only the suffix matters.

    Raises:
        InputError: when the format does not support the size or the bit depth.
    """
    check_bit_depth(path, bit_depth)
    check_dimensions(path, *rgb.shape[:2])
    kind = _format_of(path)
    text = json.dumps(provenance or {}, sort_keys=True)
    if kind == "JPEG":
        # Without its transparency, an image has colors in its transparent parts that nobody is meant to see.
        rgb, alpha = on_white(rgb, alpha), None
    planes = rgb if alpha is None else np.concatenate([rgb, alpha[..., None]], axis=2)
    buffer = io.BytesIO()
    if bit_depth == 8:
        image = Image.fromarray(_to_integers(planes, np.uint8))
        image.save(buffer, kind, icc_profile=srgb_profile(), **_options(kind, text, dpi))
    elif kind == "PNG":
        write_png(buffer, _to_integers(planes, np.uint16), _png_texts(text), srgb_profile(), dpi)
    else:
        write_tiff(buffer, _to_integers(planes, np.uint16), text, srgb_profile(), dpi)
    return buffer.getvalue()


# The name by which the package `nst_jax` offers it, where `save` would say too little.
save_image = save


@functools.cache
def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB without a date, so that its bytes are always the same."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Clear the date of creation (ICC.1, 7.2.8).
    profile[24:36] = bytes(12)
    return bytes(profile)


def to_pillow(rgb: RGB, alpha: Alpha | None = None) -> Image.Image:
    """Return an 8-bit Pillow image, RGB, or RGBA with `alpha`.

    Args:
        rgb: (height, width, 3) in [0, 1].
        alpha: (height, width) in [0, 1].
    """
    planes = rgb if alpha is None else np.concatenate([rgb, alpha[..., None]], axis=2)
    return Image.fromarray(_to_integers(planes, np.uint8))


def encode_jpeg(rgb: RGB, quality: int = 90) -> bytes:
    """Return the bytes of a JPEG file of an image, for reports.

    Args:
        rgb: (height, width, 3) in [0, 1].
        quality: the quality of the JPEG encoder, up to 100; higher gives larger files with fewer artifacts.
    """
    buffer = io.BytesIO()
    Image.fromarray(_to_integers(rgb, np.uint8)).save(buffer, "JPEG", quality=quality, subsampling="4:4:4")
    return buffer.getvalue()


def read_provenance(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the provenance that `save` stored in a file; empty if there is none."""
    with Image.open(path) as image:
        if image.format == "PNG":
            text = getattr(image, "text", {}).get(PNG_KEY, "")
        elif image.format == "TIFF":
            text = image.getexif().get(_IMAGE_DESCRIPTION, "")
        else:
            comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
            text = comment.removeprefix(_ASCII).decode("ascii", "replace")
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}


def _to_integers(values: np.ndarray, dtype: type[np.unsignedinteger]) -> np.ndarray:
    return (np.clip(values, 0, 1).astype(np.float64) * np.iinfo(dtype).max + 0.5).astype(dtype)


def _png_texts(text: str) -> dict[str, str]:
    return {"Software": "nst-jax", PNG_KEY: text}


def _options(kind: str, text: str, dpi: float | None) -> dict[str, Any]:
    density = {} if dpi is None else {"dpi": (dpi, dpi)}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        for key, value in _png_texts(text).items():
            info.add_text(key, value)
        return {"pnginfo": info} | density
    exif = Image.Exif()
    if kind == "TIFF":
        exif[_IMAGE_DESCRIPTION] = text
        return {"exif": exif, "compression": "tiff_adobe_deflate"} | density
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = _ASCII + text.encode("ascii")
    if dpi is not None:
        # WebP can store a resolution only in EXIF.
        exif[ExifTags.Base.XResolution] = exif[ExifTags.Base.YResolution] = dpi
        exif[ExifTags.Base.ResolutionUnit] = _INCH
    common = {"exif": exif, "quality": 95}
    return common | ({"subsampling": "4:4:4"} | density if kind == "JPEG" else {"method": 6})
