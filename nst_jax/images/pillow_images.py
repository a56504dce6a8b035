"""Pillow images as images: modes, bit depths, transparency and color profiles."""

import io
import warnings

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageCms, ImageOps

from nst_jax.errors import InputError
from nst_jax.images.color_spaces import ColorSpace, space_of_png
from nst_jax.images.picture import RGB, Alpha, Picture, PictureWarning
from nst_jax.recipes.types import MAX_DPI

# Larger images are rejected before they are decoded, because a small file can contain an image that fills the memory.
MAX_PIXELS = 180_000_000

GrayOrRGB = Float[np.ndarray, "_ _ _"]


def check_size(width: int, height: int, name: str) -> None:
    """Check that an image is not too large to be decoded.

    Raises:
        InputError: when it has more than MAX_PIXELS pixels.
    """
    if width * height > MAX_PIXELS:
        raise InputError(too_large(name))


def too_large(name: str) -> str:
    """Return the message for an image of more than MAX_PIXELS pixels."""
    return f"{name} has more than {MAX_PIXELS // 1_000_000} million pixels; make it smaller first."


def plausible_dpi(dpi: float) -> float | None:
    """Return a resolution in dots per inch, rounded; None for one that is impossible, or unknown."""
    # Some programs write 1 for an unknown resolution.
    return round(dpi, 2) if 1 < dpi <= MAX_DPI else None


def picture_of_pillow(image: Image.Image, name: str, space: ColorSpace | None = None) -> Picture:
    """Make an image of a Pillow image: apply its orientation and convert its colors to sRGB.

    Args:
        image: an image of any mode.
        name: the name of the image, for messages too.
        space: the color space that a file names besides what Pillow read; it has precedence over the profile. If it is
            None, the profile and the gamma that Pillow read are used.

    Raises:
        InputError: when the image is too large, or has values beyond the range of a picture.
    """
    check_size(image.width, image.height, name)
    image = ImageOps.exif_transpose(image)
    profile = None if space else image.info.get("icc_profile")
    if not space:
        space = ColorSpace() if profile else space_of_png(image.info, name)
    if image.mode.startswith(("I", "F")):
        gray = _high_depth_gray(image, name)
        # The color of a gray image that stands for transparency (PNG).
        transparent = image.info.get("transparency")
        alpha = None if transparent is None else (np.asarray(image) != transparent).astype(np.float32)
        colors = np.repeat((gray_through_profile(gray, profile, name) if profile else gray)[..., None], 3, axis=2)
    else:
        image, alpha = _split(image)
        colors = np.asarray(_to_srgb(image, profile, name).convert("RGB"), np.float32) / 255
    return Picture.from_colors(space.to_srgb(colors), alpha, name)


def _split(image: Image.Image) -> tuple[Image.Image, Alpha | None]:
    """Separate the transparency of an image, which is then gray or RGB."""
    if not image.has_transparency_data:
        return image, None
    if image.mode == "La":
        image = image.convert("LA")
    elif image.mode == "P":
        # Without this step, Pillow warns of the transparency that it drops.
        image = image.convert("RGBA")
    alpha = np.asarray(image.convert("RGBA").getchannel("A"), np.float32) / 255
    # A grayscale profile fits only a grayscale image.
    return image.convert("L" if image.mode == "LA" else "RGB"), alpha


def _high_depth_gray(image: Image.Image, name: str) -> Float[np.ndarray, "_ _"]:
    """Return the values of a grayscale image of 16 or 32 bits, which Pillow would clip when converting it.

    Returns:
        (height, width) float32 in [0, 1].
    """
    values = np.asarray(image)
    if image.mode.startswith("I") and values.min() >= 0 and values.max() <= 65535:
        return (values.astype(np.uint16) / np.float32(65535)).astype(np.float32)
    if image.mode == "F" and np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1:
        return values
    raise InputError(beyond_range(name))


def beyond_range(name: str) -> str:
    """Return the message for an image whose values are not in [0, 1], or not in 0 to 65535 for integers."""
    return (
        f"{name} holds values beyond the range of a picture, which is 0 to 1 for floats and 0 to 65535 for "
        "integers; save it with 8 or 16 bits."
    )


def gray_through_profile(gray: Float[np.ndarray, "*_"], profile: bytes, name: str) -> Float[np.ndarray, "*_"]:
    """Convert gray values of more than 8 bits to sRGB: through the profile's curve, interpolated from 256 values.

    Args:
        gray: values in [0, 1].
        profile: an ICC profile of a gray space.
        name: the file's name for warnings.
    """
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    curve = np.asarray(_to_srgb(ramp, profile, name).convert("L"))[0]
    return np.interp(gray, np.linspace(0, 1, 256), curve / 255).astype(np.float32)


def _to_srgb(image: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    if not profile:
        return image
    if image.mode in ("1", "P"):
        image = image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError):
        warnings.warn(
            f"The color profile in {name} is damaged or does not fit; its colors are taken as sRGB.",
            PictureWarning,
            stacklevel=5,
        )
        return image


def rgb_through_profile(colors: RGB, profile: bytes, name: str) -> RGB:
    """Convert colors by an ICC profile to sRGB, with 8 bits, which is what the color management of Pillow has.

    Args:
        colors: (height, width, 3) in [0, 1].
        profile: an ICC profile.
        name: the file's name for warnings.
    """
    image = Image.fromarray((colors * 255 + 0.5).astype(np.uint8))
    converted = _to_srgb(image, profile, name)
    # Colors of a profile that cannot be used keep their depth.
    return colors if converted is image else np.asarray(converted.convert("RGB"), np.float32) / 255
