"""The fast network as a whole: from content images and style codes to stylized images."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nst_jax.fast.decoder import ENTRANCES, NOISE, Inputs, Parameters, RegionWeights, decode, modulations, style_vector
from nst_jax.fast.regions import Planes, guide_of, region_guides, region_weights, whole
from nst_jax.fast.style_code import COVARIANCE_LAYERS, TRANSPORT_LAYERS, Image, StyleCode, code_vector
from nst_jax.fast.transport import AffineMap, apply_map, gaussian_map, moments_map
from nst_jax.losses.moments import moments
from nst_jax.losses.wasserstein import gaussian
from nst_jax.networks.vgg import VGG19

# The resolution of the deepest features; heights and widths of the content must be multiples of it.
STRIDE = max(ENTRANCES)

Images = Float[Array, "n height width 3"]


def transfer(
    network: VGG19,
    parameters: Parameters,
    contents: Images,
    codes: StyleCode,
    keys: Key[Array, " n"],
    planes: Planes | None = None,
) -> Images:
    """Stylize images in one pass.

    Args:
        network: the network that the decoder was trained with.
        parameters: of the decoder.
        contents: RGB in [0, 1], (n, height, width, 3), both multiples of STRIDE.
        codes: the style codes; each array has leading axes for the n images and the regions.
        keys: of the random numbers for each image's noise.
        planes: how much each pixel belongs to each region, the same for all images, (regions, height, width) in [0, 1];
            None for a single region that covers everything.

    Returns:
        RGB, nominally in [0, 1] but not clipped, of the shape of `contents`.
    """
    weights = whole() if planes is None else region_weights(planes)
    guides = None if planes is None else region_guides(planes)

    def inputs_of(content: Image, code: StyleCode, key: Key[Array, ""]) -> dict[int, Inputs]:
        return decoder_inputs(network, recolor(content, code, weights, guides), code, key, weights, guides)

    inputs = jax.vmap(inputs_of)(contents, codes, keys)
    vectors = style_vector(parameters, jax.vmap(jax.vmap(code_vector))(codes))
    return decode(parameters, inputs, modulations(parameters, vectors, weights))


def recolor(
    content: Image, code: StyleCode, weights: dict[int, RegionWeights], guides: dict[int, RegionWeights] | None
) -> Image:
    """Give each region of the content the mean and covariance of its style's colors, clipped to [0, 1]."""

    def map_of(region: int) -> AffineMap:
        own = gaussian(content, guide_of(guides, 1, region))
        return gaussian_map(own, jax.tree.map(lambda each: each[region], code.colors))

    return jnp.clip(_mapped(content, map_of, weights[1]), 0, 1)


def decoder_inputs(
    network: VGG19,
    recolored: Image,
    code: StyleCode,
    key: Key[Array, ""],
    weights: dict[int, RegionWeights],
    guides: dict[int, RegionWeights] | None,
) -> dict[int, Inputs]:
    """Compute the transported features of the recolored content, its colors and the noise at each resolution.

    Args:
        network: the network.
        recolored: RGB in [0, 1], (height, width, 3).
        code: the style code of each region, with a leading axis for the regions.
        key: of the random numbers.
        weights: for each stride, how much each position belongs to each region, with a sum of 1.
        guides: the same with a mean of 1 for each region; None for a single region that covers everything.
    """
    activations = network(recolored, TRANSPORT_LAYERS)
    inputs = {}
    for stride, layer in ENTRANCES.items():
        features = activations[layer]

        def map_of(region: int, features: Array = features, layer: str = layer, stride: int = stride) -> AffineMap:
            guide = guide_of(guides, stride, region)
            if layer in COVARIANCE_LAYERS:
                return gaussian_map(gaussian(features, guide), jax.tree.map(lambda x: x[region], code.gaussians[layer]))
            return moments_map(moments(features, guide=guide), jax.tree.map(lambda x: x[region], code.moments[layer]))

        height, width, _ = features.shape
        noise = jax.random.normal(jax.random.fold_in(key, stride), (height, width, NOISE[stride]), recolored.dtype)
        inputs[stride] = Inputs(_mapped(features, map_of, weights[stride]), _averaged(recolored, stride), noise)
    return inputs


def _mapped(features: Array, map_of: Callable[[int], AffineMap], weights: RegionWeights) -> Array:
    """Map features (height, width, channels) by the map of each region, and add the results by the weights."""
    if len(weights) == 1:
        return apply_map(features, map_of(0))
    total = jnp.zeros_like(features)
    for region, weight in enumerate(weights):
        total += weight[..., None] * apply_map(features, map_of(region))
    return total


def _averaged(image: Image, stride: int) -> Float[Array, "height2 width2 3"]:
    """Average squares of `stride` pixels."""
    height, width, channels = image.shape
    return jnp.mean(image.reshape(height // stride, stride, width // stride, stride, channels), (1, 3))
