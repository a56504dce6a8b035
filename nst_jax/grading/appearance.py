"""What the grade knows of a picture: what it shows, how it is painted, and where its colors are.

Every picture is seen as if it were SIDE pixels high or wide, so that grades hardly depend on the size of a file.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.grading import autoencoder
from nst_jax.images.picture import RGB
from nst_jax.losses import Gaussian, gaussian, mix_statistics
from nst_jax.networks.vgg import VGG

# Short side in pixels at which pictures are seen; the least that a picture must have.
SIDE, LEAST_SIDE = 160, 16
CONTENT_LAYER = "relu4_1"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
# A longer picture is looked at in so many squares at most, at even distances.
MOST_SQUARES = 8


class Texture(NamedTuple):
    """The normal distribution of the features of one layer, in double precision.

    Attributes:
        mean: (channels,).
        root: the square root of the covariance, (channels, channels).
        power: the mean square of the features, summed over the channels.
    """

    mean: Float[np.ndarray, " channels"]
    root: Float[np.ndarray, "channels channels"]
    power: float


class Features(NamedTuple):
    """What the network sees in a picture.

    Attributes:
        content: the features of CONTENT_LAYER over a square into which the whole picture is squeezed: the largest in
            each window of 3x3 positions, because hands are not exact, and without the mean of each channel.
        textures: the features of STYLE_LAYERS, whatever their position; the picture is not squeezed for them.
    """

    content: Float[np.ndarray, "rows columns channels"]
    textures: tuple[Texture, ...]


Code = Float[np.ndarray, "8 8 16"]


def visible_side(*pictures: RGB) -> int:
    """Return the short side in pixels at which the pictures can be compared: what the smallest of them has.

    Raises:
        InputError: when a picture has too few pixels.
    """
    side = min(SIDE, *(min(picture.shape[:2]) for picture in pictures))
    if side < LEAST_SIDE:
        raise InputError(
            f"A picture of less than {LEAST_SIDE} pixels on a side is too small to be graded; give a larger one."
        )
    return side


def features(picture: RGB, side: int, network: VGG) -> Features:
    """Describe what a picture shows and how it is painted.

    Args:
        picture: of at least LEAST_SIDE pixels on each side.
        side: the short side, from `visible_side`, to which the picture is shrunk first, so that it has no more detail
            than the one that it is compared with.
        network: the network whose features are compared.
    """
    seen = images.resize(picture, *images.fitted_size(picture.shape, side, "short"))
    parts = [_features(network, part) for part in _squares(seen)]
    # A square picture is its only square, and is not distorted when it is squeezed.
    is_square = seen.shape[0] == seen.shape[1]
    content, _ = parts[0] if is_square else _features(network, images.resize(seen, SIDE, SIDE))
    equal = jnp.full(len(parts), 1 / len(parts))
    mixed = [mix_statistics([statistics[layer] for _, statistics in parts], equal) for layer in STYLE_LAYERS]
    return Features(np.asarray(content), tuple(_texture(*each) for each in mixed))


def code(picture: RGB, side: int, encoder: autoencoder.Parameters) -> Code:
    """Describe where the colors of a picture are.

    Args:
        picture: as for `features`.
        side: likewise.
        encoder: the parameters of the autoencoder's encoder.
    """
    seen = images.resize(picture, *images.fitted_size(picture.shape, side, "short"))
    # By way of the square that the network sees, so that the size of the file makes no difference.
    squeezed = images.resize(seen, SIDE, SIDE)
    return np.asarray(_code(encoder, images.resize(squeezed, autoencoder.SIDE, autoencoder.SIDE)))


def _squares(picture: RGB) -> list[RGB]:
    """Cut squares of SIDE pixels that cover a picture together, without distortion."""
    scaled = images.resize(picture, *images.fitted_size(picture.shape, SIDE, "short"))
    axis = int(scaled.shape[1] > scaled.shape[0])
    room = scaled.shape[axis] - SIDE
    count = min(MOST_SQUARES, math.ceil(scaled.shape[axis] / SIDE))
    starts = [round(room * number / max(1, count - 1)) for number in range(count)]
    return [np.ascontiguousarray(np.take(scaled, range(start, start + SIDE), axis)) for start in starts]


@jax.jit
def _features(
    network: VGG, image: Float[Array, "side side 3"]
) -> tuple[Float[Array, "rows columns channels"], dict[str, Gaussian]]:
    activations = network(image, STYLE_LAYERS)
    content = activations[CONTENT_LAYER]
    tolerant = jax.lax.reduce_window(content, -jnp.inf, jax.lax.max, (3, 3, 1), (1, 1, 1), "SAME")
    centered = tolerant - jnp.mean(tolerant, (0, 1), keepdims=True)
    return centered, {layer: gaussian(activations[layer]) for layer in STYLE_LAYERS}


@jax.jit
def _code(encoder: autoencoder.Parameters, image: Float[Array, "64 64 3"]) -> Float[Array, "8 8 16"]:
    return autoencoder.encode(encoder, image[None])[0]


def _texture(*statistics: Float[Array, "..."]) -> Texture:
    mean, covariance = (np.asarray(each, np.float64) for each in statistics)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return Texture(mean, root, float(mean @ mean + np.sum(root**2)))
