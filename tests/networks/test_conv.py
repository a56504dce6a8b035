"""The convolution and its hand-written gradient, compared with those of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.conv import convolution


@jax.jit
def convolution_of_jax(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@pytest.mark.parametrize("summation", ["plain", "split"])
@pytest.mark.parametrize("shape", [(1, 1, 1, 2, 3), (2, 5, 4, 3, 2), (1, 2, 9, 1, 1)])
def test_values_and_both_gradients(shape, summation, x64):
    n, height, width, c, d = shape
    generator = np.random.default_rng(0)
    x, kernel, cotangent = (
        jnp.asarray(generator.normal(size=size))
        for size in ((n, height, width, c), (3, 3, c, d), (n, height, width, d))
    )
    value, pull = jax.vjp(lambda x, kernel: convolution(x, kernel, summation), x, kernel)
    expected, expected_pull = jax.vjp(convolution_of_jax, x, kernel)
    np.testing.assert_allclose(value, expected, atol=1e-12)
    for gradient, reference in zip(pull(cotangent), expected_pull(cotangent), strict=True):
        np.testing.assert_allclose(gradient, reference, atol=1e-12)


def test_gradients_of_a_batch_equal_a_loop():
    generator = np.random.default_rng(1)
    x = jnp.asarray(generator.normal(size=(3, 1, 6, 5, 2)), jnp.float32)
    kernel = jnp.asarray(generator.normal(size=(3, 3, 2, 4)), jnp.float32)

    def energy(x):
        return (convolution(x, kernel, "split") ** 2).sum()

    batched = jax.vmap(jax.grad(energy))(x)
    np.testing.assert_allclose(batched, jnp.stack([jax.grad(energy)(each) for each in x]), rtol=1e-4, atol=1e-4)


def test_bfloat16_keeps_three_digits_and_the_dtype():
    """Both operands are rounded to eight bits and the sums are not, so the errors of many products average out."""
    generator = np.random.default_rng(2)
    x, kernel, cotangent = (
        jnp.asarray(generator.normal(size=size), jnp.float32) for size in ((1, 8, 9, 64), (3, 3, 64, 16), (1, 8, 9, 16))
    )
    for summation, least, most in (("plain", 0, 1e-6), ("bfloat16", 1e-4, 1e-2)):
        value, pull = jax.vjp(lambda x, how=summation: convolution(x, kernel, how), x)
        expected, expected_pull = jax.vjp(lambda x: convolution_of_jax(x, kernel), x)
        for ours, truth in ((value, expected), (pull(cotangent)[0], expected_pull(cotangent)[0])):
            assert ours.dtype == jnp.float32
            assert least <= float(jnp.linalg.norm(ours - truth) / jnp.linalg.norm(truth)) < most
