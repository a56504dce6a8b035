"""Compiled programs of the fast network: the codes of styles, and the stylization of a batch."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from nst_jax.fast.decoder import Parameters
from nst_jax.fast.network import Image, Images, code_sums, style_code, transfer
from nst_jax.fast.regions import Planes, position_weights, whole
from nst_jax.fast.style_code import Statistics, StyleCode, faded_code, mix_codes, statistics_of
from nst_jax.networks.vgg import VGG
from nst_jax.objective.examples import map_examples
from nst_jax.objective.stored_programs import stored_program

# Below this strength the stylized image is blended with the content, so that a strength of 0 gives exactly the content.
BLENDED_BELOW = 0.25


@stored_program()
def encode(network: VGG, image: Image, planes: Planes | None = None) -> StyleCode:
    """Compute the style code of each region of an image.

    Args:
        network: the network that the decoder was trained with.
        image: RGB in [0, 1], (height, width, 3), at least 16 pixels on each side.
        planes: how much each pixel belongs to each region, (regions, height, width); None for a single region.
    """
    planes = whole(image) if planes is None else planes
    return style_code(network, image, planes)


@stored_program()
def mix(codes: Sequence[StyleCode], shares: Float[Array, "styles regions"]) -> StyleCode:
    """Mix the codes of several styles in each region.

    Args:
        codes: the code of each style, with the same number of regions.
        shares: the weight of each style in each region; the weights of a region sum to 1.
    """
    return mix_codes(jax.tree.map(lambda *each: jnp.stack(each), *codes), shares)


@stored_program()
def content_statistics(network: VGG, contents: Images, planes: Planes) -> Statistics:
    """Compute the statistics of contents that `stylize` needs at strengths below 1.

    Args:
        network: the network that the decoder was trained with.
        contents: RGB in [0, 1], (n, height, width, 3), both multiples of `network.STRIDE`.
        planes: how much each pixel belongs to each region, the same for all images.

    Returns:
        The statistics, with leading axes for the images and the regions.
    """
    weights = position_weights(planes)
    return map_examples(lambda content: statistics_of(code_sums(network, content, weights)))(contents)


@stored_program()
def stylize(
    network: VGG,
    parameters: Parameters,
    contents: Images,
    codes: StyleCode,
    strength: Float[Array, ""],
    seed: Array,
    planes: Planes | None = None,
    own: Statistics | None = None,
) -> Images:
    """Stylize a batch.

    Args:
        network: the network that the decoder was trained with.
        parameters: of the decoder.
        contents: RGB in [0, 1], (n, height, width, 3), both multiples of `network.STRIDE`.
        codes: the style codes, with leading axes for the images and the regions.
        strength: from 0, which returns the contents, to 1.
        seed: of the noise, which is the same for all images.
        planes: how much each pixel belongs to each region, the same for all images; None for a single region.
        own: the `content_statistics`; None for a strength of 1, whatever `strength` is.

    Returns:
        RGB in [0, 1].
    """
    planes = whole(contents[0]) if planes is None else planes
    if own is not None:
        codes = map_examples(faded_code, (0, 0, None))(own, codes, strength)
    images = jnp.clip(transfer(network, parameters, contents, codes, jax.random.key(seed), planes), 0, 1)
    return images if own is None else faded(contents, images, strength)


def faded(content: ArrayLike, image: ArrayLike, strength: ArrayLike) -> Array:
    """Blend the stylized image with the content below a strength of BLENDED_BELOW."""
    content = jnp.asarray(content)
    return content + jnp.minimum(1, jnp.asarray(strength) / BLENDED_BELOW) * (jnp.asarray(image) - content)
