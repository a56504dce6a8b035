"""The autoencoder of the grade: pure functions of a pytree of parameters.

The encoder turns a picture of 64x64 pixels into a code of 8x8 positions with 16 channels, a twelfth of the numbers; the
decoder, which only the training needs, turns the code back into the picture. So a code tells colors and where things
are, and little of strokes.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Images = Float[Array, "n 64 64 3"]
Codes = Float[Array, "n 8 8 16"]
Parameters = dict[str, Any]

# Side of the pictures and of the codes, and the channels of the codes.
SIDE, CODE_SIDE, CHANNELS = 64, 8, 16
# Side of the kernel, input channels, output channels and stride of each convolution of the encoder, in order.
ENCODER = {
    "half": (4, 3, 24, 2),
    "quarter": (4, 24, 40, 2),
    "eighth": (4, 40, 56, 2),
    "inner": (3, 56, 56, 1),
    "code": (1, 56, CHANNELS, 1),
}
# The same of the decoder, with the factor by which each convolution's input is enlarged.
DECODER = {
    "entrance": (3, CHANNELS, 56, 1),
    "eighth": (3, 56, 56, 1),
    "quarter": (3, 56, 32, 2),
    "half": (3, 32, 16, 2),
    "output": (3, 16, 3, 2),
}


def parameter_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of the encoder's parameters by their names, such as "half/kernel"."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (side, inputs, outputs, _) in ENCODER.items():
        shapes |= {f"{name}/kernel": (side, side, inputs, outputs), f"{name}/bias": (outputs,)}
    return shapes


def random_parameters(seed: int) -> Parameters:
    """Return the parameters to train from, {"encoder": ..., "decoder": ...}, by He et al. 2015."""
    generator = np.random.default_rng(seed)

    def layer(side: int, inputs: int, outputs: int) -> dict[str, Array]:
        kernel = generator.normal(0, np.sqrt(2 / (side**2 * inputs)), (side, side, inputs, outputs))
        return {"kernel": jnp.asarray(kernel, jnp.float32), "bias": jnp.zeros(outputs)}

    return {
        part: {name: layer(*shape[:3]) for name, shape in layers.items()}
        for part, layers in (("encoder", ENCODER), ("decoder", DECODER))
    }


def encode(parameters: Parameters, images: Images) -> Codes:
    """Compute the codes of pictures.

    Args:
        parameters: of the encoder.
        images: RGB in [0, 1].
    """
    x = 2 * images - 1
    for name, (*_, stride) in ENCODER.items():
        x = _convolve(x, parameters[name], stride)
        x = x if name == "code" else jax.nn.relu(x)
    return x


def decode(parameters: Parameters, codes: Codes) -> Images:
    """Compute pictures from codes, RGB that is nominally in [0, 1] but not clipped.

    Args:
        parameters: of the decoder.
        codes: from `encode`.
    """
    x = codes
    for name, (*_, factor) in DECODER.items():
        if factor > 1:
            x = jax.image.resize(x, (len(x), factor * x.shape[1], factor * x.shape[2], x.shape[3]), "linear")
        x = _convolve(x, parameters[name], 1)
        x = x if name == "output" else jax.nn.relu(x)
    return (x + 1) / 2


def standardized(parameters: Parameters, images: Images) -> Parameters:
    """Return an encoder whose codes have a mean of 0 and a standard deviation of 1 in each channel.

    Args:
        parameters: of the encoder.
        images: the pictures over which the mean and the deviation are taken.
    """
    codes = encode(parameters, images)
    mean, deviation = jnp.mean(codes, (0, 1, 2)), jnp.std(codes, (0, 1, 2)) + 1e-6
    last = parameters["code"]
    scaled = {
        "kernel": last["kernel"] / deviation.reshape(1, 1, 1, -1),
        "bias": (last["bias"] - mean) / deviation,
    }
    return parameters | {"code": scaled}


def _convolve(
    x: Float[Array, "n h w c"], layer: dict[str, Float[Array, "..."]], stride: int
) -> Float[Array, "n h2 w2 d"]:
    """Convolve with the edge values repeated at the borders, which zeros would make unlike the inside."""
    kernel = layer["kernel"]
    # Windows of four pixels at stride 2 need one more pixel on each side, like those of three at stride 1.
    border = (kernel.shape[0] - 1) // 2
    padded = jnp.pad(x, ((0, 0), (border, border), (border, border), (0, 0)), mode="edge")
    y = jax.lax.conv_general_dilated(
        padded, kernel, (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return y + layer["bias"].reshape(1, 1, 1, -1)
