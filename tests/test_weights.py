"""Weight files: what is read, what is refused, and what the refusal says."""

import dataclasses
import json
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights import NetworkWeights, hdf5
from nst_jax.networks.weights.convert import convert
from nst_jax.networks.weights.pretrained import FINGERPRINTS, PRETRAINED_NAME, fingerprint_hash, is_pretrained_vgg19
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, block_of
from tests.conftest import shared

TORCHVISION_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


@pytest.fixture(scope="module")
def pretrained() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The pretrained VGG-19 as far as it is at hand: real to conv3_4; beyond, real biases and corners of kernels."""
    real = np.load(shared("data/teachers/vgg19_caffe_conv1_1-conv3_4.npz"))
    corners = np.load(shared("data/teachers/vgg19_caffe_fingerprint.npz"))
    convolutions = {}
    channels = 3
    for name in CONVOLUTIONS:
        key = f"block{name[4]}_conv{name[6]}"
        bias = corners[f"{key}.bias"]
        if f"{key}.kernel" in real.files:
            kernel = real[f"{key}.kernel"]
        else:
            kernel = np.full((3, 3, channels, bias.size), 0.01, np.float32)
            kernel[2, 2, 0] = corners[f"{key}.kernel_tap_2_2_row0"]
        convolutions[name] = (kernel, bias)
        channels = bias.size
    return convolutions


def same(one: NetworkWeights, other: NetworkWeights) -> bool:
    return (one.sha256, one.preprocessing, one.pooling) == (other.sha256, other.preprocessing, other.pooling)


def test_the_pooling_is_kept_and_an_unknown_one_refused(tmp_path, tiny_network):
    weights = dataclasses.replace(tiny_network, pooling="avg")
    hdf5.write(tmp_path / "avg.h5", weights)
    assert same(hdf5.read(tmp_path / "avg.h5"), weights)
    with h5py.File(tmp_path / "avg.h5", "r+") as file:
        file.attrs["pooling"] = "median"
    with pytest.raises(InputError, match="unknown pooling, 'median'"):
        hdf5.read(tmp_path / "avg.h5")
    with h5py.File(tmp_path / "avg.h5", "r+") as file:
        del file.attrs["pooling"]
    assert hdf5.read(tmp_path / "avg.h5").pooling == "max"


def write_keras(path: Path, convolutions, *, top: bool = False, style: str = "old") -> None:
    """As Keras's releases lay their files out."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if style == "model" else file
        for name, (kernel, bias) in convolutions.items():
            group = f"block{name[4]}_conv{name[6]}"
            names = {"old": (f"{group}_W_1:0", f"{group}_b_1:0")}.get(style, (f"{group}/kernel:0", f"{group}/bias:0"))
            root.create_group(group)
            for key, array in zip(names, (kernel, bias), strict=True):
                root[group][key] = array
        root.create_group("block1_pool")
        if top:
            root["fc1/fc1/kernel:0"], root["fc1/fc1/bias:0"] = np.zeros((8, 4), "f4"), np.zeros(4, "f4")


def torch_names(convolutions) -> dict[str, np.ndarray]:
    state = {"classifier.0.weight": np.zeros((4, 8), np.float32), "classifier.0.bias": np.zeros(4, np.float32)}
    for index, (kernel, bias) in zip(TORCHVISION_INDICES, convolutions.values(), strict=False):
        state[f"features.{index}.weight"], state[f"features.{index}.bias"] = kernel.transpose(3, 2, 0, 1), bias
    return state


def test_random_filters_are_the_same_everywhere():
    network = random_network()
    assert network.sha256 == random_network().sha256
    assert network.sha256 == "3f4916039137387a088b5b3221a56e8a168a86f44eac3927ab8956ad5dedb9bc"
    assert network.sha256 != random_network(seed=1).sha256
    assert [network.convolutions[f"conv{block}_1"][1].size for block in range(1, 6)] == [16, 32, 64, 128, 128]
    spread = network.convolutions["conv4_2"][0].std()
    assert spread == pytest.approx(np.sqrt(2 / (9 * 128)), rel=0.01)


def test_our_files_come_back_as_they_were(tmp_path, tiny_network):
    path = tmp_path / "new folder" / "tiny.h5"
    hdf5.write(path, tiny_network)
    again = hdf5.read(path)
    assert same(again, tiny_network)
    assert again.name == tiny_network.name
    assert [item.name for item in path.parent.iterdir()] == ["tiny.h5"]
    assert path.stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize(("style", "top"), [("old", False), ("old", True), ("new", False), ("model", True)])
def test_keras_files_of_the_pretrained_network(tmp_path, pretrained, style, top):
    write_keras(tmp_path / "keras.h5", pretrained, style=style, top=top)
    network = hdf5.read(tmp_path / "keras.h5")
    assert network.name == PRETRAINED_NAME
    assert network.preprocessing == "caffe"
    np.testing.assert_array_equal(network.convolutions["conv3_2"][0], pretrained["conv3_2"][0])


def test_fingerprints_are_those_of_the_teacher(pretrained):
    assert set(FINGERPRINTS) == set(CONVOLUTIONS)
    for name, (kernel, bias) in pretrained.items():
        assert fingerprint_hash(bias) == FINGERPRINTS[name].bias
        assert fingerprint_hash(kernel[2, 2, 0]) == FINGERPRINTS[name].tap
        if block_of(name) <= 3:
            assert fingerprint_hash(kernel) == FINGERPRINTS[name].kernel
    assert is_pretrained_vgg19(pretrained, "it")


