"""The training of the fast network: settings, resuming, and its program."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tyro
from PIL import Image

from nst_jax.errors import InputError
from nst_jax.fast.weights import read
from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.random_init import random_network
from nst_jax.training import fast_batches, fast_styles, fast_training, fast_validation
from nst_jax.training.fast_objective import batch_loss
from nst_jax.training.fast_training import Settings, Training
from nst_jax.training.fast_validation import split
from tests.conftest import picture

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_fast.py"
# All steps have four crops of 32 pixels, so that one program is compiled.
TINY = {"batch": 1, "crop": 64, "small_crops": 1.0, "styles_per_step": 0.2}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """Photographs and paintings, twelve of each."""
    made = []
    for name, first in (("photographs", 0), ("paintings", 20)):
        made.append(tmp_path_factory.mktemp(name))
        for seed in range(first, first + 12):
            Image.fromarray((picture(seed, 70, 80) * 255).astype(np.uint8)).save(made[-1] / f"{seed}.png")
    return made[0], made[1]


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Few and small style and validation pictures."""
    monkeypatch.setattr(fast_styles, "SIDE", 64)
    monkeypatch.setattr(fast_training, "FIRST_STYLES", 6)
    monkeypatch.setattr(fast_training, "KEPT_STYLES", 8)
    monkeypatch.setattr(fast_validation, "CONTENT_SIDE", 32)
    monkeypatch.setattr(fast_validation, "STYLE_SIDE", 64)


def train(folders, network, checkpoint, **settings) -> tuple[Training, list[fast_training.Progress]]:
    training = Training(*folders, network, checkpoint, Settings(**TINY | settings))
    return training, list(training.run())


@pytest.mark.slow
@pytest.mark.parametrize("same", [True, False])
def test_forty_steps_lower_the_loss_and_its_terms(folders, tiny_network, tmp_path, monkeypatch, same):
    """Each term of pairs that are the batch of every step, and the total and the style term of unseen pairs."""
    monkeypatch.setattr(fast_validation.Validation, "figures", lambda *_: {})
    monkeypatch.setattr(fast_batches, "MIXTURES", 0.0)
    training = Training(*folders, tiny_network, tmp_path / "state.npz", Settings(**TINY, steps=40, learning_rate=0.03))
    # The decoder begins as the composite of patches, which has the style already; here, it begins as noise.
    noisy = training.parameters | {"output": jax.tree.map(lambda leaf: 200 * leaf, training.parameters["output"])}
    training._state = jax.tree.map(jnp.copy, (noisy, noisy, training._state[2]))
    count = 4 if same else 16
    generator = np.random.default_rng(5)
    batch = fast_batches.draw(training._photos, training._paints, count, 32, 0.0, generator)
    batch = batch._replace(itself=np.float32(0), key=np.uint32(0))
    contents, key = batch.contents, jax.random.key(0)
    styles = jax.tree.map(lambda each: each[training._pool.indices(batch.styles[0])], training._pool.styles)
    if same:
        monkeypatch.setattr(training, "_batch", lambda _: batch)

    def terms() -> dict[str, float]:
        losses = evaluate(training.parameters, training._networks, contents, styles, key)[1]
        return {name: float(each.mean()) for name, each in losses._asdict().items()}

    evaluate = jax.jit(batch_loss)
    before = terms()
    reports = list(training.run())
    assert [report.steps for report in reports] == list(range(1, 41))
    assert [report.figures is None for report in reports] == [True] * 39 + [False]
    after = terms()
    for name in (
        ("total", "content", "style", "half", "quarter", "match", "layout") if same else ("total", "style", "layout")
    ):
        assert after[name] < 0.98 * before[name], (name, before, after)


@pytest.mark.slow
def test_a_training_that_diverges_ends_and_keeps_its_checkpoint(folders, tiny_network, tmp_path):
    checkpoint = tmp_path / "state.npz"
    train(folders, tiny_network, checkpoint, steps=1)
    before = checkpoint.read_bytes()
    with pytest.raises(InputError, match="diverged before step 4; lower the learning rate"):
        train(folders, tiny_network, checkpoint, steps=4, learning_rate=1e30)
    assert checkpoint.read_bytes() == before


