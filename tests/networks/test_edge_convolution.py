"""The convolution with edge padding: its values and its borders."""

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.conv import convolution
from nst_jax.networks.edge_convolution import convolve_with_edges


@pytest.mark.parametrize(("height", "width"), [(6, 8), (5, 7), (1, 2)])
def test_it_is_the_inside_of_a_convolution_of_the_padded_map(height, width, x64):
    generator = np.random.default_rng(0)
    x = jnp.asarray(generator.normal(size=(2, height, width, 6)))
    kernel = jnp.asarray(generator.normal(size=(3, 3, 6, 5)))
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    np.testing.assert_allclose(convolve_with_edges(x, kernel), convolution(padded, kernel)[:, 1:-1, 1:-1], atol=1e-12)


@pytest.mark.parametrize("channels", [3, 64])
def test_a_flat_map_stays_flat_up_to_its_borders(channels):
    kernel = jnp.asarray(np.random.default_rng(0).normal(size=(3, 3, channels, channels)), jnp.float32)
    y = convolve_with_edges(jnp.ones((1, 4, 6, channels)), kernel)
    np.testing.assert_allclose(y, np.broadcast_to(kernel.sum((0, 1, 2)), y.shape), rtol=1e-4, atol=1e-3)
