"""The script that distils a small network."""

import dataclasses
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from nst_jax.vgg import VGG19
from nst_jax.weights import hdf5
from nst_jax.weights.random_filters import random_network
from tests.conftest import picture

SCRIPT = Path(__file__).parents[1] / "scripts" / "distill.py"


@pytest.fixture(scope="module")
def distill():
    specification = importlib.util.spec_from_file_location("distill", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["distill"] = module
    specification.loader.exec_module(module)
    return module


def test_normalising_changes_units_only(distill, tiny_network):
    pictures = jnp.asarray(np.stack([picture(seed) for seed in range(4)]))
    normalised = distill.normalised(tiny_network, pictures)
    layers = ["relu1_2", "relu3_1", "relu5_4"]
    before, after = (VGG19(weights)(pictures, layers) for weights in (tiny_network, normalised))
    for layer in layers:
        old, new = (
            np.asarray(activations[layer]).reshape(-1, activations[layer].shape[-1]) for activations in (before, after)
        )
        unit = old.sum(0) / np.where(new.sum(0) > 0, new.sum(0), 1)
        np.testing.assert_allclose(new * unit, old, rtol=1e-3, atol=1e-5)
        means = new.mean(0)
        assert means.max() < 1.001
        assert np.median(means[means > 0]) == pytest.approx(1, abs=1e-3)


def test_distilling_and_continuing(distill, tmp_path):
    """A teacher of random filters, a few pictures, a few steps; then some more from the checkpoint."""
    (tmp_path / "pictures").mkdir()
    for seed in range(12):
        rgb = (picture(seed, 40, 48) * 255).astype(np.uint8)
        Image.fromarray(rgb).save(tmp_path / "pictures" / f"{seed}.png")
    hdf5.write(tmp_path / "teacher.h5", random_network((8, 8, 12, 12, 12), seed=3))
    output = tmp_path / "student.h5"

    def log() -> list[dict]:
        return [json.loads(line) for line in output.with_suffix(".log").read_text().splitlines()]

    options = distill.Options(tmp_path / "pictures", output, (tmp_path / "teacher.h5",), minutes=1e-3, batch=2, crop=32)
    distill.distil(options)
    first = hdf5.read(output)
    assert list(first.convolutions)[-1] == "conv5_1"
    distill.distil(dataclasses.replace(options, minutes=log()[0]["minutes"] + 0.1))
    assert log()[-1]["steps"] > log()[0]["steps"]
    assert hdf5.read(output).sha256 != first.sha256
    distill.distil(dataclasses.replace(options, output=tmp_path / "other.h5", start=output))
    assert hdf5.read(tmp_path / "other.h5").name == "VGG-19 slim"


def test_too_few_pictures_are_explained(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), str(tmp_path / "x.h5"), "--teachers", "none.npz"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: There are 0 pictures")
    assert "Traceback" not in done.stderr
