"""Conditional instance normalization."""

import jax.numpy as jnp
import numpy as np

from nst_jax.networks.magenta.transformer import conditional_instance_norm


def test_channels_get_the_given_mean_and_deviation():
    generator = np.random.default_rng(0)
    x = jnp.asarray(generator.normal(3, 5, (2, 30, 20, 4)), jnp.float32)
    scale, shift = jnp.asarray(generator.normal(size=(2, 2, 4)), jnp.float32)
    normalized = conditional_instance_norm(x, scale, shift)
    np.testing.assert_allclose(normalized.mean((1, 2)), shift, atol=1e-5)
    np.testing.assert_allclose(normalized.std((1, 2)), np.abs(scale), rtol=1e-4)


def test_a_constant_channel_becomes_its_shift():
    flat = jnp.full((1, 4, 4, 2), 7.0)
    normalized = conditional_instance_norm(flat, jnp.full((1, 2), 9.0), jnp.asarray([[0.5, -1.0]]))
    np.testing.assert_array_equal(normalized[0, 2, 2], [0.5, -1.0])