@pytest.mark.slow
def test_a_training_resumes_at_the_step_of_its_checkpoint(folders, tiny_network, tmp_path):
    checkpoint = tmp_path / "state.npz"
    first, reports = train(folders, tiny_network, checkpoint, steps=2)
    assert [report.steps for report in reports] == [1, 2]
    assert checkpoint.exists()
    second = Training(*folders, tiny_network, checkpoint, Settings(**TINY, steps=3))
    assert second.figures() == first.figures()
    more = list(second.run())
    assert [report.steps for report in more] == [3]
    assert more[0].minutes >= reports[-1].minutes
    assert second.figures() != first.figures()
    again = Training(*folders, tiny_network, checkpoint, Settings(**TINY, steps=3))
    assert list(again.run()) == []
    with pytest.raises(InputError, match="other widths"):
        Training(*folders, random_network((4, 8, 6, 6, 8)), checkpoint, Settings(**TINY, steps=3))


@pytest.mark.slow
def test_a_damaged_checkpoint_is_refused(folders, tiny_network, tmp_path):
    checkpoint = tmp_path / "state.npz"
    checkpoint.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="damaged or not a checkpoint; move it away"):
        Training(*folders, tiny_network, checkpoint, Settings(**TINY))


@pytest.mark.slow
def test_the_program_writes_parameters_a_log_and_a_checkpoint(folders, tiny_network, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("train_fast", SCRIPT)
    program = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "train_fast", program)
    spec.loader.exec_module(program)
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    output = tmp_path / "fast.npz"
    options = ["--network", tmp_path / "tiny.h5", "--steps", 2, "--batch", 1, "--crop", 64, "--small-crops", 1]
    options += ["--name", "a trained one"]
    program.train(tyro.cli(program.Command, args=[*map(str, (*folders, output, *options))]))
    weights = read(output, hdf5.read(tmp_path / "tiny.h5"))
    assert weights.name == "a trained one"
    assert all(np.isfinite(kernel).all() and kernel.any() for kernel in weights.parameters["kernels"].values())
    (line,) = output.with_suffix(".log").read_text().splitlines()
    assert {"unseen_style", "seen_content", "unseen_contrast", "training_loss"} <= set(json.loads(line)["figures"])
    assert output.with_suffix(".checkpoint.npz").exists()


@pytest.mark.slow
def test_a_training_begins_with_the_parameters_that_it_is_given(folders, tiny_network, tmp_path):
    drawn = Training(*folders, tiny_network, tmp_path / "first.npz", Settings(**TINY, seed=1)).parameters
    moved = jax.tree.map(lambda leaf: np.asarray(leaf) * np.float32(1.01), drawn)
    started = Training(*folders, tiny_network, tmp_path / "second.npz", Settings(**TINY, seed=2), moved)
    jax.tree.map(np.testing.assert_array_equal, started.parameters, moved)
    list(Training(*folders, tiny_network, tmp_path / "second.npz", Settings(**TINY, seed=2, steps=1), moved).run())
    resumed = Training(*folders, tiny_network, tmp_path / "second.npz", Settings(**TINY, seed=2, steps=1), drawn)
    difference = jax.tree.map(lambda a, b: float(np.abs(a - b).max()), resumed.parameters, moved)
    assert 0 < max(jax.tree.leaves(difference)) < 0.01


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be positive, not 0"),
        ({"batch": -1}, "batch must be positive"),
        ({"learning_rate": 0.0}, "learning rate must be positive"),
        ({"learning_rate": float("nan")}, "learning rate must be positive"),
        ({"crop": 72}, "multiple of 16 and at least 64, not 72"),
        ({"crop": 48}, "multiple of 16 and at least 64, not 48"),
        ({"small_crops": 1.5}, "between 0 and 1"),
        ({"styles_per_step": -0.1}, "between 0 and 1"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Settings(**settings)


def test_every_fifth_picture_is_held_out(tmp_path):
    for index in range(11):
        (tmp_path / f"{index:02}.JPG").touch()
    (tmp_path / "notes.txt").touch()
    seen, unseen = split(tmp_path)
    assert [path.name for path in unseen] == ["02.JPG", "07.JPG"]
    assert len(seen) == 9
    assert not {*seen} & {*unseen}


def test_the_program_refuses_a_folder_with_too_few_pictures(tmp_path):
    command = [sys.executable, SCRIPT, tmp_path, tmp_path, tmp_path / "x.npz"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert done.stderr.startswith("error: There are 0 pictures")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
