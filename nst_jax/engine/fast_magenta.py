"""Magenta's network, with weights of the user's, as a method of `fast_run`."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images.masks import Planes
from nst_jax.images.picture import RGB
from nst_jax.networks.magenta.stylizer import STYLE_SIZE, MagentaNetwork
from nst_jax.networks.weights.magenta.parameters import MagentaWeights
from nst_jax.objective.programs import make_room, program

# One style vector for each region.
Vectors = Float[Array, "regions 100"]

_loaded: dict[str, MagentaNetwork] = {}


class MagentaMethod:
    """The network of Ghiasi et al. 2017; see `fast_run.FastMethod`.

    It has no regions of its own: each region's style is computed for the whole image, and the results are blended.

    Args:
        weights: the parameters.
    """

    def __init__(self, weights: MagentaWeights):
        if weights.sha256 not in _loaded:
            _loaded[weights.sha256] = MagentaNetwork(weights)
        self._network = _loaded[weights.sha256]

    def code(self, style: RGB, planes: Planes | None) -> Vectors:
        """Compute the vector of a style image, the same for all regions.

        Raises:
            InputError: when regions take their style from parts of the image.
        """
        if planes is not None and planes.min() < 1:
            raise InputError("Magenta's network takes the style of a whole picture; leave --style-mask out.")
        count = 1 if planes is None else len(planes)
        return jnp.tile(self._vector(style), (count, 1))

    def mix(self, codes: Sequence[Vectors], shares: Float[np.ndarray, "styles regions"]) -> Vectors:
        """Mix the vectors of several styles by their weights in each region."""
        return jnp.einsum("sr,src->rc", shares, jnp.stack(codes))

    def stylize(
        self, contents: list[RGB], codes: list[Vectors], strength: float, planes: Planes | None, seed: int
    ) -> list[RGB]:
        """Stylize images of one size; a strength below 1 mixes in the vector of the content itself."""
        del seed  # the network has no noise
        make_room(("magenta", contents[0].shape))
        if strength == 0:
            return contents
        results = []
        for content, vectors in zip(contents, codes * (len(contents) // len(codes)), strict=True):
            own = self._vector(content) if strength < 1 else vectors[0]
            mixed = strength * vectors + (1 - strength) * own
            of_regions = [np.asarray(_transform(self._network, content[None], vector[None]))[0] for vector in mixed]
            results.append(of_regions[0] if planes is None else _blended(of_regions, planes))
        return results

    def identity(self) -> dict[str, str]:
        """Return nothing: the weights are the whole network."""
        return {}

    def _vector(self, image: RGB) -> Float[Array, "100"]:
        resized = images.resize(image, *images.fitted_size(image.shape, STYLE_SIZE, "short"))
        return _style_vector(self._network, resized)


@program()
def _style_vector(network: MagentaNetwork, image: Float[Array, "h w 3"]) -> Float[Array, "100"]:
    return network.style_vector(image)


@program()
def _transform(
    network: MagentaNetwork, contents: Float[Array, "n h w 3"], vectors: Float[Array, "n 100"]
) -> Float[Array, "n h w 3"]:
    return network.transform(contents, vectors)


def _blended(of_regions: list[RGB], planes: Planes) -> RGB:
    """Blend the images of all regions by how much each pixel belongs to each region."""
    weights = planes + np.float32(1e-6)
    total = weights.sum(0)
    blended: RGB = sum(weight[..., None] * image for weight, image in zip(weights, of_regions, strict=True))
    return blended / total[..., None]
