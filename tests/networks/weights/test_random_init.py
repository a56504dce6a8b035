"""Networks with random filters."""

import numpy as np
import pytest

from nst_jax.networks.weights.random_init import random_network


def test_random_filters_are_the_same_on_every_machine():
    network = random_network()
    assert network.sha256 == random_network().sha256
    assert network.sha256 == "3f4916039137387a088b5b3221a56e8a168a86f44eac3927ab8956ad5dedb9bc"
    assert network.sha256 != random_network(seed=1).sha256
    assert [network.convolutions[f"conv{block}_1"][1].size for block in range(1, 6)] == [16, 32, 64, 128, 128]
    spread = network.convolutions["conv4_2"][0].std()
    assert spread == pytest.approx(np.sqrt(2 / (9 * 128)), rel=0.01)
