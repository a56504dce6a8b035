"""Magenta's whole network: style vectors of paintings, and photographs in the style of such a vector."""

from pathlib import Path

import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from nst_jax.errors import InputError
from nst_jax.networks.magenta import transformer
from nst_jax.networks.magenta.predictor import StyleParameters, StylePredictor
from nst_jax.networks.weights.magenta import hdf5
from nst_jax.networks.weights.magenta.parameters import MagentaWeights

# The shorter side that magenta's programs shrink or enlarge a painting to before they predict its style. Pixels at a
# larger size give another vector, of finer strokes.
STYLE_SIZE = 256


class MagentaNetwork(nnx.Module):
    """A network for any style in one pass; a module that can be passed as an argument through jit.

    A style is a vector of 100 numbers. Mixtures and intermediate strengths are weighted means of vectors: for a
    strength below 1, mix the vector of the painting with that of the photograph itself, as magenta does.

    Args:
        weights: the parameters.
        dtype: the dtype of the parameters; images must have the same.
    """

    def __init__(self, weights: MagentaWeights, dtype: DTypeLike = jnp.float32):
        self.predictor = StylePredictor(weights, dtype)
        self.style_parameters = StyleParameters(weights, dtype)
        self.transformer = transformer.Transformer(weights, dtype)

    def style_vector(self, style_image: Float[Array, "h w 3"]) -> Float[Array, "100"]:
        """Compute the style vector of a painting.

        Args:
            style_image: RGB in [0, 1], whose shorter side should have STYLE_SIZE pixels.

        Raises:
            InputError: if it is too small for the predictor.
        """
        _check_size(style_image.shape[0], style_image.shape[1], self.predictor.min_size, "style")
        return self.predictor(style_image[None])[0]

    def transform(self, contents: Float[Array, "n h w 3"], vectors: Float[Array, "n 100"]) -> Float[Array, "n h w 3"]:
        """Stylize photographs, each with its own style vector.

        Args:
            contents: RGB in [0, 1], of any size.
            vectors: style vectors or weighted means of them.

        Returns:
            RGB in [0, 1].

        Raises:
            InputError: if the photographs are too small for the transformer.
        """
        _check_size(contents.shape[1], contents.shape[2], transformer.MIN_SIZE, "content")
        return self.transformer(contents, self.style_parameters(vectors))


def load_magenta(path: str | Path, dtype: DTypeLike = jnp.float32) -> MagentaNetwork:
    """Load a network from a file that nst-jax-convert has written.

    Its name and SHA-256 are those of the parameters, `hdf5.read(path)`; networks of one structure share their compiled
    programs, so the module does not have them.

    Args:
        path: the HDF5 file.
        dtype: the dtype of the parameters.

    Raises:
        InputError: if the file is missing, damaged, or some other file.
    """
    return MagentaNetwork(hdf5.read(Path(path).expanduser()), dtype)


def _check_size(height: int, width: int, least: int, role: str) -> None:
    if min(height, width) < least:
        raise InputError(
            f"The {role} image has {width}x{height} pixels, too few for magenta's network, which needs {least}x{least}."
        )
