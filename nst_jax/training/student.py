"""The student network: its parameters, the heads that predict the teachers' activations, and the training loss."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.losses.gram import gram_matrix
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights.parameters import NetworkWeights, Preprocessing, TrainedPooling
from nst_jax.recipes.vgg_layers import CONVOLUTIONS
from nst_jax.recipes.vgg_layers import LAYERS as ORDER
from nst_jax.training.taps import TAPS, Activations, sampled

LAYERS = CONVOLUTIONS[: CONVOLUTIONS.index("conv5_1") + 1]
# The student has a quarter of VGG-19's channels, except in conv2_1. With 32 channels there (a quarter), the best linear
# read-out of any 32 channels has a median correlation of 0.913 with VGG-19's 128 channels, and trained filters reached
# only 0.891.
EXCEPTIONS = {"conv2_1": 40}
# The layer that each convolution except the first takes as its input.
INPUTS = {name: ORDER[ORDER.index(name) - 1] for name in LAYERS[1:]}
PREPROCESSING: Preprocessing = "torchvision"
# Ridge penalty of the least-squares fit of the initial heads, relative to the mean square of the input channels.
RIDGE = 1e-3

# A kernel and a bias, as jax or numpy arrays.
Affine = tuple[Any, Any]
Means = dict[str, jax.Array]


class Parameters(NamedTuple):
    """The trained parameters: a kernel and a bias for each convolution and for the head of each tap.

    They act on centered inputs, that is, with the running mean of each input channel subtracted. This is equivalent to
    a network with the bias `bias - kernel * mean`. Activations are positive, so without centering each change of a
    kernel would also shift the mean of its outputs, the bias would have to follow, and channels would die (Raiko,
    Valpola & LeCun 2012).

    Attributes:
        convolutions: {convolution: (kernel, bias)}.
        heads: {tap: (kernel, bias)}, kernels of shape (student channels, teacher channels).
    """

    convolutions: dict[str, Affine]
    heads: dict[str, Affine]


class Scale(NamedTuple):
    """Mean and standard deviation of a teacher's channels, (1, 1, 1, channels) each."""

    mean: jax.Array
    deviation: jax.Array


def balanced(weights: NetworkWeights, x: jax.Array) -> NetworkWeights:
    """Return a network with biases such that each channel's mean before the ReLU is zero over the given crops.

    With this initialization, no channel of a network with random filters is dead at the start. The biases are computed
    layer by layer, each from the layers below with their new biases.

    Args:
        weights: the network, which stays as it is.
        x: crops, (n, side, side, 3) in [0, 1].

    Returns:
        A new network with the same kernels and only the convolutions of LAYERS.
    """
    convolutions = _kept(weights.convolutions)
    for name, (kernel, bias) in convolutions.items():
        before = VGG.of(dataclasses.replace(weights, convolutions=convolutions))(x, [name])[name]
        convolutions[name] = (kernel, bias - before.mean((0, 1, 2)))
    return dataclasses.replace(weights, convolutions=convolutions)


def first_parameters(
    start: NetworkWeights, scales: dict[str, Scale], x: jax.Array, answers: Activations
) -> tuple[Parameters, Means]:
    """Initialize the parameters from a network, with heads fitted by least squares.

    Args:
        start: the network.
        scales: means and standard deviations of the teacher's channels.
        x: crops, (n, side, side, 3) in [0, 1].
        answers: the teacher's sampled activations for these crops.

    Returns:
        The parameters, and the means of the network's activations.
    """
    convolutions = _kept(start.convolutions)
    activations = VGG.of(dataclasses.replace(start, convolutions=convolutions))(x, {*INPUTS.values(), *scales})
    means = _means(activations)
    centered = {
        name: (jnp.asarray(kernel), bias + _shift(kernel, means[INPUTS[name]]) if name in INPUTS else jnp.asarray(bias))
        for name, (kernel, bias) in convolutions.items()
    }
    features = sampled({tap: activations[tap] for tap in scales})
    heads = {tap: _head(features[tap] - means[tap].reshape(1, 1, 1, -1), answers[tap], scales[tap]) for tap in scales}
    return Parameters(centered, heads), means


def weights_of(parameters: Parameters, means: Means, name: str, pooling: TrainedPooling) -> NetworkWeights:
    """Convert the parameters to a plain network: without heads, and with the means folded into the biases."""
    convolutions = {
        layer: (kernel, bias - _shift(kernel, means[INPUTS[layer]]) if layer in INPUTS else bias)
        for layer, (kernel, bias) in _kept(parameters.convolutions).items()
    }
    return NetworkWeights(name, convolutions, PREPROCESSING, pooling)


