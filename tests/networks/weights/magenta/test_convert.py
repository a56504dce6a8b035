"""Conversion of magenta's network from checkpoints and archives of their tensors."""

import sys
import types

import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights.magenta.convert import convert_magenta, is_magenta
from nst_jax.networks.weights.magenta.random_init import random_network, random_tensors
from tests.networks.weights.weight_files import torchvision_state, write_tensors


@pytest.fixture(scope="module")
def published() -> dict[str, np.ndarray]:
    """The tensors of a checkpoint with the predictor in its published size."""
    return random_tensors("mobilenet_v2", 0.25, seed=7)


@pytest.fixture
def checkpoint(tmp_path, published, monkeypatch):
    """The prefix of a checkpoint, which a stand-in for TensorFlow reads."""
    for suffix in ("index", "data-00000-of-00001", "meta"):
        (tmp_path / f"model.ckpt.{suffix}").write_bytes(b"x")

    class Reader:
        def __init__(self, prefix):
            if prefix != str(tmp_path / "model.ckpt"):
                raise ValueError("Not found: " + prefix)

        def get_variable_to_shape_map(self):
            return {name: list(array.shape) for name, array in published.items()} | {"vgg_16/fc8/weights": [4096, 1000]}

        def get_tensor(self, name):
            return published[name]

    tensorflow = types.SimpleNamespace(train=types.SimpleNamespace(load_checkpoint=Reader))
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    return tmp_path / "model.ckpt"


@pytest.mark.parametrize("suffix", ["", ".index", ".meta", ".data-00000-of-00001"])
def test_checkpoints_are_converted_by_their_prefix_or_any_of_their_files(checkpoint, suffix):
    source = checkpoint.with_name(checkpoint.name + suffix)
    assert is_magenta([source])
    weights = convert_magenta([source])
    assert weights.sha256 == random_network("mobilenet_v2", 0.25, seed=7).sha256
    assert weights.name == "magenta (model)"


def test_the_folder_of_a_single_checkpoint_will_do(checkpoint):
    assert is_magenta([checkpoint.parent])
    assert convert_magenta([checkpoint.parent]).width == 0.25
    checkpoint.with_name("model.ckpt-9.index").write_bytes(b"x")
    with pytest.raises(InputError, match=r"holds several checkpoints; give one of them, such as .*model\.ckpt"):
        convert_magenta([checkpoint.parent])


def test_checkpoints_that_cannot_be_read_are_refused(checkpoint, monkeypatch):
    other = checkpoint.with_name("other.ckpt")
    other.with_name("other.ckpt.index").write_bytes(b"x")
    with pytest.raises(InputError, match=r"other\.ckpt is damaged .*Not found"):
        convert_magenta([other])
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(
        InputError, match=r"model\.ckpt needs TensorFlow, which is not installed; install tensorflow, or"
    ):
        convert_magenta([checkpoint])


def test_folders_without_a_checkpoint_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no file that ends in \.index"):
        convert_magenta([tmp_path])


@pytest.mark.parametrize("end", ["", ":0"])
def test_archives_of_tensors_are_converted(tmp_path, published, end):
    np.savez(tmp_path / "magenta.npz", **{name + end: array for name, array in published.items()})
    assert is_magenta([tmp_path / "magenta.npz"])
    weights = convert_magenta([tmp_path / "magenta.npz"])
    assert weights.sha256 == random_network("mobilenet_v2", 0.25, seed=7).sha256


def test_other_weights_are_not_taken_for_magentas(tmp_path, tiny_network):
    write_tensors(tmp_path / "vgg19.npz", torchvision_state(tiny_network.convolutions))
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 and nothing more")
    for name in ("vgg19.npz", "broken.npz", "nowhere.npz", "vgg19.pth", "nowhere.ckpt"):
        assert not is_magenta([tmp_path / name]), name


def test_the_number_of_files_is_checked(tmp_path):
    one, other = tmp_path / "a.tflite", tmp_path / "b.npz"
    with pytest.raises(InputError, match=r"two \.tflite files; give both"):
        convert_magenta([one])
    with pytest.raises(InputError, match=r"two \.tflite files; give both"):
        convert_magenta([one, one, one])
    with pytest.raises(InputError, match=r"Only a pair of \.tflite files"):
        convert_magenta([other, other])
