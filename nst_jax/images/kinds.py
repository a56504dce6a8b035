"""Kinds of image files: by their first bytes, by their suffixes, and the Pillow plug-ins that some kinds need."""

import functools
import importlib
import io
from typing import NamedTuple

from PIL import Image, features

# A file that is open for reading bytes, and can go back to its beginning.
Stream = io.BufferedReader | io.BytesIO
# The formats of Pillow that hold pictures; others are documents, videos, fonts, icons or measurements.
PICTURE_FORMATS = frozenset(
    ("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "PSD", "QOI", "SGI", "SUN", "TGA", "TIFF",
     "WEBP")
)  # fmt: skip
# These are listed whether a plug-in is installed or not, so that such a file is never passed over without a word.
PLUGIN_SUFFIXES = frozenset((".avif", ".heic", ".heif", ".hif", ".jxl"))
# The major brands of ISO/IEC 23008-12 and of AV1 Image File Format; "mif1" and "msf1" say that other brands follow.
AVIF_BRANDS = (b"avif", b"avis")
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2")
JXL_SIGNATURES = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What to run for the packages that some kinds need.
INSTALL = "pip install 'nst-jax[formats]'"
# Enough for the brands of any file.
HEAD_BYTES = 64


class Plugin(NamedTuple):
    """A package that teaches Pillow a kind of file.

    Attributes:
        kind: the kind of file with its article, for messages.
        format: Pillow's name of the kind.
        module: the module to import.
        register: the function of the module that registers it with Pillow; empty if the import does.
    """

    kind: str
    format: str
    module: str
    register: str


HEIF = Plugin("a HEIC file", "HEIF", "pillow_heif", "register_heif_opener")
JXL = Plugin("a JPEG XL file", "JXL", "pillow_jxl", "")
# Since release 11.3, Pillow reads AVIF itself.
AVIF = Plugin("an AVIF file", "AVIF", "pillow_avif", "")


def is_supported(plugin: Plugin) -> bool:
    """Tell whether Pillow reads a kind of file by now."""
    # The opener of AVIF is registered even where Pillow was built without it.
    return plugin.format in Image.OPEN and (plugin.format != "AVIF" or bool(features.check("avif")))


def needed_plugin(head: bytes) -> Plugin | None:
    """Return the plug-in that a file may need, by its first HEAD_BYTES bytes; None if Pillow needs none for it."""
    if head.startswith(JXL_SIGNATURES):
        return JXL
    if head[4:8] != b"ftyp":
        return None
    # The major brand, its version, and the brands that the file is compatible with.
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[start : start + 4] for start in range(16, end, 4))]
    if any(brand in AVIF_BRANDS for brand in brands):
        return AVIF
    return HEIF if any(brand in HEIF_BRANDS for brand in brands) else None


@functools.cache
def register(plugin: Plugin) -> bool:
    """Register a plug-in with Pillow, once; return whether it is installed."""
    try:
        module = importlib.import_module(plugin.module)
    except ImportError:
        return False
    if plugin.register:
        getattr(module, plugin.register)()
    return True


@functools.cache
def readable_suffixes() -> frozenset[str]:
    """Return the suffixes of picture files, in lower case with a dot, such as ".jpg".

    Files that need a plug-in (`pip install 'nst-jax[formats]'`) are among them, installed or not: reading such a file
    says what is missing.
    """
    Image.init()
    # Pillow opens MPO files as JPEG.
    formats = PICTURE_FORMATS & set(Image.OPEN) | {"MPO"}
    known = {suffix for suffix, format_ in Image.registered_extensions().items() if format_ in formats}
    return frozenset(known | PLUGIN_SUFFIXES)
