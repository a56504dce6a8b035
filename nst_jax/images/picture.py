"""Images as arrays: sRGB in [0, 1], with transparency and metadata."""

import dataclasses
import functools
import hashlib
from typing import Any

import numpy as np
from jaxtyping import Float

from nst_jax.images.transparency import on_white, solid_colors

RGB = Float[np.ndarray, "_ _ 3"]
Alpha = Float[np.ndarray, "_ _"]
# An image of any number of channels, or of none, such as RGB or Alpha.
Planes = Float[np.ndarray, "_ _ *_"]


class PictureWarning(UserWarning):
    """An image was read, but part of its file could not be used."""


@dataclasses.dataclass(frozen=True)
class SourceInfo:
    """The metadata of an image, without its pixels.

    Attributes:
        name: the file's name without its folder, or the kind of object that the image was read from.
        sha256: hash of the pixels, in hexadecimal; see `Picture.sha256`.
        shape: (height, width) in pixels.
        dpi: dots per inch, if the file says so.
    """

    name: str
    sha256: str
    shape: tuple[int, int]
    dpi: float | None


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """An image and, if it has any, its transparency.

    Attributes:
        rgb: (height, width, 3) float32, sRGB in [0, 1]; transparent pixels are blended with white. `solid` has the
            colors without the white.
        alpha: (height, width) float32 in [0, 1], 1 where opaque; None for an image without transparency.
        name: the file's name, or the kind of object that the image was read from.
        dpi: dots per inch, if the file says so.
        origin: the image that this one was derived from, for example by padding; None for an image as it was read.
    """

    rgb: RGB
    alpha: Alpha | None = None
    name: str = "array"
    dpi: float | None = None
    origin: SourceInfo | None = None

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 of the pixels in hexadecimal, independent of the file format."""
        return hashlib.sha256(self.rgb.tobytes()).hexdigest()

    @functools.cached_property
    def solid(self) -> RGB:
        """The image to work on if its transparency is put back afterwards, (height, width, 3) float32 in [0, 1].

        Edges have their own colors, without white, and these go on where the image is transparent; `rgb` if it is
        opaque. See `transparency.solid_colors`.
        """
        return self.rgb if self.alpha is None else solid_colors(self.rgb, self.alpha)

    @classmethod
    def from_colors(cls, colors: RGB, alpha: Alpha | None, name: str = "array", **metadata: Any) -> "Picture":
        """Make an image of colors that are not multiplied by their opacity, by laying them on white.

        Args:
            colors: (height, width, 3) in [0, 1].
            alpha: (height, width) in [0, 1]; None, or 1 everywhere, for an opaque image.
            name: see `Picture`.
            metadata: the other attributes.
        """
        if alpha is None or alpha.min() == 1:
            return cls(np.ascontiguousarray(colors, np.float32), None, name, **metadata)
        return cls(on_white(colors, alpha), np.ascontiguousarray(alpha, np.float32), name, **metadata)

    @functools.cached_property
    def info(self) -> SourceInfo:
        """The metadata of this image, or of the image that it was derived from."""
        height, width = self.rgb.shape[:2]
        return self.origin or SourceInfo(self.name, self.sha256, (height, width), self.dpi)
