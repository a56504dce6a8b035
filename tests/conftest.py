"""What all tests share. Rank promotion and stray warnings are errors."""

# ruff: noqa: E402 - the environment is prepared before jax is imported

import atexit
import dataclasses
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# One folder of compiled programs for each test run, shared by the workers of pytest-xdist and by the processes that
# tests start; all of them inherit these variables. They must be set before jax is imported. The limit of the size makes
# jax lock the folder, so that no process reads a file that another one has half written. Programs that compile sooner
# than in a tenth of a second are not kept: to keep one, jax looks at all the others.
_COMPILED = "NST_JAX_TESTS_COMPILED"
if _COMPILED not in os.environ:
    os.environ[_COMPILED] = tempfile.mkdtemp(prefix="nst-jax-tests-")
    atexit.register(shutil.rmtree, os.environ[_COMPILED], ignore_errors=True)
os.environ |= {
    "JAX_COMPILATION_CACHE_DIR": os.environ[_COMPILED],
    "JAX_COMPILATION_CACHE_MAX_SIZE": str(2**32),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    # XLA would report tuning hints of cached programs as missing instructions; see `nst_jax.process`.
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
os.environ["JAX_PLATFORMS"] = os.environ.get("JAX_PLATFORMS", "")
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(__file__).parents[1] / ".hypothesis"))

import hypothesis
import jax
import jaxtyping
import numpy as np
import pytest
from PIL import Image

from nst_jax.networks.weights import NetworkWeights, hdf5
from nst_jax.networks.weights.random_init import random_network
from nst_jax.objective import programs

jax.config.update("jax_numpy_rank_promotion", "raise")
# The tests of one process have many shapes, and share the programs of all of them.
programs.MOST_PROBLEMS = 10**6

# Compilation makes the first example of each shape slow; that is not what these tests are about.
hypothesis.settings.register_profile("nst", deadline=None, max_examples=25, derandomize=True)
hypothesis.settings.load_profile("nst")

SHARED = Path(__file__).parents[2] / "shared"
# Height and width of the content and the style, and the settings, that most runs of the tests have in common, so that
# their programs are compiled once. L-BFGS has one program for any number of steps, Adam's depends on their number.
CONTENT_SHAPE, STYLE_SHAPE = (40, 60), (70, 50)
QUICK = {
    "size": 48,
    "steps": 12,
    "optimizer": "lbfgs",
    "jitter": 0.0,
    "start_colors": "content",
    "content_layers": ("relu2_2",),
    "style_layers": ("relu1_1", "relu2_1"),
    "style_layer_weights": (),
}


def pytest_configure(config: pytest.Config) -> None:
    """Let XLA skip its optimizations where small programs take longer to compile than to run."""
    if config.getoption("markexpr") in ("not slow and not browser and not cluster", "browser", "cluster"):
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
        jax.config.update("jax_disable_most_optimizations", True)


# Each compiled program takes some mappings of memory. Linux allows a process 65,530 by default; when there are no more,
# XLA ends with a segmentation fault.
MOST_MAPPINGS = 30_000


@pytest.fixture(autouse=True)
def _bounded_mappings(request: pytest.FixtureRequest) -> Iterator[None]:
    """Forget all programs when there are many; looked at after each slow test and each fiftieth other."""
    yield
    if request.node.get_closest_marker("slow") or next(_tests) % 50 == 0:
        mappings = Path("/proc/self/maps")
        if mappings.exists() and mappings.read_bytes().count(b"\n") > MOST_MAPPINGS:
            programs.forget(everything=True)


_tests = itertools.count(1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_JAX_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def tiny_network() -> NetworkWeights:
    """A VGG-19 with so few channels that it compiles and runs in no time."""
    return random_network((4, 4, 6, 6, 8), seed=1)


@pytest.fixture(scope="session")
def overflowing_network(tiny_network: NetworkWeights) -> NetworkWeights:
    """The tiny network with filters so large that losses that are not relative overflow."""
    convolutions = dict(tiny_network.convolutions)
    for name in ("conv1_2", "conv2_1"):
        kernel, bias = convolutions[name]
        convolutions[name] = (kernel * np.float32(1e20), bias)
    return dataclasses.replace(tiny_network, convolutions=convolutions)


@pytest.fixture
def image_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_network: NetworkWeights) -> Path:
    """A folder with content.png, style.png and tiny.h5, which is made the current folder."""
    save_image(tmp_path / "content.png", 1, CONTENT_SHAPE)
    save_image(tmp_path / "style.png", 2, STYLE_SHAPE)
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def untyped():
    """No checks of types in signatures for one test, of what callers without a type checker see."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


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
    """A smooth random image, float32 in [0, 1]."""
    generator = np.random.default_rng(seed)
    coarse = generator.random((4, 4, 3))
    rows, columns = np.linspace(0, 3, height), np.linspace(0, 3, width)
    smooth = np.empty((height, width, 3))
    for channel in range(3):
        along = np.array([np.interp(columns, range(4), row) for row in coarse[..., channel]])
        smooth[..., channel] = np.array([np.interp(rows, range(4), column) for column in along.T]).T
    return np.clip(smooth + generator.normal(0, 0.05, smooth.shape), 0, 1).astype(np.float32)


def save_image(path: Path, seed: int, shape: tuple[int, int]) -> None:
    """Write a smooth random image of 8 bits to a file, whose folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((picture(seed, *shape) * 255).astype(np.uint8)).save(path)
