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
