"""The training loop and its program."""

import collections
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tyro

from nst_jax.errors import InputError
from nst_jax.networks.weights import NetworkWeights, hdf5
from nst_jax.networks.weights.random_init import random_network
from nst_jax.training.distillation import Settings, Training
from nst_jax.training.taps import TAPS

SCRIPT = Path(__file__).parents[2] / "scripts" / "distill.py"
WIDTHS = (4, 4, 6, 6, 8)


@pytest.mark.slow
def test_training_explains_more_of_every_tap(folder, teacher_file, tmp_path):
    training = Training(
        folder, (teacher_file,), None, tmp_path / "state.npz", Settings(batch=2, crop=32, steps=100, stylized=0.2)
    )
    before = training.explained()
    last = collections.deque(training.run(), maxlen=1)[0]
    assert last.steps == 100
    after = training.explained()
    assert all(after[tap] > before[tap] for tap in TAPS)
    assert np.mean([after[tap] - before[tap] for tap in TAPS]) > 0.1


@pytest.mark.slow
def test_training_resumes_from_its_checkpoint(folder, teacher_file, tmp_path):
    def train(steps: int, start: NetworkWeights) -> Training:
        settings = Settings(batch=2, crop=32, steps=steps, stylized=0.0)
        return Training(folder, (teacher_file,), start, checkpoint, settings)

    checkpoint = tmp_path / "state.npz"
    first = train(1, random_network(WIDTHS))
    assert [progress.steps for progress in first.run()] == [1]
    second = train(2, random_network(WIDTHS))
    assert second.explained() == first.explained()
    assert [progress.steps for progress in second.run()] == [2]
    with pytest.raises(InputError, match="other widths"):
        train(2, random_network((8, 8, 8, 8, 8)))


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match="at least 32"):
        Settings(crop=16)
    with pytest.raises(InputError, match="must be positive"):
        Settings(steps=0)
    with pytest.raises(InputError, match="between 0 and 1"):
        Settings(stylized=1.5)


@pytest.mark.slow
def test_the_program_writes_a_network_and_a_log(folder, teacher_file, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("distill", SCRIPT)
    program = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "distill", program)
    spec.loader.exec_module(program)
    output, start = tmp_path / "student.h5", tmp_path / "start.h5"
    hdf5.write(start, random_network(WIDTHS))
    options = [
        "--teachers",
        teacher_file,
        "--steps",
        "2",
        "--batch",
        "2",
        "--crop",
        "32",
        "--stylized",
        "0",
        "--start",
        start,
    ]
    program.distill(tyro.cli(program.Command, args=[*map(str, (folder, output, *options))]))
    assert hdf5.read(output).name == "VGG-19 slim"
    (line,) = output.with_suffix(".log").read_text().splitlines()
    assert set(json.loads(line)["explained"]) == set(TAPS)


def test_the_program_refuses_a_folder_with_too_few_pictures(tmp_path):
    command = [sys.executable, SCRIPT, tmp_path, tmp_path / "x.h5", "--teachers", "none.npz"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert done.stderr.startswith("error: There are 0 pictures")
    assert "Traceback" not in done.stderr
