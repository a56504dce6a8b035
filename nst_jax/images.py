"""Picture files to arrays: EXIF orientation, ICC profiles to sRGB, transparency, resizing.

The one convention of the program: a picture is a float32 array (height, width, 3) of sRGB values in [0, 1]. This room
and `saving` are the only ones that touch Pillow.
"""

import contextlib
import dataclasses
import functools
import hashlib
import io
import math
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from nst_jax.errors import InputError
from nst_jax.recipe import Box
from nst_jax.recipe_checks import MAX_DPI
from nst_jax.settings import Resize

RGB = Float[np.ndarray, "_ _ 3"]
Alpha = Float[np.ndarray, "_ _"]
Planes = Float[np.ndarray, "_ _ *_"]


@runtime_checkable
class SupportsArray(Protocol):
    """Anything that numpy makes an array of, such as an array of jax or PyTorch."""

    def __array__(self) -> np.ndarray:
        """The values."""


_warnings_lock = threading.Lock()

# A larger picture is refused before it is decoded: a small file can hold a picture that fills the memory.
MAX_PIXELS = 180_000_000


class PictureWarning(UserWarning):
    """A picture was read, but not all that is in it."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture and, where it had any, its transparency.

    Attributes:
        rgb: (height, width, 3) float32, sRGB in [0, 1]; transparent pixels are laid over white.
        alpha: (height, width) float32 in [0, 1], 1 where opaque; None for a picture without transparency.
        name: the file's name, or what kind of object it was.
        dpi: dots per inch, if the file told.
    """

    rgb: RGB
    alpha: Alpha | None = None
    name: str = "array"
    dpi: float | None = None

    @functools.cached_property
    def sha256(self) -> str:
        """Hash of the pixels, whatever file they came in."""
        return hashlib.sha256(self.rgb.tobytes()).hexdigest()


Source = str | os.PathLike[str] | Image.Image | SupportsArray | Picture


def read(source: Source) -> Picture:
    """Reads a picture.

    Args:
        source: the path of a JPEG, PNG, WebP, TIFF, GIF or BMP file, greyscale, palette, CMYK or 16-bit as it may be; a
            Pillow image; an array, (height, width[, 1, 3 or 4]), uint8, uint16 or float in [0, 1]; or a picture read
            before, which is handed back.

    Raises:
        InputError: when there is no such file, it is no picture, it is damaged, or its values make no sense.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        return _from_pillow(source, "Pillow image")
    if isinstance(source, SupportsArray):
        return _from_array(np.asarray(source))
    path = Path(source).expanduser()
    with _opened(path) as image:
        # The further pictures in a phone's MPO are previews and depth maps.
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
        image.seek(0)
        image.load()
        picture = dataclasses.replace(_from_pillow(image, path.name), dpi=_dpi_of(image))
    if frames > 1:
        message = f"{path.name} holds {frames} pictures; only the first is used."
        warnings.warn(message, PictureWarning, stacklevel=2)
    return picture


def shape_of(path: Path) -> tuple[int, int]:
    """Height and width of a picture in a file, turned upright, without decoding it.

    Raises:
        InputError: as `read`, but for damage beyond the file's first bytes.
    """
    with _opened(path) as image:
        height, width = image.height, image.width
        # From 5 on, the orientations lie on their side.
        return (width, height) if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5 else (height, width)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture file, with whatever is wrong with it said in a sentence."""
    try:
        # What warnings are shown is a setting of the whole process, so one thread at a time.
        with _warnings_lock, warnings.catch_warnings():
            # Sizes are checked below, against a limit of our own; damaged metadata does not hurt the picture.
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
    except Exception as error:  # Pillow's decoders fail in many ways on damaged files
        raise InputError(f"{path} is damaged and cannot be read ({error}); get the file again.") from error


def resize(picture: Planes, height: int, width: int) -> Planes:
    """Resamples with a Lanczos filter (area-aware when shrinking), clipped to [0, 1].

    Args:
        picture: (h, w, 3), or (h, w) for transparency or a mask.
        height: of the result.
        width: of the result.
    """
    if picture.shape[:2] == (height, width):
        return picture
    if picture.ndim == 3:
        return np.stack([resize(plane, height, width) for plane in np.moveaxis(picture, -1, 0)], axis=-1)
    image = Image.fromarray(np.asarray(picture, np.float32))
    return np.clip(np.asarray(image.resize((width, height), Image.Resampling.LANCZOS)), 0, 1)


