"""The fast network: from content images and style codes to stylized images.

1. `recolor` gives the content the mean and covariance of the style's colors.
2. The frozen VGG-19 computes features of it, which are transported to the distribution of the style's features.
3. By the transported features, `match` finds the sample of the style that is most like each position, whose features
   and pixels are taken over.
4. `decode` makes a picture of the transported features, those that were taken over, the colors and noise.

Of the content, only means and covariances are taken over the whole image; everything else is local. The functions are
therefore split at the sums over positions, so that `tiling` can add them up over tiles.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nst_jax.fast.decoder import ENTRANCES, MATCHED, NOISE, Inputs, Parameters, decode, modulations, style_vector
from nst_jax.fast.regions import Planes, Weights, position_weights, shares_of_regions
from nst_jax.fast.samples import COMPOSITE_STRIDE, COUNT, LIGHTNESS, Matched, key_parts, match, samples_of
from nst_jax.fast.squares import reduced
from nst_jax.fast.style_code import (
    COVARIANCE_LAYERS,
    IMAGE,
    TRANSPORT_LAYERS,
    VECTOR_LAYERS,
    Statistics,
    StyleCode,
    code_vector,
    scaling_of,
    statistics_of,
)
from nst_jax.fast.sums import Sums, gaussian_of, moments_of, sums_of
from nst_jax.fast.transport import AffineMap, apply_map, apply_maps, gaussian_map, moments_map
from nst_jax.networks.vgg import VGG
from nst_jax.objective.examples import map_examples
from nst_jax.recipes.vgg_layers import stride as stride_of

# The resolution of the deepest features; heights and widths of the content must be multiples of it.
STRIDE = max(ENTRANCES)

# The power of the ratio of the content's to the style's contrast of lightness that is kept, and the most that is. With
# the style's contrast alone, faces became flat.
KEPT_CONTRAST, MOST_GAIN = 0.4, 1.5

Image = Float[Array, "height width 3"]
Images = Float[Array, "n height width 3"]
Maps = dict[str, AffineMap]


def transfer(
    network: VGG, parameters: Parameters, contents: Images, codes: StyleCode, key: Key[Array, ""], planes: Planes
) -> Images:
    """Stylize images in one pass.

    Args:
        network: the network that the decoder was trained with.
        parameters: of the decoder.
        contents: RGB in [0, 1], (n, height, width, 3), both multiples of STRIDE.
        codes: the style codes; each array has leading axes for the n images and the regions.
        key: of the random numbers for the noise, which is the same for all images.
        planes: how much each pixel belongs to each region, the same for all images.

    Returns:
        RGB, nominally in [0, 1] but not clipped, of the shape of `contents`.
    """
    inputs = prepare(network, contents, codes, key, planes)
    shares = shares_of_regions(position_weights(planes))
    return decode(parameters, inputs, modulations(parameters, vectors_of(parameters, codes), shares))


def prepare(network: VGG, contents: Images, codes: StyleCode, key: Key[Array, ""], planes: Planes) -> dict[int, Inputs]:
    """Compute what the decoder reads at each resolution, for arguments as of `transfer`.

    Returns:
        The inputs for each stride in ENTRANCES, with a leading axis for the images.
    """
    weights = position_weights(planes)
    shares = shares_of_regions(weights)
    noise = noise_maps(key, contents.shape[1:3])

    def prepared(content: Image, code: StyleCode) -> dict[int, Inputs]:
        recolored = recolor(content, sums_of(content, weights[1]), code.statistics, shares)
        activations = network(recolored, TRANSPORT_LAYERS)
        sums = {name: sums_of(each, weights[stride_of(name)]) for name, each in activations.items()}
        maps = feature_maps(sums, code.statistics)
        return decoder_inputs(activations, recolored, maps, code, noise, shares)

    return map_examples(prepared)(contents, codes)


def vectors_of(parameters: Parameters, codes: StyleCode) -> Float[Array, "n regions 100"]:
    """Compute the style vectors of codes with leading axes for images and regions."""
    return style_vector(parameters, map_examples(code_vector)(codes.statistics))


def style_code(network: VGG, image: Image, planes: Planes, count: int = COUNT) -> StyleCode:
    """Compute the style code of each region of an image.

    Args:
        network: the network that the decoder was trained with.
        image: RGB in [0, 1], (height, width, 3), at least 16 pixels on each side.
        planes: how much each pixel belongs to each region, (regions, height, width).
        count: the number of samples of each region.
    """
    weights = position_weights(planes)
    activations = network(image, VECTOR_LAYERS)
    statistics = statistics_of(_code_sums(activations, image, weights))
    return StyleCode(statistics, samples_of(activations, image, weights[STRIDE], scaling_of(statistics), count))


def code_sums(network: VGG, image: Image, weights: Weights) -> dict[str, Sums]:
    """Compute the sums over positions from which the statistics of an image, or of a part of it, are computed.

    Args:
        network: the network that the decoder was trained with.
        image: RGB in [0, 1], (height, width, 3), at least 16 pixels on each side.
        weights: how much each position counts in each region.
    """
    return _code_sums(network(image, VECTOR_LAYERS), image, weights)


def _code_sums(activations: dict[str, Float[Array, "_ _ _"]], image: Image, weights: Weights) -> dict[str, Sums]:
    sums = {name: sums_of(each, weights[stride_of(name)]) for name, each in activations.items()}
    return sums | {IMAGE: sums_of(image, weights[1])}


def recolor(content: Image, sums: Sums, statistics: Statistics, shares: Weights) -> Image:
    """Give each region of the content the mean and covariance of its style's colors, clipped to [0, 1].

    A content of more contrast of lightness than its style keeps a part of that.

    Args:
        content: RGB in [0, 1], (height, width, 3).
        sums: over the pixels of the content.
        statistics: those of the style of each region.
        shares: how much each position belongs to each region, with a sum of 1.
    """
    own = gaussian_of(sums)
    recolored = apply_maps(content, map_examples(gaussian_map)(own, statistics.colors), shares[1])
    variances = [jnp.einsum("c,rcd,d->r", LIGHTNESS, each.covariance, LIGHTNESS) for each in (own, statistics.colors)]
    gain = jnp.clip((variances[0] / variances[1]) ** (KEPT_CONTRAST / 2), 1, MOST_GAIN) - 1
    mean = jnp.einsum("rc,c->r", statistics.colors.mean, LIGHTNESS)
    gains, offsets = (jnp.einsum("r,rhw->hw", each, shares[1]) for each in (gain, gain * mean))
    brighter = gains * (recolored @ LIGHTNESS) - offsets
    return jnp.clip(recolored + brighter[..., None], 0, 1)


def feature_maps(sums: dict[str, Sums], statistics: Statistics) -> Maps:
    """Compute the transport map of each region at each of TRANSPORT_LAYERS, from sums over the recolored content."""
    return {
        layer: map_examples(gaussian_map)(gaussian_of(each), statistics.gaussians[layer])
        if layer in COVARIANCE_LAYERS
        else map_examples(moments_map)(moments_of(each), statistics.moments[layer])
        for layer, each in sums.items()
    }


def decoder_inputs(
    activations: dict[str, Float[Array, "_ _ _"]],
    recolored: Image,
    maps: Maps,
    code: StyleCode,
    noise: dict[int, Float[Array, "_ _ _"]],
    shares: Weights,
) -> dict[int, Inputs]:
    """Compute what the decoder reads of one image at each resolution.

    The features of the recolored content are transported to the distribution of the style's, and by these each position
    finds the sample of the style from which it takes over features and pixels.

    Args:
        activations: of the recolored content at TRANSPORT_LAYERS.
        recolored: RGB in [0, 1], (height, width, 3).
        maps: the transport map of each region at each layer.
        code: the style code of each region.
        noise: from `noise_maps`.
        shares: how much each position belongs to each region, with a sum of 1.

    Returns:
        The inputs for each stride in ENTRANCES, without an axis for images. Where no features are taken over, at 1/2 of
        the resolution, `matched` has no channels.
    """
    transported = {layer: apply_maps(activations[layer], maps[layer], shares[stride_of(layer)]) for layer in maps}
    own = Matched({layer: activations[layer] for layer in COVARIANCE_LAYERS}, reduced(recolored, COMPOSITE_STRIDE))
    if len(shares[STRIDE]) == 1:
        parts = [each[None] for each in key_parts(transported, recolored)]
    else:
        # The samples of each region are searched with features that are all transported to the style of that region,
        # also near its border, where `transported` is a mixture.
        of_regions = {
            layer: jax.vmap(lambda each, layer=layer: apply_map(activations[layer], each))(maps[layer])
            for layer in COVARIANCE_LAYERS
        }
        parts = jax.vmap(key_parts, (0, None))(of_regions, recolored)
    matched = match(parts, own, code.samples, scaling_of(code.statistics), shares[STRIDE])
    return {
        stride: Inputs(
            transported[layer],
            matched.features[MATCHED[stride]] if stride in MATCHED else transported[layer][..., :0],
            reduced(recolored, stride),
            reduced(matched.composite, stride // COMPOSITE_STRIDE),
            noise[stride],
        )
        for stride, layer in ENTRANCES.items()
    }


def noise_maps(key: Key[Array, ""], shape: tuple[int, ...]) -> dict[int, Float[Array, "_ _ _"]]:
    """Draw the noise at each resolution of the decoder for images of the given (height, width)."""
    height, width = shape
    return {
        stride: jax.random.normal(jax.random.fold_in(key, stride), (height // stride, width // stride, channels))
        for stride, channels in NOISE.items()
    }
