"""What all tests share. Rank promotion and stray warnings are errors."""

import os
from pathlib import Path

# No test may reach for the network or for the user's cache; set before the package is imported.
os.environ["JAX_COMPILATION_CACHE_DIR"] = ""
os.environ["JAX_PLATFORMS"] = os.environ.get("JAX_PLATFORMS", "")
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(__file__).parents[1] / ".hypothesis"))

import hypothesis
import jax
import numpy as np
import pytest

from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.random_init import random_network

jax.config.update("jax_numpy_rank_promotion", "raise")

# Compilation makes the first example of each shape slow; that is not what these tests are about.
hypothesis.settings.register_profile("nst", deadline=None, max_examples=25, derandomize=True)
hypothesis.settings.load_profile("nst")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_JAX_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def tiny_network() -> NetworkWeights:
    """A VGG-19 with so few channels that it compiles and runs in no time."""
    return random_network((4, 4, 6, 6, 8), seed=1)


@pytest.fixture
def x64():
    """Double precision for one test."""
    with jax.enable_x64(True):
        yield


def shared(name: str) -> Path:
    """A file of the workshop's data; the test is skipped where it is not at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    return path


def picture(seed: int, height: int = 32, width: int = 32) -> np.ndarray:
    """A smooth random picture, float32 in [0, 1]."""
    generator = np.random.default_rng(seed)
    coarse = generator.random((4, 4, 3))
    rows, columns = np.linspace(0, 3, height), np.linspace(0, 3, width)
    smooth = np.empty((height, width, 3))
    for channel in range(3):
        along = np.array([np.interp(columns, range(4), row) for row in coarse[..., channel]])
        smooth[..., channel] = np.array([np.interp(rows, range(4), column) for column in along.T]).T
    return np.clip(smooth + generator.normal(0, 0.05, smooth.shape), 0, 1).astype(np.float32)
