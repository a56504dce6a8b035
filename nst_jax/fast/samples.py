"""Samples of a style picture, and the search for the sample that is most like each position of the content.

Statistics alone do not say where in a picture a color or a stroke belongs: even areas would be filled with whatever the
statistics still lack. So each position of the content takes over the features and the pixels of one position of the
style, that whose features are nearest (as Chen & Schmidt 2016, arXiv:1612.04337, and Kolkin et al. 2022,
arXiv:2203.13215). Before, the features of the content were transported to the distribution of the style's, so that
nearness does not depend on what all of the picture has in common.

A position in this file is a square of STRIDE x STRIDE pixels: one position of relu4_1, and 2 x 2 positions of relu3_1.
A sample is a position of the style picture that was chosen to be kept, since a search among all would take too long.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nst_jax.fast.regions import LEAST_WEIGHT
from nst_jax.fast.squares import blocks, enlarged, joined, reduced

# Pixels between neighboring positions.
STRIDE = 8
# The layers whose features are compared and taken over, and the side of a sample's square in positions of the layer.
BLOCKS = {"relu3_1": 2, "relu4_1": 1}
# The patches of the style's pixels are laid over each other at half of the resolution. PATCH is the side of a patch in
# pixels of that resolution, twice the distance of neighboring patches, so that each overlaps half of the next one.
COMPOSITE_STRIDE = 2
PATCH = 8
# Number of samples of a style.
COUNT = 2048
# Weights of the parts of `key_parts` in keys. Colors count double, so that light and dark areas stay apart.
PART_WEIGHTS = (1.0, 1.0, 2.0)
# The recolored content's share of the composite's lightness and of its color beside that. Without it, forms smaller
# than a patch, differences of light and accents of color are lost.
OWN_LIGHTNESS, OWN_COLOR = 0.5, 0.3
# The chroma of the composite, relative to the style's mean color, is multiplied by this, since averages of patches lose
# chroma, and gray areas of a content find gray patches also where its few colors became strong ones.
CHROMA_GAIN = 1.6
LIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)
# Keys are divided by their length plus this, so that those of positions nearly as the mean are not mere noise.
LEAST_LENGTH = 0.1


class Samples(NamedTuple):
    """Samples of the styles of each region, a pytree of arrays with leading axes (regions, styles).

    The code of one picture has one style. Mixtures keep the samples of all their styles, since averages of samples that
    have nothing to do with each other would mean nothing.

    Attributes:
        keys: what is compared, (regions, styles, samples, numbers): the parts of `key_parts` side by side, each without
            its mean over the picture and divided so that all parts have a total variance of 1, and the whole divided by
            its length, which then is nearly 1.
        features: for each layer of BLOCKS, (regions, styles, samples, side, side, channels), with its number as side.
        patches: (regions, styles, samples, PATCH, PATCH, 3), RGB in [0, 1].
        shares: the weight of each style, (regions, styles). Where their sum over the styles is below 1, at strengths
            below 1, the content's own features and colors have the rest.
    """

    keys: Float[Array, "regions styles samples numbers"]
    features: dict[str, Float[Array, "regions styles samples side side _"]]
    patches: Float[Array, "regions styles samples patch patch 3"]
    shares: Float[Array, "regions styles"]


class Matched(NamedTuple):
    """What the positions of the content take over from the style.

    Attributes:
        features: for each layer of BLOCKS, a map of the shape of the content's.
        composite: RGB in [0, 1], with the height and width of the content divided by COMPOSITE_STRIDE.
    """

    features: dict[str, Float[Array, "_ _ _"]]
    composite: Float[Array, "_ _ 3"]


class Scaling(NamedTuple):
    """The mean of each part of a key, and the square root of the sum of its channels' variances.

    The parts are in the order of `key_parts`, and both are those of the style, also for the keys of a content.
    """

    means: list[Float[Array, "regions _"]]
    deviations: list[Float[Array, " regions"]]


def key_parts(
    activations: dict[str, Float[Array, "_ _ _"]], image: Float[Array, "height width 3"]
) -> list[Float[Array, "h w _"]]:
    """Average what is compared over each position: the features at the layers of BLOCKS, then the colors."""
    parts = [blocks(activations[layer], side).mean((2, 3)) for layer, side in BLOCKS.items()]
    return [*parts, blocks(image, STRIDE).mean((2, 3))]


def samples_of(
    activations: dict[str, Float[Array, "_ _ _"]],
    image: Float[Array, "height width 3"],
    weights: Float[Array, "regions h w"],
    scaling: Scaling,
    count: int = COUNT,
) -> Samples:
    """Take samples of a style picture, evenly spread over each region.

    Args:
        activations: at the layers of BLOCKS.
        image: RGB in [0, 1].
        weights: how much each position counts in each region, from `regions.position_weights`.
        scaling: of the style of each region.
        count: the number of samples of each region; where it has fewer positions, they are repeated.
    """
    chosen = jax.vmap(lambda each: spread(each.ravel(), count))(weights)

    def taken(each: Float[Array, "h w ..."]) -> Float[Array, "regions 1 samples ..."]:
        return each.reshape(-1, *each.shape[2:])[chosen][:, None]

    parts = key_parts(activations, image)
    keys = jnp.concatenate([taken(each) for each in parts], -1)
    features = {layer: taken(blocks(activations[layer], side)) for layer, side in BLOCKS.items()}
    return Samples(scaled_keys(keys, scaling), features, taken(_patches(image)), jnp.ones((len(weights), 1)))


def match(
    parts: list[Float[Array, "regions h w _"]],
    own: Matched,
    samples: Samples,
    scaling: Scaling,
    shares: Float[Array, "regions h w"],
) -> Matched:
    """Let each position take over the features and pixels of the most similar sample.

    Of several regions or styles, each has a most similar sample, and what these give is averaged by the shares.

    Args:
        parts: as of `key_parts`, of the content, whose features were transported to the style of each region.
        own: the content's own features and colors, for the share that no style has.
        samples: of the styles of each region.
        scaling: of the style of each region, or of the mixture of its styles.
        shares: how much each position belongs to each region, with a sum of 1.
    """
    queries = jnp.concatenate(parts, -1)
    regions, height, width, _ = queries.shape
    queries = scaled_keys(queries.reshape(regions, 1, height * width, -1), scaling)[:, 0]
    part_of_own = 1 - jnp.einsum("rhw,r->hw", shares, samples.shares.sum(1))
    total = jax.tree.map(lambda each: each * enlarged(part_of_own, each.shape[0] // height)[..., None], own)
    for region in range(regions):
        for style in range(samples.shares.shape[1]):
            indices = nearest(queries[region], samples.keys[region, style]).reshape(height, width)
            share = shares[region] * samples.shares[region, style]
            features = {layer: joined(each[region, style][indices]) for layer, each in samples.features.items()}
            taken = Matched(features, composite(samples.patches[region, style][indices]))
            total = jax.tree.map(
                lambda sum_, each, share=share: sum_ + each * enlarged(share, each.shape[0] // height)[..., None],
                total,
                taken,
            )
    difference = own.composite - total.composite
    lightness = (difference @ LIGHTNESS)[..., None]
    blended = total.composite + OWN_COLOR * difference + (OWN_LIGHTNESS - OWN_COLOR) * lightness
    factor = blended.shape[0] // height
    own_part = enlarged(part_of_own, factor)[..., None]
    mean = jnp.stack([enlarged(each, factor) for each in jnp.einsum("rhw,rc->chw", shares, scaling.means[-1])], -1)
    departure = blended - own_part * own.composite - (1 - own_part) * mean
    chroma = departure - (departure @ LIGHTNESS)[..., None]
    return total._replace(composite=blended + (CHROMA_GAIN - 1) * chroma)


def nearest(queries: Float[Array, "n numbers"], keys: Float[Array, "m numbers"]) -> Int[Array, " n"]:
    """Return the index of the key with the least distance to each query; the first of several."""
    # The square of the distance is the square of the query, which is the same for all keys, less twice the score.
    scores = queries @ keys.T - jnp.sum(keys**2, 1)[None] / 2
    # XLA's argmax is several times as slow on a CPU as a maximum.
    candidates = jnp.where(scores >= jnp.max(scores, 1, keepdims=True), jnp.arange(len(keys))[None], len(keys) - 1)
    return jnp.min(candidates, 1)


def composite(patches: Float[Array, "h w patch patch 3"]) -> Float[Array, "_ _ 3"]:
    """Lay overlapping patches, one for each position, over each other with smooth weights.

    Args:
        patches: that of a position is centered at it and reaches PATCH / 4 pixels beyond its square of PATCH / 2 on
            each side; what reaches beyond the image is cropped.

    Returns:
        RGB, PATCH / 2 pixels for each position.
    """
    height, width = patches.shape[:2]
    half, edge = PATCH // 2, PATCH // 4
    # Overlapping weights sum to 1 inside; near the borders, where patches are missing, the division below mends it.
    window = np.sin(np.pi * (np.arange(PATCH) + 0.5) / PATCH).astype(np.float32) ** 2
    window = (window[:, None] * window).reshape(1, 1, PATCH, PATCH, 1)
    total: Array = jnp.zeros(((height + 1) * half, (width + 1) * half, 4), patches.dtype)
    weighted = jnp.concatenate([patches, jnp.ones((*patches.shape[:-1], 1), patches.dtype)], -1) * window
    # Of each patch, the same quarter: these do not overlap each other.
    for row in (0, 1):
        for column in (0, 1):
            part = weighted[:, :, row * half : (row + 1) * half, column * half : (column + 1) * half]
            pads = (row * half, half - row * half), (column * half, half - column * half), (0, 0)
            total += jnp.pad(joined(part), pads)
    inner = total[edge:-edge, edge:-edge]
    return inner[..., :3] / inner[..., 3:]


def _patches(image: Float[Array, "height width 3"]) -> Float[Array, "h w patch patch 3"]:
    """Cut the patch of each position out of the image at half of the resolution, beyond which its edge is repeated."""
    height, width = image.shape[0] // STRIDE * STRIDE, image.shape[1] // STRIDE * STRIDE
    edge = PATCH // 4
    small = jnp.pad(reduced(image[:height, :width], COMPOSITE_STRIDE), ((edge, edge), (edge, edge), (0, 0)), "edge")
    quarters = blocks(small, PATCH // 2)
    rows = jnp.concatenate([quarters[:-1], quarters[1:]], 2)
    return jnp.concatenate([rows[:, :-1], rows[:, 1:]], 3)


def scaled_keys(keys: Float[Array, "regions styles samples numbers"], scaling: Scaling) -> Array:
    """Give the parts of keys PART_WEIGHTS as total variances, and the keys nearly the length 1."""
    mean = jnp.concatenate(scaling.means, -1)[:, None, None]
    parts = zip(scaling.deviations, scaling.means, PART_WEIGHTS, strict=True)
    deviation = jnp.concatenate(
        [jnp.broadcast_to(each[:, None] / weight**0.5, part.shape) for each, part, weight in parts], -1
    )
    scaled = (keys - mean) / deviation[:, None, None]
    # By directions, not distances: a content of little contrast gets the contrast of the style.
    return scaled / (jnp.linalg.norm(scaled, axis=-1, keepdims=True) + LEAST_LENGTH)


def spread(weights: Float[Array, " positions"], count: int) -> Int[Array, " samples"]:
    """Choose positions evenly by their weight: those where the cumulative weight passes equal steps.

    Args:
        weights: from `regions.position_weights`.
        count: the number of samples.
    """
    # All positions have a tiny weight; of a small region, those outside would get samples. An empty one has all.
    inside = jnp.where(weights > 2 * LEAST_WEIGHT, weights, 0)
    sums = jnp.cumsum(jnp.where(jnp.any(inside > 0), inside, weights))
    steps = (jnp.arange(count) + 0.5) / count * sums[-1]
    return jnp.clip(jnp.searchsorted(sums, steps), 0, len(weights) - 1)
