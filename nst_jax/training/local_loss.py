"""The means and deviations of features in windows of an image, as a loss.

They are compared with those that the style has at the samples that the positions of each window were matched with.

Gram matrices of the whole picture do not say where a style's texture belongs, so that even areas get what the rest of
the picture lacks. Here, an area asks for as much texture as the style has where it is like that area.
"""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from nst_jax.fast.decoder import Inputs
from nst_jax.fast.samples import BLOCKS, STRIDE, Samples, nearest, scaled_keys
from nst_jax.fast.squares import blocks, reduced
from nst_jax.fast.style_code import StyleCode, scaling_of
from nst_jax.losses.content import Scalar
from nst_jax.recipes.vgg_layers import stride as stride_of

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
# Side of a window in positions of STRIDE pixels.
WINDOW = 4
# Standard deviation of the normal distribution by whose density, of distances between keys of about the length 1, the
# statistics of similar samples are averaged.
SIMILARITY = 0.25

# Added to the mean square of a layer's features, which may all be zero.
LEAST_UNIT = 1e-4
# Added to variances before the square root, relative to that mean square, since at zero a root has no gradient.
LEAST_VARIANCE = 1e-3

# For each layer, the mean and then the mean square of each channel.
Local = dict[str, Float[Array, "styles samples _"]]


def local_statistics(
    activations: Mapping[str, Float[Array, "_ _ _"]], chosen: Int[Array, " samples"], keys: Float[Array, "samples _"]
) -> Local:
    """Compute the mean and mean square of each channel around each sample, averaged over similar samples.

    Args:
        activations: of the style picture at LAYERS.
        chosen: the positions of its samples, from `samples.spread`.
        keys: of the samples.
    """
    squared = jnp.sum(keys**2, -1)
    distances = squared[:, None] + squared[None] - 2 * keys @ keys.T
    weights = jnp.exp(-distances / (2 * SIMILARITY**2))
    weights /= weights.sum(1, keepdims=True)

    def of(layer: str) -> Float[Array, "1 samples _"]:
        side = STRIDE // stride_of(layer)
        squares = blocks(activations[layer], side)
        both = jnp.concatenate([squares.mean((2, 3)), (squares**2).mean((2, 3))], -1)
        return (weights @ both.reshape(-1, both.shape[-1])[chosen])[None]

    return {layer: of(layer) for layer in LAYERS}


def wanted_statistics(code: StyleCode, local: Local, inputs: dict[int, Inputs]) -> dict[str, Float[Array, "h w _"]]:
    """Average the statistics of the samples that the positions of each window were matched with.

    Args:
        code: of a style with one region.
        local: from `local_statistics`, for each style of the code.
        inputs: what the decoder reads of the content.

    Returns:
        For each of LAYERS, a map with a position for each window.
    """
    samples: Samples = code.samples
    parts = [blocks(inputs[4].features, BLOCKS["relu3_1"]).mean((2, 3)), inputs[8].features, inputs[8].colors]
    queries = jnp.concatenate(parts, -1)
    height, width, _ = queries.shape
    queries = scaled_keys(queries.reshape(1, 1, height * width, -1), scaling_of(code.statistics))[0, 0]
    indices = [nearest(queries, samples.keys[0, style]) for style in range(samples.shares.shape[1])]
    totals = {}
    for layer, each in local.items():
        maps = [samples.shares[0, style] * each[style][taken] for style, taken in enumerate(indices)]
        totals[layer] = reduced(sum(maps[1:], maps[0]).reshape(height, width, -1), WINDOW)
    return totals


def local_loss(activations: Mapping[str, Float[Array, "_ _ _"]], wanted: dict[str, Float[Array, "h w _"]]) -> Scalar:
    """Compute the mean over the layers of the relative errors of means and deviations in windows.

    Args:
        activations: of the image at LAYERS.
        wanted: from `wanted_statistics`.
    """
    errors = []
    for layer, target in wanted.items():
        side = WINDOW * STRIDE // stride_of(layer)
        mean, square = (reduced(each, side) for each in (activations[layer], activations[layer] ** 2))
        wanted_mean, wanted_square = jnp.split(target, 2, -1)
        unit = jnp.mean(wanted_square) + LEAST_UNIT
        own, theirs = (
            jnp.sqrt(jnp.maximum(q - m**2, 0) + LEAST_VARIANCE * unit)
            for m, q in ((mean, square), (wanted_mean, wanted_square))
        )
        errors.append((jnp.mean((mean - wanted_mean) ** 2) + jnp.mean((own - theirs) ** 2)) / unit)
    return jnp.mean(jnp.stack(errors))
