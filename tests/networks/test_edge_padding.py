"""The padding "edges": features that do not tell where borders are."""

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.vgg import VGG
from tests.conftest import picture

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


@pytest.mark.slow
def test_a_batch_is_its_images(tiny_network):
    network = VGG.of(tiny_network, padding="edges")
    images = jnp.asarray(np.stack([picture(i, 24, 32) for i in range(2)]))
    together = network(images, LAYERS)
    for index in range(2):
        for name, alone in network(images[index], LAYERS).items():
            np.testing.assert_allclose(together[name][index], alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["edges", "replicate"])
def test_only_with_edges_a_flat_image_has_the_same_features_everywhere(tiny_network, padding):
    flat = jnp.broadcast_to(jnp.asarray([0.2, 0.5, 0.7]), (48, 64, 3))
    features = VGG.of(tiny_network, padding=padding)(flat, ["relu3_1"])["relu3_1"]
    deviation = float(jnp.max(jnp.std(features, (0, 1))))
    assert (deviation < 1e-5) == (padding == "edges")
