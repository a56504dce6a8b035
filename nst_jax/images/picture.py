"""The picture as an array: sRGB in [0, 1], with transparency and metadata."""

import dataclasses
import functools
import hashlib

import numpy as np
from jaxtyping import Float

RGB = Float[np.ndarray, "_ _ 3"]


Alpha = Float[np.ndarray, "_ _"]


Planes = Float[np.ndarray, "_ _ *_"]


class PictureWarning(UserWarning):
    """A picture was read, but not all that is in it."""


@dataclasses.dataclass(frozen=True)
class SourceInfo:
    """What remains to be known of an image after its pixels are no longer needed.

    Attributes:
        name: the file's name without its folder, or what kind of object it was.
        sha256: hash of its pixels, in hexadecimal; see `Picture.sha256`.
        shape: (height, width) in pixels.
        dpi: dots per inch, if the file says so.
    """

    name: str
    sha256: str
    shape: tuple[int, int]
    dpi: float | None


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image and, if it has any, its transparency.

    Attributes:
        rgb: (height, width, 3) float32, sRGB in [0, 1]; transparent pixels are laid over white.
        alpha: (height, width) float32 in [0, 1], 1 where opaque; None for a picture without transparency.
        name: the file's name, or what kind of object it was.
        dpi: dots per inch, if the file says so.
        origin: the image that this one was made from, such as by padding it; None for an image as it was read.
    """

    rgb: RGB
    alpha: Alpha | None = None
    name: str = "array"
    dpi: float | None = None
    origin: SourceInfo | None = None

    @functools.cached_property
    def sha256(self) -> str:
        """Hash of the pixels, independent of the kind of file that they came in."""
        return hashlib.sha256(self.rgb.tobytes()).hexdigest()

    @functools.cached_property
    def info(self) -> SourceInfo:
        """Its name, hash, shape and resolution, or those of the image that it was made from."""
        height, width = self.rgb.shape[:2]
        return self.origin or SourceInfo(self.name, self.sha256, (height, width), self.dpi)