def mangle(convolutions, how: str):
    """What goes wrong with files of the pretrained network."""
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
def test_mangled_pretrained_networks_are_refused(tmp_path, pretrained, how, message):
    write_keras(tmp_path / "keras.h5", mangle(pretrained, how))
    with pytest.raises(InputError, match=message):
        hdf5.read(tmp_path / "keras.h5")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\x89PNG\r\n\x1a\nxxxx", "PNG picture"),
        (b"PK\x03\x04xxxx", "zip archive"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
        (b"something else", "some other file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "damaged"),
    ],
)
def test_other_files_are_refused_by_what_they_are(tmp_path, content, message):
    (tmp_path / "network.h5").write_bytes(content)
    with pytest.raises(InputError, match=message):
        hdf5.read(tmp_path / "network.h5")


def test_truncated_missing_and_folder(tmp_path, tiny_network):
    hdf5.write(tmp_path / "whole.h5", tiny_network)
    (tmp_path / "part.h5").write_bytes((tmp_path / "whole.h5").read_bytes()[:-2000])
    with pytest.raises(InputError, match="truncated"):
        hdf5.read(tmp_path / "part.h5")
    with pytest.raises(InputError, match="no weight file"):
        hdf5.read(tmp_path / "missing.h5")
    with pytest.raises(InputError, match="is a folder"):
        hdf5.read(tmp_path)


def test_wrong_networks_are_refused(tmp_path, tiny_network):
    def refused(convolutions, message):
        write_keras(tmp_path / "keras.h5", convolutions)
        with pytest.raises(InputError, match=message):
            hdf5.read(tmp_path / "keras.h5")

    layers = dict(tiny_network.convolutions)
    kernel, bias = layers["conv2_1"]
    refused({name: pair for name, pair in layers.items() if name[-1] != "4"}, "VGG-16")
    refused({name: pair for name, pair in layers.items() if name != "conv2_2"}, "lacks the layer conv2_2")
    refused(layers | {"conv2_1": (kernel[:, :, :2], bias)}, "conv2_1 has a kernel of shape")
    refused(layers | {"conv2_1": (kernel * np.nan, bias)}, "not finite")
    refused(layers | {"conv2_1": (kernel * 0, bias)}, "all zero")
    refused(layers | {"conv2_1": (kernel.astype("i4"), bias)}, "int32")
    refused({}, "no convolutions")
    refused(layers, "nothing in it says which input")


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_torchvision_names_are_converted(tmp_path, tiny_network, suffix):
    path = tmp_path / f"vgg19{suffix}"
    write_tensors(path, torch_names(tiny_network.convolutions))
    network = convert(path)
    assert network.preprocessing == "torchvision"
    assert network.sha256 == tiny_network.sha256
    assert convert(path, "caffe").preprocessing == "caffe"


def write_tensors(path: Path, state: dict[str, np.ndarray]) -> None:
    if path.suffix == ".npz":
        np.savez(path, **state)
    else:
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(array) for name, array in state.items()}, path)


def test_torch_state_dicts_are_converted(tmp_path, tiny_network):
    torch = pytest.importorskip("torch")
    state = {name: torch.from_numpy(array.copy()) for name, array in torch_names(tiny_network.convolutions).items()}
    torch.save(state, tmp_path / "vgg19.pth")
    assert convert(tmp_path / "vgg19.pth").sha256 == tiny_network.sha256


def test_pretrained_values_under_torchvision_names_are_recognized(tmp_path, pretrained):
    """Some PyTorch files hold the Caffe network, which takes another input than torchvision's."""
    write_tensors(tmp_path / "vgg19.npz", torch_names(pretrained))
    assert convert(tmp_path / "vgg19.npz").preprocessing == "caffe"


def test_keras_files_are_converted(tmp_path, pretrained, tiny_network):
    write_keras(tmp_path / "keras.h5", pretrained, top=True)
    hdf5.write(tmp_path / "ours.h5", convert(tmp_path / "keras.h5"))
    assert hdf5.read(tmp_path / "ours.h5").name == PRETRAINED_NAME
    write_keras(tmp_path / "own.h5", tiny_network.convolutions)
    with pytest.raises(InputError, match="give --preprocessing"):
        convert(tmp_path / "own.h5")
    assert convert(tmp_path / "own.h5", "torchvision").sha256 == tiny_network.sha256


def test_files_that_cannot_be_converted(tmp_path, tiny_network):
    state = torch_names(tiny_network.convolutions)

    def refused(state, message):
        np.savez(tmp_path / "vgg.npz", **state)
        with pytest.raises(InputError, match=message):
            convert(tmp_path / "vgg.npz")

    refused(state | {"features.1.running_mean": np.zeros(4)}, "batch normalization")
    vgg16 = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    refused({f"features.{index}.weight": np.zeros((4, 4, 3, 3)) for index in vgg16}, "VGG-16")
    lacking = {name: array for name, array in state.items() if name != "features.5.bias"}
    refused(lacking, r"features\.5\.weight has no bias")
    refused({"layer": np.zeros(3)}, "no convolutions")
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
