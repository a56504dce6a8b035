"""The measurements measure what they say; how long anything takes is not tested."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.batches import operations_per_pixel, square_parts
from benchmarks.networks import widened
from benchmarks.table import Table
from nst_jax.engine import batched
from nst_jax.networks.vgg import VGG19
from nst_jax.networks.weights import load_network
from nst_jax.networks.weights.random_init import random_network
from nst_jax.objective.objective import Objective, evaluate, without_huber
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

ROOT = Path(__file__).parents[1]
RECIPE = Recipe(size=64, steps=6, min_size=32)


def run_script(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_operations_of_one_convolution():
    """3 x 3 x 3 x 4 products for each pixel, twice for the sum, twice for the gradient."""
    assert operations_per_pixel(random_network((4, 4, 6, 6, 8)), ("conv1_1", "relu1_1")) == 2 * 2 * 9 * 3 * 4


def test_parts_are_square_and_differ():
    parts = square_parts(picture(0, 60, 90), 3, 40)
    assert [part.shape for part in parts] == [(40, 40, 3)] * 3
    assert not np.array_equal(parts[0], parts[1])


def test_a_widened_network_has_the_losses_of_the_narrow_one():
    content, style = (jnp.asarray(picture(seed, 48, 40)) for seed in (1, 2))
    narrow = load_network("embedded")
    wide = widened(narrow)
    assert wide.convolutions["conv5_1"][0].shape == (3, 3, 512, 512)
    losses = []
    for weights in (narrow, wide):
        network = VGG19(weights)
        targets = make_targets(network, content, style, RECIPE)
        losses.append(evaluate(content, network, targets, Objective.of(RECIPE)))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), *losses)


def test_a_table_is_kept_with_its_machine(tmp_path, capsys):
    from benchmarks.cost import Run

    table = Table(Run)
    table.add(Run("embedded", 256, 12.345, 1234.5))
    table.save(tmp_path / "figures.json", remark="one")
    kept = json.loads((tmp_path / "figures.json").read_text())
    assert kept["rows"][0]["evaluations_per_second"] == 12.345
    assert kept["remark"] == "one"
    assert kept["machine"]["jax"] == jax.__version__
    assert capsys.readouterr().out.splitlines()[-1] == "| embedded | 256 | 12.3 | 1234 |"


@pytest.mark.parametrize("count", [1, 2])
def test_pytorch_computes_the_same_loss_and_gradient(tiny_network, x64, count):
    """Two implementations that share no code: a check of either."""
    torch = pytest.importorskip("torch")
    from benchmarks.pytorch import loss_function, picture_tensor

    contents = jnp.asarray(np.stack([picture(seed, 37, 42) for seed in range(count)]), jnp.float64)
    pictures = contents[::-1] * 0.9
    network = VGG19(tiny_network, dtype=jnp.float64, convolution="winograd")
    targets = without_huber(
        batched.make_batch_targets(network, contents, jnp.asarray(picture(7, 40, 40), jnp.float64), RECIPE)
    )
    ours = batched.evaluate_batch(pictures, network, targets, Objective.of(RECIPE), batched.make_mesh(1))
    x = picture_tensor(np.asarray(pictures), torch.float64)
    loss = loss_function(tiny_network, targets, torch.float64)(x)
    loss.backward()
    assert float(ours.loss.sum()) == pytest.approx(loss.item(), rel=1e-6)
    gradient = x.grad.permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(ours.gradient, gradient, atol=1e-6 * abs(gradient).max())


def test_a_step_is_held_against_pytorch(tiny_network):
    pytest.importorskip("torch")
    from benchmarks import step

    row = step.measure("2x32", tiny_network, picture(0, 80, 90), picture(1, 80, 80), Recipe(), rounds=1)
    assert row.ratio == row.ours / row.torch
    assert 0 < row.error < 1e-4
    assert 0 < row.torch_error < 1e-4


def test_loss_against_seconds(tiny_network, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("matplotlib")
    from benchmarks import quality

    runs = quality.runs(RECIPE, 8)
    curves = {name: run(picture(0, 48, 64), picture(1, 64, 64), tiny_network) for name, run in runs.items()}
    # All from the content picture, so the first loss at full size is the same, but from coarse to fine.
    starts = [curves[name].losses[0] for name in (quality.TORCH,)]
    assert starts[0] > curves[quality.SINGLE].losses[-1]
    for name, curve in curves.items():
        assert curve.seconds == sorted(curve.seconds), name
        assert curve.losses == sorted(curve.losses, reverse=True), name
        assert curve.picture.shape == (48, 64, 3)
    quality.draw(curves, "title", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_ratios():
    from benchmarks import quality

    rgb = np.zeros((1, 1, 3), np.float32)
    single = quality.Curve([1.0, 8.0], [5.0, 2.0], rgb)
    fine = quality.Curve([1.0, 2.0, 3.0], [4.0, 2.0, 1.0], rgb)
    assert quality.ratio({quality.SINGLE: single, quality.FINE: fine}, quality.SINGLE) == 0.25
    never = fine._replace(losses=[9.0] * 3)
    assert quality.ratio({quality.SINGLE: single, quality.FINE: never}, quality.SINGLE) is None
    assert quality.median_ratio([0.2, None, 0.3]) == 0.3
    assert quality.median_ratio([0.2, None, None]) is None


def test_the_script_explains_bad_requests():
    done = run_script("quality", "--pairs", "one.png")
    assert done.returncode == 2
    assert done.stderr == "error: Give the pairs as CONTENT STYLE CONTENT STYLE ...; one picture is left over.\n"


def test_the_script_measures_batches(tmp_path):
    path = tmp_path / "batches.json"
    done = run_script("batches", "--counts", "1", "2", "--sizes", "32", "--steps", "2", "--json", path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(path.read_text())["rows"]
    assert [row["pictures"] for row in rows] == [1, 2]
    assert all(row["difference"] < 1e-3 for row in rows)


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
@pytest.mark.parametrize("command", ["step", "quality"])
def test_what_is_missing_is_said(command):
    done = run_script(command)
    assert done.returncode == 2
    assert done.stderr.startswith("error: This measures against PyTorch, which is not installed")
