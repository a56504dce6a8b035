"""The style code: all that the fast network knows of a style picture.

It has statistics of features of the frozen VGG-19, and samples of features and pixels (see `samples`). Nothing of it is
learned, so it holds for any picture. Codes are mixed, and faded to the content for strengths below 1, without looking
at the pictures again: the statistics are interpolated number by number. Samples cannot be; those of all styles are
kept, each style with its share, and what they give to a position of the content is interpolated.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.fast.samples import BLOCKS, Samples, Scaling
from nst_jax.fast.sums import Sums, gaussian_of, moments_of
from nst_jax.losses.moments import Moments
from nst_jax.losses.wasserstein import Gaussian

# Layers whose means and standard deviations form the vector from which the decoder's modulation is computed.
VECTOR_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# Layers of the content whose features are transported to the distribution of the style's, by the whole covariance or
# by each channel's mean and standard deviation.
COVARIANCE_LAYERS = ("relu3_1", "relu4_1")
MOMENT_LAYERS = ("relu2_1",)
TRANSPORT_LAYERS = (*MOMENT_LAYERS, *COVARIANCE_LAYERS)

# `scaling_of` scales the keys of samples by the statistics of these layers, in the order of `samples.key_parts`.
assert tuple(BLOCKS) == COVARIANCE_LAYERS

# The name of the image itself among the layers.
IMAGE = "image"


class Statistics(NamedTuple):
    """The statistics of the style of each region, a pytree of arrays with a leading axis for the regions.

    Attributes:
        colors: mean (regions, 3) and covariance (regions, 3, 3) of the RGB values in [0, 1].
        moments: the mean and standard deviation of each channel at each of VECTOR_LAYERS, (regions, channels) each.
        gaussians: the mean and covariance of the channels at each of COVARIANCE_LAYERS.
    """

    colors: Gaussian
    moments: dict[str, Moments]
    gaussians: dict[str, Gaussian]


class StyleCode(NamedTuple):
    """What the fast network knows of the style of each region, a pytree of arrays with a leading axis for the regions.

    Without regions, there is a single one. A batch has one more axis before, for its images.

    Attributes:
        statistics: of the style's whole picture, or of the part of it that belongs to the region.
        samples: positions of the same picture or part; for a mixture, of each style.
    """

    statistics: Statistics
    samples: Samples


def statistics_of(sums: dict[str, Sums]) -> Statistics:
    """Compute statistics from the sums over the positions of IMAGE and of VECTOR_LAYERS."""
    return Statistics(
        gaussian_of(sums[IMAGE]),
        {name: moments_of(sums[name]) for name in VECTOR_LAYERS},
        {name: gaussian_of(sums[name]) for name in COVARIANCE_LAYERS},
    )


def mix_codes(codes: StyleCode, shares: Float[Array, "styles regions"]) -> StyleCode:
    """Average the statistics of style codes, and collect their samples.

    A mixture searches the samples of each style, so it takes the time of that many searches.

    Means, standard deviations and covariances are averaged as they are. (The covariance of the mixed distribution would
    also contain the distances of the means, and would make the mixture of two flat colors a noisy one.)

    Args:
        codes: several codes, with a leading axis for the styles before that for the regions; they may be mixtures.
        shares: the weight of each style in each region; the weights of a region sum to 1.
    """
    statistics = jax.tree.map(lambda each: jnp.einsum("sr,sr...->r...", shares, each), codes.statistics)
    samples = jax.tree.map(lambda each: jnp.concatenate([*each], 1), codes.samples)
    pairs = zip(codes.samples.shares, shares, strict=True)
    parts = jnp.concatenate([each * share[:, None] for each, share in pairs], 1)
    return StyleCode(statistics, samples._replace(shares=parts))


def faded_code(own: Statistics, code: StyleCode, strength: Float[Array, ""]) -> StyleCode:
    """Interpolate between the content's own statistics, at a strength of 0, and the code of the style, at 1.

    Args:
        own: statistics of the content, in each region.
        code: the style code of each region.
        strength: from 0 to 1; the samples keep this share, and the content's own features have the rest.
    """
    statistics = jax.tree.map(lambda a, b: (1 - strength) * a + strength * b, own, code.statistics)
    return StyleCode(statistics, code.samples._replace(shares=strength * code.samples.shares))


def scaling_of(statistics: Statistics) -> Scaling:
    """Collect the means and deviations by which the keys of samples are scaled."""
    each = [*(statistics.gaussians[layer] for layer in COVARIANCE_LAYERS), statistics.colors]
    variances = [jnp.trace(part.covariance, axis1=1, axis2=2) for part in each]
    return Scaling([part.mean for part in each], [jnp.sqrt(variance) for variance in variances])


def code_vector(statistics: Statistics) -> Float[Array, "regions numbers"]:
    """Concatenate the means and the logarithms of the standard deviations at VECTOR_LAYERS."""
    parts = [
        part
        for name in VECTOR_LAYERS
        for part in (statistics.moments[name].mean, jnp.log(statistics.moments[name].std + LEAST_DEVIATION))
    ]
    return jnp.concatenate(parts, -1)


# Added to standard deviations before their logarithm is taken.
LEAST_DEVIATION = 0.01
