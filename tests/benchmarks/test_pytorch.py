"""The comparisons with PyTorch; without it, that it is missing is said."""

import dataclasses
import importlib.util

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.engine import batch_targets, batched
from nst_jax.engine.mesh import make_mesh
from nst_jax.networks.vgg import build_network
from nst_jax.objective.objective import Objective, without_huber
from nst_jax.recipes.recipe import Recipe
from tests.benchmarks.test_batches import run_script
from tests.conftest import picture

# PyTorch's program compares Gram matrices only.
RECIPE = Recipe(size=64, steps=6, min_size=32, style_statistic="gram", recolor_content=False)


@pytest.mark.parametrize("count", [1, 2])
def test_pytorch_computes_the_same_loss_and_gradient(tiny_network, x64, count):
    """Two implementations that share no code: a check of either."""
    torch = pytest.importorskip("torch")
    from benchmarks.pytorch import loss_function, picture_tensor

    contents = jnp.asarray(np.stack([picture(seed, 37, 42) for seed in range(count)]), jnp.float64)
    images = contents[::-1] * 0.9
    network = build_network(tiny_network, dataclasses.replace(RECIPE, convolution="winograd"), jnp.float64)
    targets = without_huber(
        batch_targets.make_batch_targets(network, contents, jnp.asarray(picture(7, 40, 40), jnp.float64), RECIPE)
    )
    ours = batched.evaluate_batch(images, network, targets, objective=Objective.of(RECIPE), mesh=make_mesh(1))
    x = picture_tensor(np.asarray(images), torch.float64)
    loss = loss_function(tiny_network, targets, RECIPE, torch.float64)(x)
    loss.backward()
    assert float(ours.loss.sum()) == pytest.approx(loss.item(), rel=1e-6)
    gradient = x.grad.permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(ours.gradient, gradient, atol=1e-6 * abs(gradient).max())


@pytest.mark.slow
def test_a_step_is_timed_and_its_gradient_is_that_of_pytorch(tiny_network):
    pytest.importorskip("torch")
    from benchmarks import step

    row = step.measure("2x32", tiny_network, picture(0, 80, 90), picture(1, 80, 80), RECIPE, rounds=1)
    assert row.ratio == row.ours / row.torch > 0
    assert row.compiling > 0
    assert 0 < row.error < 1e-4
    assert 0 < row.torch_error < 1e-4


def test_timings_alternate_and_the_first_two_do_not_count():
    pytest.importorskip("torch")
    from benchmarks.step import alternate

    calls: list[str] = []
    ours, theirs = iter([90.0, 80.0, 1.0, 5.0, 2.0]), iter([70.0, 60.0, 30.0, 10.0, 20.0])

    def timing(name, seconds):
        calls.append(name)
        return next(seconds)

    assert alternate([lambda: timing("ours", ours), lambda: timing("theirs", theirs)], 3) == [2, 20]
    assert calls == ["ours", "theirs"] * 5


def test_all_methods_start_from_the_content_and_lower_the_same_loss(tiny_network, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("matplotlib")
    from benchmarks import quality

    runs = quality.runs(RECIPE, 8)
    curves = {name: run(picture(0, 48, 64), picture(1, 64, 64), tiny_network) for name, run in runs.items()}
    for curve in curves.values():
        assert len(curve.seconds) == len(curve.losses)
        assert curve.losses[-1] < curve.losses[0]
        assert curve.picture.shape == (48, 64, 3)
    # At a single scale all begin with the content, whose loss is one number; from coarse to fine it is lower.
    first = curves[quality.TORCH].losses[0]
    for name in (quality.SINGLE, quality.ADAM):
        assert curves[name].losses[0] == pytest.approx(first, rel=1e-3)
    assert curves[quality.FINE].losses[0] < first
    quality.draw(curves, "title", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
@pytest.mark.parametrize("command", ["step", "quality"])
def test_that_pytorch_is_missing_is_said(command):
    done = run_script(command)
    assert done.returncode == 2
    assert done.stderr.startswith("error: This measures against PyTorch, which is not installed")