def scales_of(batches: list[Activations]) -> dict[str, Scale]:
    """Compute mean and standard deviation of each teacher channel, for standardization.

    Args:
        batches: batches of the teacher's sampled activations.

    Returns:
        {tap: scale}.
    """
    scales = {}
    for tap in batches[0]:
        rows = [batch[tap].astype(jnp.float32).reshape(-1, batch[tap].shape[-1]) for batch in batches]
        values = jnp.concatenate(rows)
        deviation = values.std(0)
        # Bound the deviation from below; otherwise channels that are almost always zero would be amplified too much.
        deviation = jnp.maximum(deviation, 0.05 * jnp.median(deviation))
        scales[tap] = Scale(*(value.reshape(1, 1, 1, -1) for value in (values.mean(0), deviation)))
    return scales


def loss(
    parameters: Parameters,
    means: Means,
    scales: dict[str, Scale],
    x: jax.Array,
    answers: Activations,
    gram_weight: float,
    pooling: TrainedPooling,
) -> tuple[jax.Array, tuple[dict[str, jax.Array], Means]]:
    """Compute the training loss.

    For each tap it adds two terms: the mean over the teacher's channels of the fraction of the channel's variance that
    the head does not explain, and the relative squared error of the Gram matrices of the standardized activations,
    since Gram matrices are what style transfer takes from a network.

    Args:
        parameters: the student's parameters.
        means: running means of its activations, which are subtracted.
        scales: means and standard deviations of the teacher's channels.
        x: crops, (n, side, side, 3) in [0, 1].
        answers: the teacher's sampled activations for these crops.
        gram_weight: weight of the Gram term relative to the activation term.
        pooling: the student's pooling, "max" or "avg".

    Returns:
        The loss, a weighted sum over the taps; and the pair of {tap: unexplained fraction of the variance} and the
        means of the activations in this batch.
    """
    activations = VGG.of(weights_of(parameters, means, "student", pooling))(x, {*INPUTS.values(), *answers})
    features = sampled({tap: activations[tap] for tap in answers})
    total, unexplained = jnp.zeros(()), {}
    for tap, answer in answers.items():
        truth = (answer.astype(jnp.float32) - scales[tap].mean) / scales[tap].deviation
        kernel, bias = parameters.heads[tap]
        prediction = (features[tap] - means[tap].reshape(1, 1, 1, -1)) @ kernel + bias.reshape(1, 1, 1, -1)
        unexplained[tap] = jnp.mean((prediction - truth) ** 2)
        predicted, true = (jax.vmap(gram_matrix)(values) for values in (prediction, truth))
        gram_error = jnp.sum((predicted - true) ** 2) / jnp.sum(true**2)
        total += TAPS[tap].weight * (unexplained[tap] + gram_weight * gram_error)
    return total, (unexplained, _means(activations))


def normalized(weights: NetworkWeights, pictures: jax.Array) -> NetworkWeights:
    """Rescale the channels so that each has a mean activation of 1 over natural images (Gatys et al. 2015, section 2).

    ReLU and pooling commute with a positive factor, so the outputs of a kernel can be scaled if the inputs of the next
    kernel are scaled back. The network computes the same features up to the unit of each channel, and losses have
    similar magnitudes on all networks and layers.

    Args:
        weights: any network.
        pictures: natural images, (n, height, width, 3) in [0, 1].
    """
    activations = VGG.of(weights)(pictures, [name.replace("conv", "relu") for name in weights.convolutions])
    convolutions = {}
    before = np.ones(3, np.float32)
    for name, (kernel, bias) in weights.convolutions.items():
        mean = np.asarray(activations[name.replace("conv", "relu")]).mean((0, 1, 2))
        # Bound the mean from below; otherwise channels that are almost always zero would be amplified and dominate.
        least = 0.05 * np.median(mean[mean > 0]) if (mean > 0).any() else 1
        after = np.maximum(mean, least).astype(np.float32)
        convolutions[name] = (kernel * before.reshape(1, 1, -1, 1) / after.reshape(1, 1, 1, -1), bias / after)
        before = after
    return dataclasses.replace(weights, convolutions=convolutions)


def _kept(convolutions: Mapping[str, Affine]) -> dict[str, Affine]:
    return {name: convolutions[name] for name in LAYERS}


def _means(activations: Mapping[str, jax.Array]) -> Means:
    return {name: values.mean((0, 1, 2)) for name, values in activations.items()}


def _shift(kernel: Any, mean: jax.Array) -> jax.Array:
    return jnp.einsum("yxio,i->o", kernel, mean)


def _head(inputs: jax.Array, answer: jax.Array, scale: Scale) -> Affine:
    """Fit a head by least squares; a ridge penalty keeps it defined where inputs are collinear or zero.

    Args:
        inputs: the student's centered activations, (n, height, width, channels).
        answer: the teacher's activations at the same positions.
        scale: mean and standard deviation of the teacher's channels.
    """
    truth = (answer.astype(jnp.float32) - scale.mean) / scale.deviation
    rows, outputs = (values.reshape(-1, values.shape[-1]) for values in (inputs, truth))
    products = rows.T @ rows / len(rows)
    ridge = RIDGE * jnp.trace(products) / len(products) * jnp.eye(len(products))
    kernel = jnp.linalg.solve(products + ridge, rows.T @ outputs / len(rows))
    return kernel, (outputs - rows @ kernel).mean(0)
