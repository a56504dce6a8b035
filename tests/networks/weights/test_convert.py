"""Conversion of weight files from PyTorch, safetensors, NumPy, Keras and ours."""

import dataclasses
import json
import struct
import zipfile

import h5py
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.convert import convert
from nst_jax.networks.weights.pretrained import PRETRAINED_NAME
from tests.networks.weights.weight_files import same, torchvision_state, write_keras, write_tensors


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_torchvision_names_are_converted(tmp_path, tiny_network, suffix):
    path = tmp_path / f"vgg19{suffix}"
    write_tensors(path, torchvision_state(tiny_network.convolutions))
    network = convert(path)
    assert network.preprocessing == "torchvision"
    assert network.sha256 == tiny_network.sha256
    assert convert(path, "caffe").preprocessing == "caffe"


def test_torch_state_dicts_are_converted(tmp_path, tiny_network):
    torch = pytest.importorskip("torch")
    arrays = torchvision_state(tiny_network.convolutions)
    torch.save({name: torch.from_numpy(array.copy()) for name, array in arrays.items()}, tmp_path / "vgg19.pth")
    assert convert(tmp_path / "vgg19.pth").sha256 == tiny_network.sha256


def test_pretrained_values_under_torchvision_names_are_recognized(tmp_path, pretrained):
    """Some PyTorch files hold the Caffe network, which takes another input than torchvision's."""
    write_tensors(tmp_path / "vgg19.npz", torchvision_state(pretrained))
    assert convert(tmp_path / "vgg19.npz").preprocessing == "caffe"


def test_keras_files_are_converted(tmp_path, pretrained, tiny_network):
    write_keras(tmp_path / "keras.h5", pretrained, top=True)
    hdf5.write(tmp_path / "ours.h5", convert(tmp_path / "keras.h5"))
    assert hdf5.read(tmp_path / "ours.h5").name == PRETRAINED_NAME
    write_keras(tmp_path / "own.h5", tiny_network.convolutions)
    with pytest.raises(InputError, match="give --preprocessing"):
        convert(tmp_path / "own.h5")
    assert convert(tmp_path / "own.h5", "torchvision").sha256 == tiny_network.sha256


@pytest.mark.parametrize("pooling", ["max", "avg"])
@pytest.mark.parametrize("preprocessing", ["caffe", "torchvision"])
def test_our_own_files_keep_their_name_input_convention_and_pooling(tmp_path, tiny_network, preprocessing, pooling):
    weights = dataclasses.replace(tiny_network, name="mine", preprocessing=preprocessing, pooling=pooling)
    hdf5.write(tmp_path / "file.h5", weights)
    converted = convert(tmp_path / "file.h5")
    assert same(converted, weights)
    assert converted.name == "mine"


def test_a_given_input_convention_replaces_that_of_our_own_files(tmp_path, tiny_network):
    weights = dataclasses.replace(tiny_network, name="mine", preprocessing="caffe", pooling="avg")
    hdf5.write(tmp_path / "file.h5", weights)
    converted = convert(tmp_path / "file.h5", "torchvision")
    assert same(converted, dataclasses.replace(weights, preprocessing="torchvision"))
    assert converted.name == "mine"


@pytest.mark.parametrize(
    ("attribute", "message"),
    [("preprocessing", "unknown input convention, 'other'"), ("pooling", "unknown pooling, 'other'")],
)
def test_our_own_files_with_unknown_attributes_are_refused(tmp_path, tiny_network, attribute, message):
    hdf5.write(tmp_path / "file.h5", tiny_network)
    with h5py.File(tmp_path / "file.h5", "r+") as file:
        file.attrs[attribute] = "other"
    with pytest.raises(InputError, match=message):
        convert(tmp_path / "file.h5")


def test_other_files_are_refused(tmp_path, tiny_network):
    state = torchvision_state(tiny_network.convolutions)

    def assert_refused(state, message):
        np.savez(tmp_path / "vgg.npz", **state)
        with pytest.raises(InputError, match=message):
            convert(tmp_path / "vgg.npz")

    assert_refused(state | {"features.1.running_mean": np.zeros(4)}, "batch normalization")
    vgg16 = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    assert_refused({f"features.{index}.weight": np.zeros((4, 4, 3, 3)) for index in vgg16}, "VGG-16")
    incomplete = {name: array for name, array in state.items() if name != "features.5.bias"}
    assert_refused(incomplete, r"features\.5\.weight has no bias")
    assert_refused({"layer": np.zeros(3)}, "no convolutions")
    (tmp_path / "other.npz").write_bytes(b"PK\x03\x04 and nothing of a zip archive")
    with zipfile.ZipFile(tmp_path / "vgg.npz", "w") as archive:
        archive.writestr("features.0.weight", b"not an array")
    with pytest.raises(InputError, match="no convolutions"):
        convert(tmp_path / "vgg.npz")
    header = json.dumps({"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}).encode()
    (tmp_path / "cut.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"1234")
    for name in ("other.npz", "cut.safetensors"):
        with pytest.raises(InputError, match="damaged"):
            convert(tmp_path / name)
    (tmp_path / "vgg.onnx").write_bytes(b"x")
    with pytest.raises(InputError, match="unknown kind"):
        convert(tmp_path / "vgg.onnx")
