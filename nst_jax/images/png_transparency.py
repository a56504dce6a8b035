"""The transparent color of PNG files (chunk tRNS), where Pillow compares it with pixels of another depth."""

import numpy as np
from PIL import Image, ImageFile

from nst_jax.images.kinds import Stream

# The modes in which Pillow unpacks gray pixels of less than 8 bits, and their largest values.
LOW_DEPTHS = {"L;2": 3, "L;4": 15}


def decode(image: ImageFile.ImageFile, stream: Stream) -> None:
    """Decode the pixels of a PNG file, in place, so that its transparent color is the right one.

    Afterwards, Pillow takes the right pixels for transparent, except gray ones of 16 bits, whose transparent color is
    left in `info["transparency"]`.

    Args:
        image: the image, opened by Pillow but not loaded.
        stream: the file.
    """
    raw_mode = image.tile[0][3] if image.tile else ""
    transparent = image.info.get("transparency")
    image.load()
    if transparent is None:
        return
    if raw_mode in LOW_DEPTHS:
        # The color has the depth of the file, but Pillow has scaled the pixels to 8 bits.
        image.info["transparency"] = transparent * 255 // LOW_DEPTHS[raw_mode]
    elif raw_mode == "RGB;16B":
        # Pillow has kept 8 bits of the pixels, so that many colors look like the transparent one.
        alpha = np.any(_deep_pixels(stream) != np.asarray(transparent), axis=2)
        del image.info["transparency"]
        info = image.info
        image.putalpha(Image.fromarray(alpha.astype(np.uint8) * 255))
        image.info = info


def _deep_pixels(stream: Stream) -> np.ndarray:
    """Return the pixels of an RGB file of 16 bits, (height, width, 3) uint16."""
    import png  # only here, because few files have a transparent color of this depth

    stream.seek(0)
    width, height, rows, _ = png.Reader(file=stream).read()
    return np.array([np.asarray(row, np.uint16) for row in rows]).reshape(height, width, 3)
