"""The network that learns: its parameters, the heads that translate for it, and what it is judged by."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.losses.gram import gram_matrix
from nst_jax.networks.vgg import VGG19
from nst_jax.networks.weights.parameters import NetworkWeights, Preprocessing, TrainedPooling
from nst_jax.recipes.vgg_layers import CONVOLUTIONS
from nst_jax.recipes.vgg_layers import LAYERS as ORDER
from nst_jax.training.taps import TAPS, Activations, sampled

LAYERS = CONVOLUTIONS[: CONVOLUTIONS.index("conv5_1") + 1]
# A quarter of VGG-19's channels, but for relu2_1: the best linear read-out of any 32 channels correlates with VGG-19's
# 128 by 0.913 (median), and trained filters reached 0.891.
EXCEPTIONS = {"conv2_1": 40}
# What each convolution but the first takes in.
INPUTS = {name: ORDER[ORDER.index(name) - 1] for name in LAYERS[1:]}
PREPROCESSING: Preprocessing = "torchvision"
# Of the mean square of a channel, added to all in fitting the first heads.
RIDGE = 1e-3

# A kernel and a bias, of jax or of numpy.
Affine = tuple[Any, Any]
Means = dict[str, jax.Array]


class Parameters(NamedTuple):
    """What is trained: kernels and biases by layer, and by tap.

    They act on inputs less their mean, which is as if the network's own bias were `bias - kernel * mean`: activations
    are positive, so without this each change of a kernel would shift what comes out of it, for the bias to catch up
    with, and channels would die of it (Raiko, Valpola & LeCun 2012).
    """

    convolutions: dict[str, Affine]
    heads: dict[str, Affine]


class Scale(NamedTuple):
    """Mean and standard deviation of a teacher's channels, (1, 1, 1, channels) each."""

    mean: jax.Array
    deviation: jax.Array


def balanced(weights: NetworkWeights, x: jax.Array) -> NetworkWeights:
    """The same kernels, with biases that make each channel's mean before its ReLU 0 over the crops `x`.

    So no channel of random filters begins dead.
    """
    convolutions = _kept(weights.convolutions)
    for name, (kernel, bias) in convolutions.items():
        before = VGG19(dataclasses.replace(weights, convolutions=convolutions))(x, [name])[name]
        convolutions[name] = (kernel, bias - before.mean((0, 1, 2)))
    return dataclasses.replace(weights, convolutions=convolutions)


def first_parameters(
    start: NetworkWeights, scales: dict[str, Scale], x: jax.Array, answers: Activations
) -> tuple[Parameters, Means]:
    """A network as it is with the best heads that it can have, and the means of its activations.

    Args:
        start: the network.
        scales: of the teacher's channels.
        x: crops, (n, side, side, 3) in [0, 1].
        answers: the teacher's sampled activations of them.
    """
    convolutions = _kept(start.convolutions)
    activations = VGG19(dataclasses.replace(start, convolutions=convolutions))(x, {*INPUTS.values(), *scales})
    means = _means(activations)
    centered = {
        name: (jnp.asarray(kernel), bias + _shift(kernel, means[INPUTS[name]]) if name in INPUTS else jnp.asarray(bias))
        for name, (kernel, bias) in convolutions.items()
    }
    looked_at = sampled({tap: activations[tap] for tap in scales})
    heads = {tap: _head(looked_at[tap] - means[tap].reshape(1, 1, 1, -1), answers[tap], scales[tap]) for tap in scales}
    return Parameters(centered, heads), means


def weights_of(parameters: Parameters, means: Means, name: str, pooling: TrainedPooling) -> NetworkWeights:
    """The network without its heads, each mean taken into the bias."""
    convolutions = {
        layer: (kernel, bias - _shift(kernel, means[INPUTS[layer]]) if layer in INPUTS else bias)
        for layer, (kernel, bias) in _kept(parameters.convolutions).items()
    }
    return NetworkWeights(name, convolutions, PREPROCESSING, pooling)


