"""The command that converts weight files."""

import sys

import numpy as np
import pytest

from nst_jax.cli import main
from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.magenta import hdf5 as magenta_hdf5
from nst_jax.networks.weights.magenta.random_init import random_network, random_tensors
from tests.cli.conftest import Outcome, assert_refused


@pytest.fixture
def convert(image_folder, monkeypatch, capsys):
    """A function that runs the command `nst-jax-convert`."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["nst-jax-convert", *arguments])
        capsys.readouterr()
        return Outcome(main.convert(), *capsys.readouterr())

    return run


def test_converting_weights_keeps_them(image_folder, convert, tiny_network):
    names = {}
    for name, (kernel, bias) in tiny_network.convolutions.items():
        names[f"{name}.weight"], names[f"{name}.bias"] = kernel.transpose(3, 2, 0, 1), bias
    np.savez(image_folder / "other.npz", **names)
    done = convert("other.npz", "made.h5")
    assert done.returncode == 0, done.stderr
    assert "16 convolutions" in done.stdout
    assert hdf5.read(image_folder / "made.h5").sha256 == tiny_network.sha256
    assert_refused(convert("other.npz", "x.npz"), "must end in .h5")
    assert_refused(convert("other.npz", "content.png/x.h5"), "x.h5 cannot be written: ")


def test_what_cannot_be_converted_is_refused(convert):
    assert_refused(convert("nowhere.npz", "x.h5"), "There is no weight file nowhere.npz")
    assert_refused(convert("content.png", "x.h5"), "unknown kind")


def test_magentas_network_is_told_from_a_vgg19_by_its_tensors(image_folder, convert):
    np.savez(image_folder / "magenta.npz", **random_tensors("mobilenet_v2", 0.25))
    done = convert("magenta.npz", "magenta.h5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "magenta.h5: magenta (magenta), predictor mobilenet_v2, transformer of width 0.25\n"
    assert magenta_hdf5.read(image_folder / "magenta.h5").sha256 == random_network("mobilenet_v2", 0.25).sha256
    assert_refused(convert("magenta.npz", "x.h5", "--preprocessing", "caffe"), "leave out --preprocessing")
    assert_refused(convert("magenta.npz", "content.png/x.h5"), "x.h5 cannot be written: ")
    assert_refused(convert("magenta.h5", "x.h5"), "holds magenta's network, not a VGG-19")
    assert not (image_folder / "x.h5").exists()


def test_wrong_numbers_of_files_are_refused(convert):
    assert_refused(convert("x.h5"), "Give the weights and the HDF5 file to write")
    assert_refused(convert("a.tflite", "x.h5"), "two .tflite files; give both, the predictor and the transformer")
    assert_refused(convert("a.pth", "b.pth", "x.h5"), "Only a pair of .tflite files is converted into one file")
    assert_refused(convert("a.tflite", "b.tflite", "x.h5"), "There is no weight file a.tflite")
