"""The student: normalization, balancing, and the loss by which it is trained."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.random_init import random_network
from nst_jax.training import student
from nst_jax.training.taps import TAPS, sampled

WIDTHS = (4, 4, 6, 6, 8)


def channels(values: jax.Array) -> np.ndarray:
    """Return activations as (positions, channels)."""
    return np.asarray(values).reshape(-1, values.shape[-1])


@pytest.mark.slow
def test_normalizing_changes_only_the_unit_of_each_channel(tiny_network, images):
    normalized = student.normalized(tiny_network, images)
    layers = ["relu1_2", "relu3_1", "relu5_4"]
    before, after = (VGG.of(weights)(images, layers) for weights in (tiny_network, normalized))
    for layer in layers:
        old, new = channels(before[layer]), channels(after[layer])
        unit = old.sum(0) / np.where(new.sum(0) > 0, new.sum(0), 1)
        np.testing.assert_allclose(new * unit, old, rtol=1e-3, atol=1e-5)
        means = new.mean(0)
        assert means.max() < 1.001
        assert np.median(means[means > 0]) == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
def test_balancing_makes_every_channel_active(images):
    balanced = student.balanced(random_network(WIDTHS), images)
    for name, values in VGG.of(balanced)(images, student.LAYERS).items():
        np.testing.assert_allclose(channels(values).mean(0), 0, atol=1e-4)
        if values.shape[1] > 2:
            assert (channels(values) > 0).any(0).all(), name


def test_parameters_with_subtracted_means_are_the_same_network(images):
    start = random_network(WIDTHS, seed=6)
    parameters, means = student.first_parameters(start, {}, images, {})
    network = student.weights_of(parameters, means, "again", "avg")
    assert tuple(network.convolutions) == student.LAYERS
    assert network.pooling == "avg"
    for name in student.LAYERS:
        np.testing.assert_array_equal(network.convolutions[name][0], start.convolutions[name][0])
        np.testing.assert_allclose(network.convolutions[name][1], start.convolutions[name][1], atol=1e-5)


def perfect_student(weights: NetworkWeights, x: jax.Array):
    """Return the arguments of the loss for a student that is its own teacher, with heads that predict exactly."""
    answers = sampled(VGG.of(weights)(x, tuple(TAPS)))
    scales = student.scales_of([answers])
    parameters, means = student.first_parameters(weights, scales, x, answers)
    heads = {
        tap: (jnp.diag(1 / scale.deviation.ravel()), (means[tap] - scale.mean.ravel()) / scale.deviation.ravel())
        for tap, scale in scales.items()
    }
    return parameters._replace(heads=heads), means, scales, x, answers


@pytest.mark.slow
def test_a_perfect_student_has_no_loss(images):
    value, (unexplained, _) = student.loss(
        *perfect_student(random_network(WIDTHS, seed=7), images), gram_weight=1.0, pooling="max"
    )
    assert float(value) < 1e-6
    assert set(unexplained) == set(TAPS)


@pytest.mark.slow
def test_heads_of_zeros_explain_nothing(images):
    """They predict each channel's mean, which leaves all of the variance and all of the Gram matrices."""
    parameters, *rest = perfect_student(random_network((8, 8, 8, 8, 8), seed=7), images)
    parameters = parameters._replace(heads=jax.tree.map(jnp.zeros_like, parameters.heads))
    value, (unexplained, _) = student.loss(parameters, *rest, gram_weight=0.5, pooling="max")
    assert float(unexplained["relu1_1"]) == pytest.approx(1, rel=0.02)
    weights = sum(TAPS[tap].weight * (float(share) + 0.5) for tap, share in unexplained.items())
    assert float(value) == pytest.approx(weights, rel=1e-4)
