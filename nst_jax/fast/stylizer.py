"""Compiled programs of the fast network: the codes of styles, and the stylization of a batch."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.fast.decoder import Parameters
from nst_jax.fast.network import Images, transfer
from nst_jax.fast.regions import STRIDES, Planes, region_guides
from nst_jax.fast.style_code import VECTOR_LAYERS, Image, StyleCode, code_of_activations, mix_codes
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.programs import program
from nst_jax.recipes.vgg_layers import stride

# Below this strength the stylized image is blended with the content, so that a strength of 0 gives exactly the content.
BLENDED_BELOW = 0.25


@program()
def encode(network: VGG19, image: Image, planes: Planes | None = None) -> StyleCode:
    """Compute the style code of each region of an image; its arrays have a leading axis for the regions.

    Args:
        network: the network that the decoder was trained with.
        image: RGB in [0, 1], (height, width, 3), at least 16 pixels on each side.
        planes: how much each pixel belongs to each region, (regions, height, width); None for a single region.
    """
    activations = network(image, VECTOR_LAYERS)
    if planes is None:
        return jax.tree.map(lambda each: each[None], code_of_activations(image, activations))
    guides = region_guides(planes)
    strides = {"image": STRIDES[0]} | {name: stride(name) for name in VECTOR_LAYERS}
    codes = [
        code_of_activations(image, activations, {name: guides[each][index] for name, each in strides.items()})
        for index in range(len(planes))
    ]
    return jax.tree.map(lambda *each: jnp.stack(each), *codes)


@program()
def mix(codes: Sequence[StyleCode], shares: Float[Array, "regions styles"]) -> StyleCode:
    """Mix the codes of several styles in each region.

    Args:
        codes: the code of each style, with a leading axis for the regions.
        shares: the weight of each style in each region; the weights of a region sum to 1.
    """
    stacked = jax.tree.map(lambda *each: jnp.stack(each, 1), *codes)
    return jax.vmap(lambda each, parts: mix_codes(each, parts))(stacked, shares)


@program(static_argnames="partial")
def stylize(
    network: VGG19,
    parameters: Parameters,
    contents: Images,
    codes: StyleCode,
    strength: Float[Array, ""],
    seed: Array,
    planes: Planes | None = None,
    partial: bool = False,
) -> Images:
    """Stylize a batch.

    Args:
        network: the network that the decoder was trained with.
        parameters: of the decoder.
        contents: RGB in [0, 1], (n, height, width, 3), both multiples of `network.STRIDE`.
        codes: the style codes, with leading axes for the images and the regions.
        strength: from 0, which returns the contents, to 1.
        seed: of the noise, which is the same for all images.
        planes: the regions, the same for all images; see `network.transfer`.
        partial: whether the strength may be below 1, which takes more time.

    Returns:
        RGB in [0, 1].
    """
    if partial:
        own = jax.vmap(encode, (None, 0, None))(network, contents, planes)
        codes = jax.tree.map(lambda a, b: (1 - strength) * a + strength * b, own, codes)
    keys = jnp.broadcast_to(jax.random.key(seed), (len(contents),))
    images = jnp.clip(transfer(network, parameters, contents, codes, keys, planes), 0, 1)
    if partial:
        images = contents + jnp.minimum(1, strength / BLENDED_BELOW) * (images - contents)
    return images
