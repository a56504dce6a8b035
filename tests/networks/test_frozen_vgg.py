"""The frozen network: it computes what that of a run does, and features that do not tell where borders are."""

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.frozen_vgg import FrozenVGG
from nst_jax.networks.vgg import VGG
from tests.conftest import picture

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def test_it_computes_what_the_network_of_the_optimization_does(tiny_network):
    image = jnp.asarray(picture(0, 40, 56))
    frozen = FrozenVGG.of(tiny_network, "replicate")(image, LAYERS)
    plain = VGG.of(tiny_network, padding="replicate")(image, LAYERS)
    for name in LAYERS:
        np.testing.assert_array_equal(frozen[name], plain[name], err_msg=name)


@pytest.mark.slow
def test_a_batch_is_its_images(tiny_network):
    network, images = FrozenVGG.of(tiny_network, "edges"), jnp.asarray(np.stack([picture(i, 24, 32) for i in range(2)]))
    together = network(images, LAYERS)
    for index in range(2):
        for name, alone in network(images[index], LAYERS).items():
            np.testing.assert_allclose(together[name][index], alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["edges", "replicate"])
def test_only_with_edges_a_flat_image_has_the_same_features_everywhere(tiny_network, padding):
    flat = jnp.broadcast_to(jnp.asarray([0.2, 0.5, 0.7]), (48, 64, 3))
    features = FrozenVGG.of(tiny_network, padding)(flat, ["relu3_1"])["relu3_1"]
    deviation = float(jnp.max(jnp.std(features, (0, 1))))
    assert (deviation < 1e-5) == (padding == "edges")
