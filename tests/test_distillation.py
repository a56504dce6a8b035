"""Distilling a small network: crops, teachers, student and training."""

import collections
import dataclasses
import itertools
import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from nst_jax.errors import InputError
from nst_jax.networks.vgg import VGG19
from nst_jax.networks.weights import NetworkWeights, hdf5
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.vgg_layers import CONVOLUTIONS
from nst_jax.training import student, teachers
from nst_jax.training.data import crops, split
from nst_jax.training.distillation import Settings, Training
from nst_jax.training.stylized import LIFETIME, MARGIN, STEPS, StylizedCrops
from nst_jax.training.taps import TAPS, sampled
from tests.conftest import picture

SCRIPTS = Path(__file__).parents[1] / "scripts"
WIDTHS = (4, 4, 6, 6, 8)


@pytest.fixture(scope="module")
def pictures() -> jax.Array:
    return jnp.asarray(np.stack([picture(seed) for seed in range(4)]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Twenty pictures, two in a subfolder."""
    path = tmp_path_factory.mktemp("pictures")
    (path / "more").mkdir()
    for seed in range(20):
        rgb = (picture(seed, 40, 48) * 255).astype(np.uint8)
        Image.fromarray(rgb).save(path / ("more" if seed > 17 else "") / f"{seed}.png")
    return path


@pytest.fixture(scope="module")
def teacher_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "teacher.h5"
    hdf5.write(path, random_network((8, 8, 12, 12, 12), seed=3))
    return path


def channels(values: jax.Array) -> np.ndarray:
    return np.asarray(values).reshape(-1, values.shape[-1])


def test_normalizing_changes_units_only(tiny_network, pictures):
    normalized = student.normalized(tiny_network, pictures)
    layers = ["relu1_2", "relu3_1", "relu5_4"]
    before, after = (VGG19(weights)(pictures, layers) for weights in (tiny_network, normalized))
    for layer in layers:
        old, new = channels(before[layer]), channels(after[layer])
        unit = old.sum(0) / np.where(new.sum(0) > 0, new.sum(0), 1)
        np.testing.assert_allclose(new * unit, old, rtol=1e-3, atol=1e-5)
        means = new.mean(0)
        assert means.max() < 1.001
        assert np.median(means[means > 0]) == pytest.approx(1, abs=1e-3)


def test_every_tenth_picture_is_kept_back(folder):
    training, kept_back = split(folder)
    assert len(training) == 18
    assert len(kept_back) == 2
    assert not set(training) & set(kept_back)
    assert split(folder) == (training, kept_back)


def test_crops_are_pictures_and_repeatable(folder):
    files, _ = split(folder)
    first, second = (next(crops(files, 3, 32, np.random.default_rng(5))) for _ in range(2))
    assert first.shape == (3, 32, 32, 3)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    np.testing.assert_array_equal(first, second)


def test_the_first_teacher_of_a_tap_is_heard(tmp_path, teacher_file, pictures):
    shallow = random_network((8, 8, 12, 12, 12), seed=4)
    kept = {name: shallow.convolutions[name] for name in CONVOLUTIONS[:5]}
    hdf5.write(tmp_path / "shallow.h5", dataclasses.replace(shallow, convolutions=kept))
    answers = teachers.teacher([tmp_path / "shallow.h5", teacher_file])(pictures)
    assert list(answers) == list(TAPS)
    for path, taps in ((tmp_path / "shallow.h5", ("relu1_1", "relu3_1")), (teacher_file, ("relu3_4", "relu5_1"))):
        truth = sampled(VGG19(hdf5.read(path))(pictures, taps))
        for tap in taps:
            # Half precision keeps three digits.
            np.testing.assert_allclose(answers[tap].astype(jnp.float32), truth[tap], rtol=1e-2, atol=1e-3)


def test_the_quarter_width_teacher_is_read_right(tmp_path, pictures):
    """Away from its reflected borders it must say what a VGG-19 with the same kernels says."""
    weights = dataclasses.replace(random_network(WIDTHS, seed=2), preprocessing="caffe")
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
    truth = VGG19(weights)(pictures, taps)
    for tap, border in (("relu1_1", 1), ("relu2_1", 3)):
        inner = (slice(None), slice(border, -border), slice(border, -border))
        np.testing.assert_allclose(teach(pictures)[tap][inner], truth[tap][inner], rtol=1e-4, atol=1e-2)


def test_balancing_wakes_every_channel(pictures):
    balanced = student.balanced(random_network(WIDTHS), pictures)
    for name, values in VGG19(balanced)(pictures, student.LAYERS).items():
        np.testing.assert_allclose(channels(values).mean(0), 0, atol=1e-4)
        if values.shape[1] > 2:
            assert (channels(values) > 0).any(0).all(), name


def test_subtracting_means_leaves_the_network_as_it_was(pictures):
    start = random_network(WIDTHS, seed=6)
    parameters, means = student.first_parameters(start, {}, pictures, {})
    network = student.weights_of(parameters, means, "again", "avg")
    assert tuple(network.convolutions) == student.LAYERS
    assert network.pooling == "avg"
    for name in student.LAYERS:
        np.testing.assert_array_equal(network.convolutions[name][0], start.convolutions[name][0])
        np.testing.assert_allclose(network.convolutions[name][1], start.convolutions[name][1], atol=1e-5)


def perfect_student(weights: NetworkWeights, x: jax.Array):
    """A student that is its own teacher, with heads that say so."""
    answers = sampled(VGG19(weights)(x, tuple(TAPS)))
    scales = student.scales_of([answers])
    parameters, means = student.first_parameters(weights, scales, x, answers)
    heads = {
        tap: (jnp.diag(1 / scale.deviation.ravel()), (means[tap] - scale.mean.ravel()) / scale.deviation.ravel())
        for tap, scale in scales.items()
    }
    return parameters._replace(heads=heads), means, scales, x, answers


def test_a_perfect_student_has_no_loss(pictures):
    value, (unexplained, _) = student.loss(
        *perfect_student(random_network(WIDTHS, seed=7), pictures), gram_weight=1.0, pooling="max"
    )
    assert float(value) < 1e-6
    assert set(unexplained) == set(TAPS)


def test_who_says_nothing_explains_nothing(pictures):
    """Heads of zeros predict each channel's mean: all of the variance is left, and all of the Gram matrices."""
    parameters, *rest = perfect_student(random_network((8, 8, 8, 8, 8), seed=7), pictures)
    parameters = parameters._replace(heads=jax.tree.map(jnp.zeros_like, parameters.heads))
    value, (unexplained, _) = student.loss(parameters, *rest, gram_weight=0.5, pooling="max")
    assert float(unexplained["relu1_1"]) == pytest.approx(1, rel=0.02)
    weights = sum(TAPS[tap].weight * (float(share) + 0.5) for tap, share in unexplained.items())
    assert float(value) == pytest.approx(weights, rel=1e-4)


def test_training_learns(folder, teacher_file, tmp_path):
    training = Training(
        folder, (teacher_file,), None, tmp_path / "state.npz", Settings(batch=2, crop=32, steps=60, stylized=0.2)
    )
    before = training.explained()
    last = collections.deque(training.run(), maxlen=1)[0]
    assert last.steps == 60
    after = training.explained()
    assert all(after[tap] > before[tap] for tap in TAPS)
    assert np.mean([after[tap] - before[tap] for tap in TAPS]) > 0.1


def test_training_goes_on_from_where_it_stood(folder, teacher_file, tmp_path):
    def train(steps: int, start: NetworkWeights | None = None) -> Training:
        return Training(folder, (teacher_file,), start, checkpoint, Settings(batch=2, crop=32, steps=steps))

    checkpoint = tmp_path / "state.npz"
    first = train(1)
    assert [progress.steps for progress in first.run()] == [1]
    second = train(2)
    assert second.explained() == first.explained()
    assert [progress.steps for progress in second.run()] == [2]
    with pytest.raises(InputError, match="other widths"):
        train(2, random_network(WIDTHS))


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match="at least 32"):
        Settings(crop=16)
    with pytest.raises(InputError, match="must be positive"):
        Settings(steps=0)
    with pytest.raises(InputError, match="between 0 and 1"):
        Settings(stylized=1.5)


def test_stylized_crops_move_away_from_their_contents(tiny_network, pictures):
    """And are replaced by new contents at the end of their lives."""
    source = itertools.repeat(np.asarray(jnp.concatenate([pictures, pictures[::-1]])))
    stream = StylizedCrops(source, 32 - MARGIN, np.random.default_rng(0))
    network = VGG19(tiny_network)
    seen = [stream.next(network) for _ in range(LIFETIME // STEPS + 1)]
    assert all(batch.shape == (4, 24, 24, 3) and batch.dtype == np.float32 for batch in seen)
    assert all(batch.min() >= 0 and batch.max() <= 1 for batch in seen)
    ages = stream._run.ages
    assert len(set(ages)) == 4
    assert max(ages) <= LIFETIME
    distances = [np.abs(np.asarray(stream._run.pictures)[i] - np.asarray(pictures)[i]).mean() for i in range(4)]
    assert distances[np.argmax(ages)] > distances[np.argmin(ages)] > 0


def test_stylized_crops_begin_at_every_phase_of_the_pooling(tiny_network, pictures):
    class Corners:
        """A generator that notes the corners."""

        def __init__(self):
            self.real, self.seen = np.random.default_rng(0), []

        def uniform(self, *arguments):
            return self.real.uniform(*arguments)

        def integers(self, high, size):
            found = self.real.integers(high, size=size)
            self.seen.extend(found.tolist())
            return found

    corners = Corners()
    stream = StylizedCrops(itertools.repeat(np.asarray(pictures)), 32 - MARGIN, corners)
    for _ in range(20):
        stream.next(VGG19(tiny_network))
    assert {row for row, _ in corners.seen} == {column for _, column in corners.seen} == set(range(MARGIN))


def run_script(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300
    )


def test_the_script_writes_network_and_log(folder, teacher_file, tmp_path):
    output = tmp_path / "student.h5"
    done = run_script(
        SCRIPTS / "distill.py", folder, output, "--teachers", teacher_file,
        "--steps", "2", "--batch", "2", "--crop", "32",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert hdf5.read(output).name == "VGG-19 slim"
    (line,) = output.with_suffix(".log").read_text().splitlines()
    assert set(json.loads(line)["explained"]) == set(TAPS)


def test_too_few_pictures_are_explained(tmp_path):
    done = run_script(SCRIPTS / "distill.py", tmp_path, tmp_path / "x.h5", "--teachers", "none.npz")
    assert done.returncode == 2
    assert done.stderr.startswith("error: There are 0 pictures")
    assert "Traceback" not in done.stderr
