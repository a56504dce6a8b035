"""Reading of image files, Pillow images and arrays into float32 arrays (height, width, 3) of sRGB values in [0, 1].

EXIF orientation is applied, color spaces are converted to sRGB, and transparency is kept apart.
"""

import contextlib
import dataclasses
import logging
import os
import textwrap
import threading
import warnings
from collections.abc import Iterator

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from nst_jax.errors import InputError
from nst_jax.images import kinds, png_transparency, tiff
from nst_jax.images.arrays import SupportsArray, as_array, is_array, picture_of_array
from nst_jax.images.color_spaces import ColorSpace, heif_code_points, png_code_points, space_of_code_points
from nst_jax.images.kinds import Stream
from nst_jax.images.picture import Picture, PictureWarning
from nst_jax.images.pillow_images import MAX_PIXELS as MAX_PIXELS
from nst_jax.images.pillow_images import check_size, picture_of_pillow, plausible_dpi, too_large
from nst_jax.images.sources import FileSource, Readable, file_source

_warnings_lock = threading.Lock()
# Without a handler, what Pillow logs of damaged files would be written to stderr beside the message.
logging.getLogger("PIL").addHandler(logging.NullHandler())

Source = (
    str | bytes | bytearray | memoryview | os.PathLike[str] | os.PathLike[bytes] | Readable | Image.Image
    | SupportsArray | Picture
)  # fmt: skip


