"""Reading of image files, Pillow images and arrays into float32 arrays (height, width, 3) of sRGB values in [0, 1].

EXIF orientation is applied, ICC profiles are converted to sRGB, and transparency is kept apart.
"""

import contextlib
import dataclasses
import io
import math
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from nst_jax.errors import InputError
from nst_jax.images.picture import Picture, PictureWarning
from nst_jax.recipes.types import MAX_DPI


@runtime_checkable
class SupportsArray(Protocol):
    """Anything that numpy can convert to an array, such as an array of jax or PyTorch."""

    def __array__(self) -> np.ndarray:
        """Return the values as a numpy array."""


_warnings_lock = threading.Lock()

# Larger images are rejected before they are decoded, because a small file can contain an image that fills the memory.
MAX_PIXELS = 180_000_000

Source = str | os.PathLike[str] | Image.Image | SupportsArray | Picture


def read(source: Source) -> Picture:
    """Read an image.

    Args:
        source: the path of a JPEG, PNG, WebP, TIFF, GIF or BMP file (RGB, grayscale, palette, CMYK or 16-bit); a Pillow
            image; an array, (height, width[, 1, 3 or 4]), uint8, uint16 or float in [0, 1]; or a `Picture`, which is
            returned as it is.

    Returns:
        The image as float32 sRGB in [0, 1]. Of a file with several images, the first.

    Raises:
        InputError: when the file does not exist, is no image or is damaged, or values or shape are invalid.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        return _from_pillow(source, "Pillow image")
    if isinstance(source, SupportsArray):
        return _from_array(np.asarray(source))
    path = Path(source).expanduser()
    with _opened(path) as image:
        # The further images in the MPO file of a phone are previews and depth maps, so they need no warning.
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
        image.seek(0)
        image.load()
        picture = dataclasses.replace(_from_pillow(image, path.name), dpi=_dpi_of(image))
    if frames > 1:
        message = f"{path.name} holds {frames} pictures; only the first is used."
        warnings.warn(message, PictureWarning, stacklevel=2)
    return picture


# The name by which the package `nst_jax` offers it, where `read` would say too little.
read_image = read


def shape_of(path: Path) -> tuple[int, int]:
    """Return the height and width of an image file, after EXIF orientation, without decoding the pixels.

    Raises:
        InputError: as `read`; damage of the pixel data is not noticed.
    """
    with _opened(path) as image:
        height, width = image.height, image.width
        # EXIF orientations from 5 on exchange height and width.
        return (width, height) if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5 else (height, width)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file, and convert all errors that it causes into an `InputError`."""
    try:
        # Warning filters belong to the whole process, so only one thread at a time may change them.
        with _warnings_lock, warnings.catch_warnings():
            # Pillow's warnings are not needed: the size is checked below, and damaged metadata does not affect pixels.
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", PictureWarning)
            with Image.open(path) as image:
                _check_size(image, path.name)
                yield image
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}; check the path.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; give a picture file.") from error
    except PermissionError as error:
        raise InputError(f"{path} cannot be read for lack of permission.") from error
    except UnidentifiedImageError as error:
        kind = "is empty" if path.stat().st_size == 0 else "is not a picture of a kind that can be read"
        raise InputError(f"{path} {kind}; give a JPEG, PNG, WebP or TIFF file.") from error
    except Image.DecompressionBombError as error:
        raise InputError(_too_large(path.name)) from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise many kinds of errors for damaged files
        raise InputError(f"{path} is damaged and cannot be read ({error}); get the file again.") from error


def _too_large(name: str) -> str:
    return f"{name} has more than {MAX_PIXELS // 1_000_000} million pixels; make it smaller first."


def _check_size(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise InputError(_too_large(name))


def _from_array(array: np.ndarray) -> Picture:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or 0 in array.shape:
        raise InputError(f"A picture array must be (height, width, 3), not {array.shape}.")
    if array.dtype in (np.uint8, np.uint16):
        array = array / np.float32(np.iinfo(array.dtype).max)
    elif not np.issubdtype(array.dtype, np.floating) and array.dtype.name != "bfloat16":
        raise InputError(f"A picture array must hold uint8, uint16 or floats in [0, 1], not {array.dtype}.")
    array = array.astype(np.float32)
    if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise InputError("A picture of floats must have finite values in [0, 1]; divide 0..255 values by 255.")
    array = array[..., None] if array.ndim == 2 else array
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    return _blend_with_white(array[..., :3], array[..., 3] if array.shape[2] == 4 else None, "array")


def _from_pillow(image: Image.Image, name: str) -> Picture:
    _check_size(image, name)
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return dataclasses.replace(_from_array(_high_depth_gray(image, name)), name=name)
    alpha = None
    if image.has_transparency_data:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"), np.float32) / 255
        # A grayscale profile fits only a grayscale image.
        image = _with_profile(image.convert("L" if image.mode == "LA" else "RGB"), image)
    rgb = np.asarray(_to_srgb(image, name).convert("RGB"), np.float32) / 255
    return _blend_with_white(rgb, alpha, name)


def _with_profile(image: Image.Image, original: Image.Image) -> Image.Image:
    if "icc_profile" in original.info:
        image.info["icc_profile"] = original.info["icc_profile"]
    return image


def _high_depth_gray(image: Image.Image, name: str) -> np.ndarray:
    """Return the values of a grayscale image of 16 or 32 bits, which Pillow would clip when converting it.

    Returns:
        (height, width), uint16, or float in [0, 1].
    """
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return values.astype(np.uint16)
    if image.mode == "I" and values.min() >= 0 and values.max() <= 65535:
        return values.astype(np.uint16)
    if image.mode == "F" and np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1:
        return values
    raise InputError(f"{name} holds 32-bit values beyond the range of a picture; save it with 8 or 16 bits.")


def _to_srgb(image: Image.Image, name: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    if image.mode in ("1", "P"):
        image = _with_profile(image.convert("RGB"), image)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError):
        warnings.warn(
            f"The color profile in {name} is damaged or does not fit; its colors are taken as sRGB.",
            PictureWarning,
            stacklevel=4,
        )
        return image


def _dpi_of(image: Image.Image) -> float | None:
    """Return the horizontal resolution in dots per inch; None if the file has no plausible value."""
    value = image.getexif().get(ExifTags.Base.XResolution)
    # For JPEG files without a resolution, Pillow reports 72.
    if value is None and ("jfif" not in image.info or image.info.get("jfif_unit")):
        value = image.info.get("dpi", (0, 0))[0]
    # Some programs write 1 for an unknown resolution.
    return round(float(value), 2) if value and math.isfinite(value) and 1 < value <= MAX_DPI else None


def _blend_with_white(rgb: np.ndarray, alpha: Any, name: str) -> Picture:
    if alpha is None or alpha.min() == 1:
        return Picture(np.ascontiguousarray(rgb, np.float32), None, name)
    flat = rgb * alpha[..., None] + (1 - alpha[..., None])
    return Picture(flat.astype(np.float32), np.ascontiguousarray(alpha), name)
