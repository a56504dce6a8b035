"""An encoder of random parameters, and a calibration of it."""

import pytest

from nst_jax.grading import weights
from nst_jax.grading.autoencoder import random_parameters
from nst_jax.grading.calibration import Anchors, Calibration
from nst_jax.grading.distances import NAMES


@pytest.fixture
def encoder_file(tmp_path):
    """A file of an encoder with random parameters."""
    path = tmp_path / "grade.npz"
    weights.write(path, random_parameters(3)["encoder"], "random")
    return path


@pytest.fixture
def rules() -> Calibration:
    anchors = {name: Anchors((0.0, 0.5, 1.0), (10.0, 4.0, 0.0)) for name in NAMES}
    return Calibration("e" * 64, "n" * 64, anchors, (("the same picture", 10.0), ("unrelated", 0.5)))