def read(source: Source) -> Picture:
    """Read an image.

    Args:
        source: one of

            - the path of a JPEG, PNG, WebP, TIFF, GIF or BMP file, or of another kind that Pillow or its plug-ins read
              (RGB, grayscale, palette, CMYK, Lab; 1 to 16 bits, or floats in [0, 1]);
            - the content of such a file as bytes, or a file that is open for reading bytes, which is read from its
              position and left open;
            - a Pillow image, of which the present frame is used;
            - an array of numpy, jax or PyTorch, (height, width[, 1, 3 or 4]) or (1, 3 or 4, height, width), with a
              leading axis of 1 or without; uint8, uint16 or float in [0, 1];
            - a `Picture`, which is returned as it is.

    Returns:
        The image as float32 sRGB in [0, 1]. Of a file with several images, the first.

    Raises:
        InputError: when the file does not exist, is no image or is damaged, or values or shape are invalid.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        picture = _read_pillow(source)
    elif is_array(source):
        picture = picture_of_array(as_array(source))
    else:
        picture = _read_file(file_source(source))
    if picture.alpha is not None and not picture.alpha.any():
        warnings.warn(
            f"{picture.name} is transparent all over; it is taken for a white picture.", PictureWarning, stacklevel=2
        )
    return picture


# The name by which the package `nst_jax` offers it, where `read` would say too little.
read_image = read


def shape_of(source: Source) -> tuple[int, int]:
    """Return the height and width of an image file, after EXIF orientation, without decoding the pixels.

    Raises:
        InputError: as `read`; damage of the pixel data is not noticed.
    """
    with _opened(file_source(source)) as (image, stream):
        if image is None:
            return tiff.shape_of(stream)
        height, width = tiff.stored_shape(image) if image.format == "TIFF" else (image.height, image.width)
        with _without_warnings():
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        # EXIF orientations from 5 on exchange height and width.
        return (width, height) if orientation >= 5 else (height, width)


def _read_file(file: FileSource) -> Picture:
    with _opened(file) as (image, stream):
        if image is None or (image.format == "TIFF" and not tiff.pillow_reads_rightly(image)):
            picture, frames = tiff.read(stream, file.name, file.label), tiff.count_of(stream)
        else:
            # The further images in the MPO file of a phone are previews and depth maps, so they need no warning.
            frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
            # The plug-in of HEIF opens the main picture of a file, whichever it is.
            if image.format != "HEIF":
                image.seek(0)
            space = _named_space(image, stream, file.name)
            if image.format == "PNG":
                png_transparency.decode(image, stream)
            image.load()
            with _without_warnings():
                # Pillow keeps what it has read, so that it does not warn of damaged metadata later.
                image.getexif()
            picture = dataclasses.replace(picture_of_pillow(image, file.name, space), dpi=_dpi_of(image))
    if frames > 1:
        which = "main one" if image is not None and image.format == "HEIF" else "first"
        message = f"{file.name} holds {frames} pictures; only the {which} is used."
        warnings.warn(message, PictureWarning, stacklevel=3)
    return picture


def _read_pillow(image: Image.Image) -> Picture:
    if isinstance(image, TiffImageFile) and image.tile and not tiff.pillow_reads_rightly(image):
        raise InputError("Pillow does not read TIFF files of this kind rightly; give the path of the file.")
    try:
        image.load()
        return picture_of_pillow(image, "Pillow image")
    except (InputError, MemoryError, PictureWarning):
        raise
    except Exception as error:  # Pillow's decoders raise many kinds of errors for damaged files
        raise InputError(f"The Pillow image is damaged or closed ({_reason(error)}); open its file again.") from error


@contextlib.contextmanager
def _opened(file: FileSource) -> Iterator[tuple[ImageFile.ImageFile | None, Stream]]:
    """Open an image file, and convert all errors that it causes into an `InputError`.

    Yields:
        The image, not yet decoded, or None for a TIFF file of a kind that Pillow does not know; and the file.
    """
    try:
        with file.open() as stream:
            image = _open_image(file, stream)
            with image or contextlib.nullcontext():
                yield image, stream
    except UnidentifiedImageError as error:
        raise InputError(
            f"{file.label} is not a picture of a kind that can be read; give a JPEG, PNG, WebP or TIFF file."
        ) from error
    except Image.DecompressionBombError as error:
        raise InputError(too_large(file.name)) from error
    except (InputError, MemoryError, PictureWarning):
        raise
    except Exception as error:  # Pillow's decoders raise many kinds of errors for damaged files
        raise InputError(
            f"{file.label} is damaged and cannot be read ({_reason(error)}); get the file again."
        ) from error


def _reason(error: Exception) -> str:
    """Return the message of a decoder in one line of bounded length; some hold what they found in the file."""
    return textwrap.shorten(str(error) or type(error).__name__, 120, placeholder=" ...")


def _open_image(file: FileSource, stream: Stream) -> ImageFile.ImageFile | None:
    """Read the header of an image file."""
    head = stream.read(kinds.HEAD_BYTES)
    stream.seek(0)
    with _without_warnings():
        try:
            image = Image.open(stream)
        except UnidentifiedImageError:
            if head.startswith(kinds.TIFF_SIGNATURES):
                return None
            plugin = kinds.needed_plugin(head)
            if plugin is None:
                raise
            image = _open_by_plugin(plugin, file, stream)
        check_size(image.width, image.height, file.name)
        if image.format == "TIFF":
            tiff.check_is_full_size(image, file.label)
        return image


def _open_by_plugin(plugin: kinds.Plugin, file: FileSource, stream: Stream) -> ImageFile.ImageFile:
    """Register a plug-in, and read the header of an image file that Pillow did not recognize without it."""
    if not (kinds.is_supported(plugin) or kinds.register(plugin)):
        raise InputError(f"{file.label} is {plugin.kind}, which needs a package to be read; run {kinds.INSTALL}.")
    try:
        return Image.open(stream)
    except UnidentifiedImageError as error:
        raise InputError(f"{file.label} is {plugin.kind}, but damaged; get the file again.") from error


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Ignore Pillow's warnings: the size is checked here, and damaged metadata does not affect pixels.

    Warning filters belong to the whole process, so only one thread at a time may change them. Pixels are decoded
    outside of this, by all threads at once.
    """
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _named_space(image: Image.Image, stream: Stream, name: str) -> ColorSpace | None:
    """Return the color space that a file names by code points, which Pillow does not read; None if it does not."""
    codes, position = None, stream.tell()
    if image.format == "PNG":
        codes = png_code_points(stream)
    elif image.format in ("AVIF", "HEIF") and "icc_profile" not in image.info:
        codes = heif_code_points(stream)
    stream.seek(position)
    return space_of_code_points(codes, name)


def _dpi_of(image: Image.Image) -> float | None:
    """Return the horizontal resolution in dots per inch; None if the file has no plausible value."""
    value = image.getexif().get(ExifTags.Base.XResolution)
    # For JPEG files without a resolution, Pillow reports 72.
    if value is None and ("jfif" not in image.info or image.info.get("jfif_unit")):
        value = image.info.get("dpi", (0, 0))[0]
    return plausible_dpi(float(value)) if value else None
