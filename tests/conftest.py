"""What all tests share. Rank promotion and stray warnings are errors."""

# ruff: noqa: E402 - the environment is prepared before jax is imported

import atexit
import dataclasses
import itertools
import mmap
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
import jaxlib
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
    "recolor_content": False,
    "smooth_chroma": 0.0,
    "content_layers": ("relu2_2",),
    "style_layers": ("relu1_1", "relu2_1"),
    "style_layer_weights": (),
}


# The former code generator of XLA for CPUs compiles small programs in three fifths of the time, and large ones, of
# which the slow tests have many, in up to three times as much.
QUICK_CODE = "xla_cpu_use_fusion_emitters"


def pytest_configure(config: pytest.Config) -> None:
    """Let XLA skip its optimizations, since most tests compile for longer than they compute."""
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    jax.config.update("jax_disable_most_optimizations", True)
    tests = config.getoption("markexpr")
    if "not slow" not in tests and tests not in ("browser", "cluster"):
        return
    flags = os.environ.get("XLA_FLAGS", "")
    if QUICK_CODE not in flags and xla_knows(QUICK_CODE):
        os.environ["XLA_FLAGS"] = f"{flags} --{QUICK_CODE}=false".strip()


def xla_knows(flag: str) -> bool:
    """Look for a flag in XLA's library, which ends the process if it is given one that it does not know."""
    for library in Path(jaxlib.__file__).parent.glob("libjax_common*"):
        with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(flag.encode()) >= 0
    return False


@pytest.fixture
def optimized_programs() -> Iterator[None]:
    """Let XLA optimize programs as outside of tests, for a test that computes for longer than it compiles."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
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
def small_grader(tiny_network: NetworkWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the grade's own parameters, a tiny network that sees 48 pixels and a random encoder."""
    from nst_jax.grading import appearance, grades, weights
    from nst_jax.grading.autoencoder import random_parameters
    from nst_jax.grading.calibration import Anchors, Calibration
    from nst_jax.grading.distances import NAMES

    monkeypatch.setattr(appearance, "SIDE", 48)
    weights.write(tmp_path / "encoder.npz", random_parameters(0)["encoder"], "random")
    encoder = weights.read(tmp_path / "encoder.npz")
    anchors = {name: Anchors((0.0, 2.0), (10.0, 0.0)) for name in NAMES}
    rules = Calibration(encoder.sha256, tiny_network.sha256, anchors, (("the same picture", 10.0),))
    grader = grades.Grader(encoder, tiny_network, rules)
    monkeypatch.setattr(grades, "bundled_grader", lambda: grader)


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
