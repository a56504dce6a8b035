"""The scripts that draw several pictures on a sheet, and the one that replicates published runs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_jax import images
from nst_jax.images.contact_sheet import GAP, Cell, sheet
from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.random_init import random_network
from tests.conftest import picture

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch, tiny_network):
    for seed, name in enumerate(("content.png", "style.png")):
        Image.fromarray((picture(seed, 40, 60) * 255).astype(np.uint8)).save(tmp_path / name)
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(name, *arguments):
    program = [str(SCRIPTS / name)] if name.endswith(".py") else ["-m", name]
    command = [sys.executable, *program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_sheet_has_each_picture_in_its_place():
    one, other = np.full((20, 40, 3), 0.2, np.float32), np.full((40, 20, 3), 0.6, np.float32)
    made = sheet([[Cell(one), Cell(other)], [None, Cell(one)]], 40)
    assert made.shape == (40 + 20 + 3 * GAP, 80 + 3 * GAP, 3)
    np.testing.assert_allclose(made[GAP + 10 : GAP + 30, GAP : GAP + 40], 0.2, atol=0.01)
    np.testing.assert_allclose(made[GAP : GAP + 40, 2 * GAP + 50 : 2 * GAP + 70], 0.6, atol=0.01)
    np.testing.assert_array_equal(made[2 * GAP + 40 :, : GAP + 40], 1)


def test_labels_are_below_and_wrapped():
    plain = np.full((40, 40, 3), 0.5, np.float32)
    bare, short, long = (sheet([[Cell(plain, label)]], 40) for label in ("", "one", "a label of several words"))
    assert bare.shape[0] < short.shape[0] < long.shape[0]
    assert short.shape[1] == long.shape[1] == 40 + 2 * GAP
    assert short[GAP + 40 :].min() < 0.5


def test_comparing(files):
    cheap = ["--networks", "tiny.h5", "--size", "64", "--steps", "2", "--scales", "1", "--tile", "64"]
    layers = ["--content-layers", "relu2_2", "--style-layers", "relu1_1", "relu1_1,relu2_1"]
    done = script(
        "nst_jax.cli.compare", "content.png", "style.png", *cheap, *layers, "--style-weights", "1", "10", "100",
        "-o", "a.png", "--pictures", "each",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # Two rows of three, and the inputs at the edge.
    assert images.read(files / "a.png").rgb.shape[1] == 4 * (64 + GAP) + GAP
    made = {path.name for path in (files / "each").iterdir()}
    assert len(made) == 6
    assert "style-layers-relu1_1,relu2_1_style-weight-10.0.png" in made
    recipes = ["--recipes", "gatys", "neural-style", "default"]
    done = script("nst_jax.cli.compare", "content.png", "style.png", *cheap, *recipes, "-o", "b.png")
    assert done.returncode == 0, done.stderr
    assert images.read(files / "b.png").rgb.shape[1] == 5 * (64 + GAP) + GAP


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "2"], "nothing to compare"),
        (["--steps", "0", "2"], "steps must be at least 1"),
        (["--recipes", "default", "gattys"], "no recipe 'gattys'"),
        (["--style-layer-weights", "1,2", "1,b"], "1,b is not a list of numbers"),
    ],
)
def test_what_cannot_be_compared(files, arguments, message):
    done = script("nst_jax.cli.compare", "content.png", "style.png", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_reconstructing(files):
    cheap = ["--network", "tiny.h5", "--size", "64", "--steps", "3", "--tile", "64"]
    done = script("reconstruct.py", "content.png", "style.png", *cheap, "--layers", "relu1_1", "relu2_1", "-o", "a.png")
    assert done.returncode == 0, done.stderr
    assert images.read(files / "a.png").rgb.shape[1] == 3 * (64 + GAP) + GAP


def test_replicating_says_what_it_lacks(files):
    done = script("replicate.py", ".", "--runs", "gatys")
    assert done.returncode == 2
    assert "Put these pictures into . first: Tuebingen_Neckarfront.jpg from https://github.com/leongatys" in done.stderr
    for name in ("dancing.jpg", "picasso.jpg"):
        Image.fromarray((picture(1) * 255).astype(np.uint8)).save(name)
    done = script("replicate.py", ".", "--runs", "pytorch-tutorial")
    assert done.returncode == 2
    assert "Torchvision's VGG-19 is not here; download https://" in done.stderr
    assert "no recipe" not in done.stderr
    done = script("replicate.py", ".", "--runs", "unknown")
    assert "Nothing is published for unknown" in done.stderr


def test_replicating_sets_runs_beside_published_ones(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import replicate

    for seed, name in enumerate(("dancing.jpg", "picasso.jpg")):
        Image.fromarray((picture(seed) * 255).astype(np.uint8)).save(name)
    (run,) = [run for run in replicate.RUNS if run.recipe == "pytorch-tutorial"]
    recipe = replicate.get_recipe("pytorch-tutorial")
    monkeypatch.setattr(replicate, "named", lambda _: replicate.dataclasses.replace(recipe, size=32, steps=100))
    lines: list[str] = []
    replicate.replicate(run, Path(), random_network((4, 4, 6, 6, 8)), Path("made"), lines.append)
    assert lines[0].startswith("pytorch-tutorial with random-filter VGG-19")
    cells = [line.split("|") for line in lines if line.startswith(("| 50 |", "| 100 |"))]
    assert len(cells) == 2
    for row, published in zip(cells, ((4.169304, 4.235329), (1.145476, 3.039176)), strict=True):
        assert [float(row[3]), float(row[6])] == pytest.approx(published, rel=1e-5)
        ours = float(row[2]), float(row[5])
        # The cells are rounded to six digits.
        assert float(row[4].strip(" %")) == pytest.approx(100 * (ours[0] / published[0] - 1), rel=1e-4, abs=0.01)
    assert Path("made/pytorch-tutorial.png").exists()
