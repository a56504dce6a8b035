"""Validation of a network's layers."""

import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights import hdf5
from tests.networks.weights.weight_files import write_keras


def test_networks_other_than_a_vgg19_are_refused(tmp_path, tiny_network):
    def assert_refused(convolutions, message):
        write_keras(tmp_path / "keras.h5", convolutions)
        with pytest.raises(InputError, match=message):
            hdf5.read(tmp_path / "keras.h5")

    layers = dict(tiny_network.convolutions)
    kernel, bias = layers["conv2_1"]
    assert_refused({name: pair for name, pair in layers.items() if name[-1] != "4"}, "VGG-16")
    assert_refused({name: pair for name, pair in layers.items() if name != "conv2_2"}, "lacks the layer conv2_2")
    assert_refused(layers | {"conv2_1": (kernel[:, :, :2], bias)}, "conv2_1 has a kernel of shape")
    assert_refused(layers | {"conv2_1": (kernel * np.nan, bias)}, "not finite")
    assert_refused(layers | {"conv2_1": (kernel * 0, bias)}, "all zero")
    assert_refused(layers | {"conv2_1": (kernel.astype("i4"), bias)}, "int32")
    assert_refused({}, "no convolutions")
    assert_refused(layers, "nothing in it says which input")