def fitted_size(shape: tuple[int, ...], size: int, rule: Resize = "long") -> tuple[int, int]:
    """The height and width of a picture of this shape brought to a size.

    Args:
        shape: (height, width, ...).
        size: in pixels; 0 keeps the size.
        rule: what is to have the size: the "long" or the "short" side, with the aspect kept, or both: "squash".
    """
    height, width = shape[:2]
    if size == 0:
        return height, width
    if rule == "squash":
        return size, size
    scale = size / (max if rule == "long" else min)(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def filled(planes: Planes, height: int, width: int) -> Planes:
    """The picture, or its transparency, with reflections of itself at the right and lower edges up to the size."""
    border = ((0, height - planes.shape[0]), (0, width - planes.shape[1]), (0, 0))
    return np.pad(planes, border[: planes.ndim], mode="symmetric")


def shrunk(picture: RGB, size: int) -> RGB:
    """The picture with its long side brought to the size, or as it is where that is smaller."""
    return resize(picture, *fitted_size(picture.shape, min(size, max(picture.shape[:2]))))


def cropped(picture: Picture, box: Box) -> Picture:
    """A part of a picture.

    Raises:
        InputError: when it is not within the picture.
    """
    height, width = picture.rgb.shape[:2]
    if box.left + box.width > width or box.top + box.height > height:
        raise InputError(
            f"The part {','.join(map(str, box))} reaches beyond {picture.name}, which has {width}x{height} pixels; "
            "give X,Y,W,H within it."
        )
    part = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    alpha = None if picture.alpha is None else picture.alpha[part]
    return dataclasses.replace(picture, rgb=np.ascontiguousarray(picture.rgb[part]), alpha=alpha)


def cover(picture: RGB, height: int, width: int) -> RGB:
    """Resizes without distortion so that the shape is filled, and cuts off what hangs over, evenly on both sides."""
    scale = max(height / picture.shape[0], width / picture.shape[1])
    tall, wide = max(height, round(picture.shape[0] * scale)), max(width, round(picture.shape[1] * scale))
    top, left = (tall - height) // 2, (wide - width) // 2
    return resize(picture, tall, wide)[top : top + height, left : left + width]


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
    return _over_white(array[..., :3], array[..., 3] if array.shape[2] == 4 else None, "array")


def _from_pillow(image: Image.Image, name: str) -> Picture:
    _check_size(image, name)
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return dataclasses.replace(_from_array(_deep_grey(image, name)), name=name)
    alpha = None
    if image.has_transparency_data:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"), np.float32) / 255
        # Grey stays grey, or its profile would not fit.
        image = _with_profile(image.convert("L" if image.mode == "LA" else "RGB"), image)
    rgb = np.asarray(_to_srgb(image, name).convert("RGB"), np.float32) / 255
    return _over_white(rgb, alpha, name)


def _with_profile(image: Image.Image, original: Image.Image) -> Image.Image:
    if "icc_profile" in original.info:
        image.info["icc_profile"] = original.info["icc_profile"]
    return image


def _deep_grey(image: Image.Image, name: str) -> np.ndarray:
    """Greyscale of 16 or 32 bits, which Pillow does not convert without clipping, as floats in [0, 1]."""
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
            f"The colour profile in {name} is damaged or does not fit; its colours are taken as sRGB.",
            PictureWarning,
            stacklevel=4,
        )
        return image


def _dpi_of(image: Image.Image) -> float | None:
    """Along the first axis; None where nothing sensible is told."""
    value = image.getexif().get(ExifTags.Base.XResolution)
    # Pillow answers 72 for JPEG files that do not tell.
    if value is None and ("jfif" not in image.info or image.info.get("jfif_unit")):
        value = image.info.get("dpi", (0, 0))[0]
    # Some programs write 1 for a density that they do not know.
    return round(float(value), 2) if value and math.isfinite(value) and 1 < value <= MAX_DPI else None


def _over_white(rgb: np.ndarray, alpha: Any, name: str) -> Picture:
    if alpha is None or alpha.min() == 1:
        return Picture(np.ascontiguousarray(rgb, np.float32), None, name)
    flat = rgb * alpha[..., None] + (1 - alpha[..., None])
    return Picture(flat.astype(np.float32), np.ascontiguousarray(alpha), name)
