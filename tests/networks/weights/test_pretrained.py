"""Recognition of the pretrained VGG-19, and refusal of damaged copies of it."""

import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.pretrained import FINGERPRINTS, PRETRAINED_NAME, fingerprint_hash, is_pretrained_vgg19
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, block_of
from tests.networks.weights.weight_files import write_keras


@pytest.mark.parametrize(("style", "top"), [("old", False), ("old", True), ("new", False), ("model", True)])
def test_keras_files_of_the_pretrained_network_are_recognized(tmp_path, pretrained, style, top):
    write_keras(tmp_path / "keras.h5", pretrained, style=style, top=top)
    network = hdf5.read(tmp_path / "keras.h5")
    assert network.name == PRETRAINED_NAME
    assert network.preprocessing == "caffe"
    np.testing.assert_array_equal(network.convolutions["conv3_2"][0], pretrained["conv3_2"][0])


def test_the_fingerprints_are_those_of_the_pretrained_network(pretrained):
    assert set(FINGERPRINTS) == set(CONVOLUTIONS)
    for name, (kernel, bias) in pretrained.items():
        assert fingerprint_hash(bias) == FINGERPRINTS[name].bias
        assert fingerprint_hash(kernel[2, 2, 0]) == FINGERPRINTS[name].tap
        if block_of(name) <= 3:
            assert fingerprint_hash(kernel) == FINGERPRINTS[name].kernel
    assert is_pretrained_vgg19(pretrained, "it")


def damaged(convolutions, how: str):
    """Return the network with a fault that occurs in published files."""
    result = dict(convolutions)
    if how == "swapped":
        result["conv3_2"], result["conv3_3"] = result["conv3_3"], result["conv3_2"]
    elif how == "rotated":
        result = {name: (kernel[::-1, ::-1], bias) for name, (kernel, bias) in result.items()}
    elif how == "rgb":
        kernel, bias = result["conv1_1"]
        result["conv1_1"] = (kernel[:, :, ::-1], bias)
    elif how == "one value":
        kernel = result["conv2_1"][0].copy()
        kernel[0, 1, 7, 7] += 1e-3
        result["conv2_1"] = (kernel, result["conv2_1"][1])
    elif how == "one layer":
        kernel, bias = result["conv4_3"]
        result["conv4_3"] = (kernel, bias + 1)
    return result


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("swapped", "conv3_2 holds the pretrained VGG-19's conv3_3"),
        ("rotated", "rotated by 180 degrees"),
        ("rgb", "swapped to RGB"),
        ("one value", "damaged: the kernel of its conv2_1"),
        ("one layer", "damaged: its conv4_3"),
    ],
)
def test_damaged_pretrained_networks_are_refused(tmp_path, pretrained, how, message):
    write_keras(tmp_path / "keras.h5", damaged(pretrained, how))
    with pytest.raises(InputError, match=message):
        hdf5.read(tmp_path / "keras.h5")
