"""A small network of magenta's, as the tensors of a checkpoint and as parameters."""

import numpy as np
import pytest

from nst_jax.networks.weights.magenta.checkpoint import from_tensors
from nst_jax.networks.weights.magenta.parameters import MagentaWeights
from nst_jax.networks.weights.magenta.random_init import random_tensors

WIDTH = 1 / 16


@pytest.fixture(scope="session")
def tensors() -> dict[str, np.ndarray]:
    return random_tensors("mobilenet_v2", WIDTH, WIDTH, seed=4)


@pytest.fixture(scope="session")
def weights(tensors) -> MagentaWeights:
    return from_tensors(tensors, "small", "small", predictor_width=WIDTH)
