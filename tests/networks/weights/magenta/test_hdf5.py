"""The file format of magenta's network: what is written is read, and damaged or other files are refused."""

import h5py
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.magenta.stylizer import load_magenta
from nst_jax.networks.weights import hdf5 as vgg19_hdf5
from nst_jax.networks.weights.magenta import hdf5
from nst_jax.networks.weights.magenta.random_init import random_network


@pytest.fixture
def path(tmp_path, weights):
    path = tmp_path / "folder" / "small.h5"
    hdf5.write(path, weights)
    return path


def assert_refused(path, message):
    for read in (hdf5.read, load_magenta):
        with pytest.raises(InputError, match=message) as caught:
            read(path)
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize("predictor", ["inception_v3", "mobilenet_v2"])
def test_what_is_written_is_read(tmp_path, predictor):
    weights = random_network(predictor, 1 / 16, 1 / 32, seed=1)
    hdf5.write(tmp_path / "a.h5", weights)
    read = hdf5.read(tmp_path / "a.h5")
    assert read.sha256 == weights.sha256
    for attribute in ("name", "predictor", "width", "predictor_width", "preprocessing"):
        assert getattr(read, attribute) == getattr(weights, attribute)
    assert all(kernel.dtype == bias.dtype == np.float32 for kernel, bias in read.convolutions.values())


def test_the_hash_tells_networks_apart(weights):
    assert random_network("mobilenet_v2", 1 / 16, 1 / 16, seed=4).sha256 == weights.sha256
    assert random_network("mobilenet_v2", 1 / 16, 1 / 16, seed=5).sha256 != weights.sha256


def test_truncated_files_are_refused(path):
    data = path.read_bytes()
    for count in (len(data) // 2, len(data) - 1):
        path.write_bytes(data[:count])
        assert_refused(path, "is truncated; get the file again")
    path.write_bytes(b"")
    assert_refused(path, "is empty")


def test_other_files_are_refused(tmp_path, path, tiny_network, weights):
    assert_refused(tmp_path / "nowhere.h5", "There is no weight file")
    assert_refused(tmp_path, "is a folder")
    (tmp_path / "picture.h5").write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    assert_refused(tmp_path / "picture.h5", "is not an HDF5 weight file but a PNG picture")
    vgg19_hdf5.write(tmp_path / "vgg19.h5", tiny_network)
    assert_refused(tmp_path / "vgg19.h5", "holds no network of magenta; make such a file with nst-jax-convert")
    with pytest.raises(InputError, match="holds magenta's network, not a VGG-19; give it as --network magenta:"):
        vgg19_hdf5.read(path)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("transformer/residual/residual3/conv2", "lacks transformer/residual/residual3/conv2 of magenta's network"),
        ("transformer/contract/conv3", "holds no transformer of magenta's network"),
        ("style_params/transformer/expand/conv3/conv/StyleNorm/Conv", "lacks style_params/transformer/expand/conv3"),
        ("MobilenetV2", "lacks MobilenetV2/Conv and 51 more layers"),
    ],
)
def test_files_without_a_layer_are_refused(path, layer, message):
    with h5py.File(path, "r+") as file:
        del file[layer]
    assert_refused(path, message)


def test_files_with_other_names_are_refused(path):
    with h5py.File(path, "r+") as file:
        file.move("MobilenetV2/Conv_1", "MobilenetV2/Conv_2")
    assert_refused(path, "lacks MobilenetV2/Conv_1")
    with h5py.File(path, "r+") as file:
        file.copy("MobilenetV2/Conv_2", "MobilenetV2/Conv_1")
    assert_refused(path, "holds a layer that magenta's network does not have: MobilenetV2/Conv_2")
    with h5py.File(path, "r+") as file:
        del file["MobilenetV2/Conv_2"], file["transformer/contract/conv1/bias"]
    assert_refused(path, "is damaged")


def replaced(path, name, change):
    with h5py.File(path, "r+") as file:
        values = change(file[name][()])
        del file[name]
        file[name] = values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values[:-1], r"contract/conv2 has a kernel of shape \(2, 3, 2, 4\).* where \(3, 3, 2, 4\)"),
        (lambda values: values.astype(np.int8), "contract/conv2 holds int8 where floats are expected"),
        (lambda values: values * np.nan, "contract/conv2 holds values that are not finite"),
        (lambda values: values * 0, "the kernel of transformer/contract/conv2 is all zero"),
    ],
)
def test_damaged_values_are_refused(path, change, message):
    replaced(path, "transformer/contract/conv2/kernel", change)
    assert_refused(path, message)


def test_biases_that_are_not_finite_or_of_another_shape_are_refused(path):
    name = "style_params/transformer/expand/conv1/conv/StyleNorm/Conv_1/bias"
    replaced(path, name, lambda values: values + np.inf)
    assert_refused(path, "Conv_1 holds values that are not finite")
    replaced(path, name, lambda _: np.zeros(5, np.float32))
    assert_refused(path, r"a bias of shape \(5,\) where")


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("predictor", "vgg", "unknown predictor, 'vgg'; known are inception_v3 and mobilenet_v2"),
        ("predictor", "inception_v3", "lacks InceptionV3/Conv2d_1a_3x3"),
        ("preprocessing", "caffe", "unknown preprocessing, 'caffe'"),
        ("width", 0.5, "its width is 0.0625, not 0.5"),
        ("width", np.nan, "no width between 0 and 4"),
        ("predictor_width", "wide", "no predictor_width between 0 and 4"),
        ("predictor_width", 1e9, "no predictor_width between 0 and 4"),
        ("predictor_width", 0.5, "MobilenetV2/Conv has a kernel of shape"),
        ("network", "vgg", "holds no network of magenta"),
    ],
)
def test_wrong_attributes_are_refused(path, attribute, value, message):
    with h5py.File(path, "r+") as file:
        file.attrs[attribute] = value
    assert_refused(path, message)


def test_attributes_of_strange_kinds_are_refused(path):
    for attribute, message in (("predictor", "unknown predictor"), ("network", "holds no network of magenta")):
        for value in (np.zeros(3), b"magenta\xff", np.array(["inception_v3", "x"], dtype=object), h5py.Empty("f")):
            with h5py.File(path, "r+") as file:
                file.attrs[attribute] = value
            assert_refused(path, message)