def scales_of(batches: list[Activations]) -> dict[str, Scale]:
    """What to measure each teacher channel by, from some batches of its answers."""
    scales = {}
    for tap in batches[0]:
        values = [batch[tap].astype(jnp.float32).reshape(-1, batch[tap].shape[-1]) for batch in batches]
        together = jnp.concatenate(values)
        deviation = together.std(0)
        # A channel that hardly ever speaks must not be blown up.
        deviation = jnp.maximum(deviation, 0.05 * jnp.median(deviation))
        scales[tap] = Scale(*(value.reshape(1, 1, 1, -1) for value in (together.mean(0), deviation)))
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
    """What training minimizes.

    For each tap, the mean over channels of the unexplained share of the channel's variance, and the relative squared
    error of the Gram matrices of the (standardized) activations, which are what a network for style is used for.

    Args:
        parameters: the student's.
        means: of its activations, to be subtracted.
        scales: of the teacher's channels.
        x: crops, (n, side, side, 3) in [0, 1].
        answers: the teacher's sampled activations of them.
        gram_weight: how much the Gram matrices count beside the activations.
        pooling: the student's, "max" or "avg".

    Returns:
        The weighted sum over taps; each tap's unexplained share of the variance; the means of this batch.
    """
    activations = VGG19(weights_of(parameters, means, "student", pooling))(x, {*INPUTS.values(), *answers})
    looked_at = sampled({tap: activations[tap] for tap in answers})
    total, unexplained = jnp.zeros(()), {}
    for tap, answer in answers.items():
        truth = (answer.astype(jnp.float32) - scales[tap].mean) / scales[tap].deviation
        kernel, bias = parameters.heads[tap]
        prediction = (looked_at[tap] - means[tap].reshape(1, 1, 1, -1)) @ kernel + bias.reshape(1, 1, 1, -1)
        unexplained[tap] = jnp.mean((prediction - truth) ** 2)
        predicted, true = (jax.vmap(gram_matrix)(values) for values in (prediction, truth))
        gram_error = jnp.sum((predicted - true) ** 2) / jnp.sum(true**2)
        total += TAPS[tap].weight * (unexplained[tap] + gram_weight * gram_error)
    return total, (unexplained, _means(activations))


def normalized(weights: NetworkWeights, pictures: jax.Array) -> NetworkWeights:
    """The same network with each channel's mean activation over natural pictures made 1 (Gatys et al. 2015, section 2).

    A ReLU passes a positive factor through, so a kernel's output may be scaled if the next kernel's input is scaled
    back: nothing but the unit of each channel changes, and losses of one size on all networks and layers follow.
    Pooling passes the factor through as well.

    Args:
        weights: any network.
        pictures: (n, height, width, 3) in [0, 1].
    """
    activations = VGG19(weights)(pictures, [name.replace("conv", "relu") for name in weights.convolutions])
    convolutions = {}
    before = np.ones(3, np.float32)
    for name, (kernel, bias) in weights.convolutions.items():
        mean = np.asarray(activations[name.replace("conv", "relu")]).mean((0, 1, 2))
        # A channel that hardly ever speaks must not be blown up until it outshouts the others.
        least = 0.05 * np.median(mean[mean > 0]) if (mean > 0).any() else 1
        after = np.maximum(mean, least).astype(np.float32)
        convolutions[name] = (kernel * before.reshape(1, 1, -1, 1) / after, bias / after)
        before = after
    return dataclasses.replace(weights, convolutions=convolutions)


def _kept(convolutions: Mapping[str, Affine]) -> dict[str, Affine]:
    return {name: convolutions[name] for name in LAYERS}


def _means(activations: Mapping[str, jax.Array]) -> Means:
    return {name: values.mean((0, 1, 2)) for name, values in activations.items()}


def _shift(kernel: Any, mean: jax.Array) -> jax.Array:
    return jnp.einsum("yxio,i->o", kernel, mean)


def _head(inputs: jax.Array, answer: jax.Array, scale: Scale) -> Affine:
    """The linear prediction of least squares, with a ridge where channels say the same or nothing."""
    truth = (answer.astype(jnp.float32) - scale.mean) / scale.deviation
    rows, outputs = (values.reshape(-1, values.shape[-1]) for values in (inputs, truth))
    products = rows.T @ rows / len(rows)
    ridge = RIDGE * jnp.trace(products) / len(products) * jnp.eye(len(products))
    kernel = jnp.linalg.solve(products + ridge, rows.T @ outputs / len(rows))
    return kernel, (outputs - rows @ kernel).mean(0)
