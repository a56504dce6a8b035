"""Images, a folder of pictures and a teacher, shared by the tests of the training."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.random_init import random_network
from tests.conftest import picture


@pytest.fixture(scope="session")
def images() -> jax.Array:
    """Four images, (4, 32, 32, 3)."""
    return jnp.asarray(np.stack([picture(seed) for seed in range(4)]))


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Twenty pictures, two in a subfolder."""
    path = tmp_path_factory.mktemp("pictures")
    (path / "more").mkdir()
    for seed in range(20):
        rgb = (picture(seed, 40, 48) * 255).astype(np.uint8)
        Image.fromarray(rgb).save(path / ("more" if seed > 17 else "") / f"{seed}.png")
    return path


@pytest.fixture(scope="session")
def teacher_file(tmp_path_factory) -> Path:
    """The weight file of a small teacher with random filters."""
    path = tmp_path_factory.mktemp("teacher") / "teacher.h5"
    hdf5.write(path, random_network((8, 8, 12, 12, 12), seed=3))
    return path
