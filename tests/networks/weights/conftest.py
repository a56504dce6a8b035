"""The pretrained network, as far as its values are on this machine, and mirrors of a weight file."""

from collections.abc import Iterator

import numpy as np
import pytest

from nst_jax.networks.weights import hdf5
from nst_jax.recipes.vgg_layers import CONVOLUTIONS
from tests.conftest import shared
from tests.networks.weights.mirrors import Mirror


@pytest.fixture(scope="session")
def pretrained() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Load the pretrained VGG-19: whole kernels up to conv3_4; beyond, real biases and corners of kernels."""
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


@pytest.fixture
def mirrors() -> Iterator[list[Mirror]]:
    """Return a list for running mirrors, which are shut down after the test."""
    opened: list[Mirror] = []
    yield opened
    for mirror in opened:
        mirror.shutdown()
        mirror.server_close()


@pytest.fixture(scope="session")
def body(tmp_path_factory, tiny_network) -> bytes:
    """Return the bytes of a weight file of the tiny network."""
    path = tmp_path_factory.mktemp("network") / "network.h5"
    hdf5.write(path, tiny_network)
    return path.read_bytes()
