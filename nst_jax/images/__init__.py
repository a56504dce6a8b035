"""Images: reading and writing files, resizing, masks, colors.

An image is a float32 array (height, width, 3) of sRGB values in [0, 1]. Only this package uses Pillow.
"""

from nst_jax.images.picture import RGB, Alpha, Picture, PictureWarning, Planes
from nst_jax.images.reading import MAX_PIXELS, Source, read, shape_of
from nst_jax.images.resizing import cover, crop, fitted_size, pad_reflect, resize, shrink

__all__ = [
    "MAX_PIXELS",
    "RGB",
    "Alpha",
    "Picture",
    "PictureWarning",
    "Planes",
    "Source",
    "cover",
    "crop",
    "fitted_size",
    "pad_reflect",
    "read",
    "resize",
    "shape_of",
    "shrink",
]
