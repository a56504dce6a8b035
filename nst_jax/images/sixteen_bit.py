"""PNG and TIFF files with 16 bits per channel, which Pillow cannot write."""

import io
import zlib
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt16

INCHES_PER_METER = 39.37007874

Deep = UInt16[np.ndarray, "height width channels"]


def write_png(file: io.BytesIO, values: Deep, texts: Mapping[str, str], profile: bytes, dpi: float | None) -> None:
    """Write a PNG file.

    Args:
        file: where the bytes are written.
        values: (height, width, 3), or (height, width, 4) with transparency.
        texts: text chunks by keyword, of Latin-1 characters.
        profile: an ICC profile.
        dpi: dots per inch to record; None records nothing.
    """
    import png  # only here, because few runs write 16 bits

    height, width, channels = values.shape
    density = None if dpi is None else round(dpi * INCHES_PER_METER)
    writer = png.Writer(
        width,
        height,
        greyscale=False,
        alpha=channels == 4,
        bitdepth=16,
        x_pixels_per_unit=density,
        y_pixels_per_unit=density,
        unit_is_meter=density is not None,
    )
    buffer = io.BytesIO()
    writer.write_packed(buffer, [row.astype(">u2").tobytes() for row in values.reshape(height, -1)])
    buffer.seek(0)
    header, *rest = png.Reader(file=buffer).chunks()
    # The profile must precede the pixels (PNG specification, 5.6).
    metadata = [(b"iCCP", b"sRGB\0\0" + zlib.compress(profile))]
    metadata += [(b"tEXt", key.encode("latin-1") + b"\0" + text.encode("latin-1")) for key, text in texts.items()]
    png.write_chunks(file, [header, *metadata, *rest])


def write_tiff(file: io.BytesIO, values: Deep, description: str, profile: bytes, dpi: float | None) -> None:
    """Write a TIFF file with lossless compression.

    Args:
        file: where the bytes are written.
        values: (height, width, 3), or (height, width, 4) with transparency.
        description: text of the image description, of ASCII characters.
        profile: an ICC profile.
        dpi: dots per inch to record; None records nothing.
    """
    import tifffile

    tifffile.imwrite(
        file,
        values,
        photometric="rgb",
        extrasamples=["unassalpha"] if values.shape[2] == 4 else None,
        compression="zlib",
        description=description,
        iccprofile=profile,
        resolution=None if dpi is None else (dpi, dpi),
        resolutionunit=None if dpi is None else "INCH",
        software="nst-jax",
        metadata=None,
    )
