"""Images: reading and writing files, resizing, masks, colors.

An image is a float32 array (height, width, 3) of sRGB values in [0, 1]. Only this package uses Pillow.
"""

from nst_jax.images.kinds import readable_suffixes
from nst_jax.images.mask_reading import read_mask
from nst_jax.images.picture import RGB, Alpha, Picture, PictureWarning, Planes
from nst_jax.images.reading import MAX_PIXELS, Source, read, read_image, shape_of
from nst_jax.images.resizing import cover, crop, enlarge_smoothly, fitted_size, pad_reflect, resize, shrink
from nst_jax.images.smoothing import smooth_chroma, smooth_chroma_keeping
from nst_jax.images.transparency import on_white
from nst_jax.images.writing import read_provenance, save_image

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
    "enlarge_smoothly",
    "fitted_size",
    "on_white",
    "pad_reflect",
    "read",
    "read_image",
    "read_mask",
    "read_provenance",
    "readable_suffixes",
    "resize",
    "save_image",
    "shape_of",
    "shrink",
    "smooth_chroma",
    "smooth_chroma_keeping",
]
