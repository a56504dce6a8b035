"""Arrays to picture files, whole or not at all, with what it takes to make the picture again inside."""

import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from nst_jax.atomic import replacing
from nst_jax.errors import InputError
from nst_jax.images import RGB, Alpha

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
# The PNG text that holds the provenance; the other formats have it in the EXIF user comment.
PNG_KEY = "nst-jax"
# The characters' code that opens an EXIF user comment (Exif 2.32, table 9).
_ASCII = b"ASCII\0\0\0"
_IMAGE_DESCRIPTION = 0x010E


def check_target(path: Path) -> None:
    """Makes sure, before any work, that a picture can be written to `path`; makes its folder if there is none.

    Raises:
        InputError: when its ending is of no known kind, or the place cannot be written to.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path} must end in .png, .jpg, .webp or .tif, which says how to write the picture.")
    check_folder(path)


def check_folder(path: Path) -> None:
    """The same for a file of any kind.

    Raises:
        InputError: when the place cannot be written to.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(
            f"Nothing can be written into {path.parent}: {error.strerror}; choose another place."
        ) from error


def save(path: Path, rgb: RGB, alpha: Alpha | None = None, provenance: Mapping[str, Any] | None = None) -> None:
    """Writes PNG, JPEG (quality 95, 4:4:4), WebP or TIFF, as the ending of `path` says.

    An older file of that name is replaced only by a complete new one.

    Args:
        path: the file; its folder must exist.
        rgb: (height, width, 3) in [0, 1].
        alpha: (height, width) in [0, 1], kept by all formats but JPEG.
        provenance: settings to be kept in the file, as JSON: PNG text "nst-jax", else the EXIF user comment (TIFF: the
            image description).

    Raises:
        InputError: when the file cannot be written, as on a full disk.
    """
    kind = FORMATS[path.suffix.lower()]
    image = Image.fromarray(_to_bytes(rgb))
    if alpha is not None and kind != "JPEG":
        image.putalpha(Image.fromarray(_to_bytes(alpha)))
    options = _options(kind, json.dumps(provenance or {}, sort_keys=True))
    try:
        with replacing(path) as temporary:
            image.save(temporary, kind, **options)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}; choose another place.") from error


def encoded(rgb: RGB, quality: int = 90) -> bytes:
    """A JPEG file of the picture, for pages; (height, width, 3) in [0, 1]."""
    buffer = io.BytesIO()
    Image.fromarray(_to_bytes(rgb)).save(buffer, "JPEG", quality=quality, subsampling="4:4:4")
    return buffer.getvalue()


def read_provenance(path: Path) -> dict[str, Any]:
    """What `save` was told to keep in the file; empty if there is nothing of ours in it."""
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


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


def _options(kind: str, text: str) -> dict[str, Any]:
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Software", "nst-jax")
        info.add_text(PNG_KEY, text)
        return {"pnginfo": info}
    exif = Image.Exif()
    if kind == "TIFF":
        exif[_IMAGE_DESCRIPTION] = text
        return {"exif": exif, "compression": "tiff_adobe_deflate"}
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = _ASCII + text.encode("ascii")
    common = {"exif": exif, "quality": 95}
    return common | ({"subsampling": "4:4:4"} if kind == "JPEG" else {"method": 6})
