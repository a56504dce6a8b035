"""Winograd's convolution compared with the plain sum, alone and in the network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.conv import convolution
from nst_jax.networks.vgg import VGG, build_network
from nst_jax.networks.weights.random_init import random_network
from nst_jax.networks.winograd import transform_kernel, winograd_convolution
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, VGG19_WIDTHS
from tests.conftest import picture

# Layers of all depths: without Winograd's algorithm, after a few layers with it, and at the end.
LAYERS = ("relu1_2", "relu3_4", "conv5_4")


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def transformed(kernel: np.ndarray | jax.Array) -> tuple[jax.Array, ...]:
    return tuple(map(jnp.asarray, transform_kernel(np.asarray(kernel))))


@pytest.mark.parametrize("shape", [(1, 1, 1, 2, 3), (2, 5, 4, 3, 2), (1, 2, 9, 1, 1), (3, 6, 8, 4, 4)])
def test_values_and_both_gradients(shape, x64):
    """The gradient of the transformed kernel is that of the kernel through the transform."""
    n, height, width, c, d = shape
    x, kernel, cotangent = (
        jnp.asarray(normal(seed, *size))
        for seed, size in enumerate(((n, height, width, c), (3, 3, c, d), (n, height, width, d)))
    )

    def by_winograd(x, kernel):
        return winograd_convolution(x, transform_kernel(kernel))

    np.testing.assert_allclose(winograd_convolution(x, transformed(kernel)), convolution(x, kernel), atol=1e-12)
    value, pull = jax.vjp(by_winograd, x, kernel)
    expected, expected_pull = jax.vjp(convolution, x, kernel)
    np.testing.assert_allclose(value, expected, atol=1e-12)
    for gradient, reference in zip(pull(cotangent), expected_pull(cotangent), strict=True):
        np.testing.assert_allclose(gradient, reference, atol=1e-12)


# Sides that are multiples of a tile, longer, and shorter than one; few, because each shape is compiled.
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 8), (7, 2), (2, 3), (8, 8), (9, 5)])
def test_rounding_errors_in_single_precision_are_small(height, width):
    x, kernel = (values.astype(np.float32) for values in (normal(3, 1, height, width, 256), normal(4, 3, 3, 256, 8)))
    with jax.enable_x64(True):
        truth = np.asarray(convolution(jnp.asarray(x, jnp.float64), jnp.asarray(kernel, jnp.float64)))
    error = np.linalg.norm(winograd_convolution(jnp.asarray(x), transformed(kernel)) - truth) / np.linalg.norm(truth)
    assert error < 2e-6


def test_gradients_of_a_batch_equal_a_loop():
    x, kernel = (
        jnp.asarray(normal(5, 3, 1, 6, 5, 2), jnp.float32),
        transformed(normal(6, 3, 3, 2, 4).astype(np.float32)),
    )
    gradient = jax.grad(lambda x: (winograd_convolution(x, kernel) ** 2).sum())
    np.testing.assert_allclose(jax.vmap(gradient)(x), np.stack([gradient(each) for each in x]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("layers", [("relu1_2", "relu3_2"), pytest.param(LAYERS, marks=pytest.mark.slow)])
def test_a_network_with_winograd_computes_the_same_activations_and_gradient(tiny_network, layers, x64):
    x = jnp.asarray(picture(0, 37, 50), jnp.float64)
    networks = [VGG.of(tiny_network, dtype=jnp.float64, convolution=method) for method in ("native", "winograd")]

    def energy(x, network):
        return sum((values**2).sum() for values in network(x, layers).values())

    one, other = (jax.jit(jax.value_and_grad(energy))(x, network) for network in networks)
    assert other[0] == pytest.approx(float(one[0]), rel=1e-6)
    np.testing.assert_allclose(other[1], one[1], atol=1e-6 * float(jnp.abs(one[1]).max()))


@pytest.mark.slow
@pytest.mark.parametrize("accelerator", [False, True])
def test_auto_uses_winograd_only_on_cpus_and_in_wide_networks(monkeypatch, tiny_network, accelerator):
    monkeypatch.setattr("nst_jax.networks.vgg.has_accelerator", lambda: accelerator)
    full, narrow = (build_network(weights, Recipe()) for weights in (random_network(VGG19_WIDTHS), tiny_network))
    by_winograd = [name for name, each in full.convolutions.items() if each.algorithm == "winograd"]
    assert by_winograd == ([] if accelerator else list(CONVOLUTIONS[2:]))
    assert not narrow.has_winograd


def test_the_default_is_auto_and_unknown_algorithms_are_refused():
    assert Recipe().convolution == "auto"
    with pytest.raises(InputError, match="must be one of auto, native, winograd, bfloat16"):
        Recipe(convolution="fft")
