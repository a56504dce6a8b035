"""The training of the grade's autoencoder: settings, resuming, data, and its program."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import tyro

from nst_jax.errors import InputError
from nst_jax.grading import weights
from nst_jax.training import grade_training
from nst_jax.training.grade_training import Settings, Training
from tests.conftest import save_image

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_grade.py"
TINY = {"batch": 4, "steps": 4}


@pytest.fixture(autouse=True)
def _small(monkeypatch, tmp_path):
    """Few small pictures, with a folder in the place of the program's examples, and frequent reports."""
    for number in range(3):
        save_image(tmp_path / "examples" / f"{number}.png", number, (40, 50))
    monkeypatch.setattr(grade_training, "bundled_dir", lambda name: tmp_path / name)
    for name, value in {
        "SYNTHETIC": 2, "POOL_SIDE": 64, "REPORT_EVERY": 2, "STANDARDIZED_OVER": 4, "VALIDATED_OVER": 4,
    }.items():  # fmt: skip
        monkeypatch.setattr(grade_training, name, value)


def trained(checkpoint: Path, steps: int | None = None, **settings) -> Training:
    """Train for some of the steps of TINY, or all."""
    training = Training((), checkpoint, Settings(**TINY | settings))
    for progress in training.run():
        if progress.steps == steps:
            break
    return training


@pytest.mark.parametrize("name", ["steps", "batch", "learning_rate"])
def test_settings_must_be_positive(name):
    with pytest.raises(InputError, match="must be positive, not 0"):
        Settings(**{name: 0})


@pytest.mark.slow
def test_a_stopped_training_gives_what_an_undisturbed_one_does(tmp_path):
    whole = trained(tmp_path / "whole.npz").encoder
    trained(tmp_path / "stopped.npz", steps=3)
    resumed = trained(tmp_path / "stopped.npz").encoder
    assert jax.tree.all(jax.tree.map(lambda one, other: bool((one == other).all()), whole, resumed))
    other = trained(tmp_path / "other.npz", seed=1).encoder
    assert not np.array_equal(whole["code"]["kernel"], other["code"]["kernel"])


def test_a_checkpoint_that_is_none_is_refused(tmp_path):
    (tmp_path / "state.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="is damaged or not a checkpoint; move it away"):
        trained(tmp_path / "state.npz")


@pytest.mark.slow
def test_a_training_that_diverges_says_so(tmp_path):
    with pytest.raises(InputError, match=r"diverged before step \d+; lower the learning rate"):
        trained(tmp_path / "state.npz", learning_rate=1e30, steps=None)


def test_folders_hold_every_fifth_picture_out(tmp_path):
    for number in range(10):
        save_image(tmp_path / "photographs" / f"{number}.png", number, (40, 50))
    training = Training((tmp_path / "photographs",), tmp_path / "state.npz", Settings(**TINY))
    assert len(training._pictures) == 3 + 8 + grade_training.SYNTHETIC
    with pytest.raises(InputError, match="some hundreds are needed"):
        Training((tmp_path / "examples",), tmp_path / "state.npz", Settings(**TINY))


@pytest.mark.slow
def test_the_program_writes_weights_log_and_checkpoint(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import train_grade

    output = tmp_path / "made.npz"
    train_grade.train(tyro.cli(train_grade.Command, args=[str(output), "--steps", "4", "--batch", "4"]))
    assert weights.read(output).name == "grade's encoder"
    lines = [json.loads(line) for line in output.with_suffix(".log").read_text().splitlines()]
    assert [line["steps"] for line in lines] == [2, 4]
    assert all(0 < line["figures"]["unseen"] < 1 for line in lines)
    assert output.with_suffix(".checkpoint.npz").exists()


@pytest.mark.slow
def test_bad_settings_are_one_sentence_and_exit_code_2(tmp_path):
    command = [sys.executable, SCRIPT, tmp_path / "x.npz", "--steps", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "must be positive" in done.stderr
    assert "Traceback" not in done.stderr
