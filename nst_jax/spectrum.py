"""Pictures with their spectrum reshaped: coarse structure louder, or back again.

Natural pictures, and the changes that turn one into another, have amplitudes that fall with frequency. An optimiser
that measures all pixels alike spends its steps on the fine grain; one that works on the reshaped picture moves coarse
and fine structure at a like pace (Olah, Mordvintsev & Schubert 2017, "Feature Visualization", on preconditioning).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

Picture = Float[Array, "height width 3"]

# Below this frequency, in cycles per pixel, the gain grows no further.
FLOOR = 1 / 64
NYQUIST = 0.5


def reshaped(picture: Picture, exponent: float) -> Picture:
    """The picture with each frequency f multiplied by (f^2 + FLOOR^2)^(-exponent / 2), over what NYQUIST is by it.

    A linear, symmetric, positive definite map; with the exponent's sign turned, its inverse. 0 changes nothing.

    Args:
        picture: (height, width, 3), any range; its edges are taken to wrap around.
        exponent: positive makes coarse structure louder, negative fine structure.
    """
    if exponent == 0:
        return picture
    height, width, _ = picture.shape
    rows = jnp.fft.fftfreq(height, dtype=picture.dtype).reshape(-1, 1, 1)
    columns = jnp.fft.rfftfreq(width, dtype=picture.dtype).reshape(1, -1, 1)
    gain = ((rows**2 + columns**2 + FLOOR**2) / (NYQUIST**2 + FLOOR**2)) ** (-exponent / 2)
    axes = (0, 1)
    return jnp.fft.irfft2(jnp.fft.rfft2(picture, axes=axes) * gain, s=(height, width), axes=axes)
