"""Teachers: which of them provides a layer, and the quarter-width network of Collaborative Distillation."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.vgg_layers import CONVOLUTIONS
from nst_jax.training import student, teachers
from nst_jax.training.taps import TAPS, sampled


@pytest.mark.slow
def test_the_first_teacher_that_provides_a_tap_is_used(tmp_path, teacher_file, images):
    shallow = random_network((8, 8, 12, 12, 12), seed=4)
    kept = {name: shallow.convolutions[name] for name in CONVOLUTIONS[:5]}
    hdf5.write(tmp_path / "shallow.h5", dataclasses.replace(shallow, convolutions=kept))
    answers = teachers.teacher([tmp_path / "shallow.h5", teacher_file])(images)
    assert list(answers) == list(TAPS)
    for path, taps in ((tmp_path / "shallow.h5", ("relu1_1", "relu3_1")), (teacher_file, ("relu3_4", "relu5_1"))):
        truth = sampled(VGG.of(hdf5.read(path))(images, taps))
        for tap in taps:
            # Half precision keeps three digits.
            np.testing.assert_allclose(answers[tap].astype(jnp.float32), truth[tap], rtol=1e-2, atol=1e-3)


@pytest.mark.slow
def test_the_quarter_width_teacher_equals_a_vgg19_with_the_same_kernels(tmp_path, images):
    """Except at the borders, where it pads by reflection."""
    weights = dataclasses.replace(random_network((4, 4, 6, 6, 8), seed=2), preprocessing="caffe")
    arrays = {
        "conv0.kernel": np.eye(3, dtype=np.float32)[::-1].reshape(1, 1, 3, 3) * 255,
        "conv0.bias": -np.array([103.939, 116.779, 123.68], np.float32),
    }
    for name in student.LAYERS:
        arrays[f"{name}.kernel"], arrays[f"{name}.bias"] = weights.convolutions[name]
    for name in ("conv1_1", "conv2_1"):
        width = arrays[f"{name}.bias"].size
        arrays[f"{name}_aux.kernel"] = np.eye(width, dtype=np.float32).reshape(1, 1, width, width)
        arrays[f"{name}_aux.bias"] = np.zeros(width, np.float32)
    np.savez(tmp_path / "quarter.npz", **arrays)
    taps, teach = teachers.read(tmp_path / "quarter.npz")
    assert taps == ("relu1_1", "relu2_1")
    truth = VGG.of(weights)(images, taps)
    for tap, border in (("relu1_1", 1), ("relu2_1", 3)):
        inner = (slice(None), slice(border, -border), slice(border, -border))
        np.testing.assert_allclose(teach(images)[tap][inner], truth[tap][inner], rtol=1e-4, atol=1e-2)
