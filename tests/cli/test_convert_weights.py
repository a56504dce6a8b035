"""The command that converts weight files."""

import sys

import numpy as np
import pytest

from nst_jax.cli import main
from nst_jax.networks.weights import hdf5
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
