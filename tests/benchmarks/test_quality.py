"""Curves of the loss over time: the best loss so far, and when a loss was first reached."""

import numpy as np
import pytest

from benchmarks import quality
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RGB = np.zeros((1, 1, 3), np.float32)


def test_ratios_of_the_time_to_a_loss():
    single = quality.Curve([1.0, 8.0], [5.0, 2.0], RGB)
    fine = quality.Curve([1.0, 2.0, 3.0], [4.0, 2.0, 1.0], RGB)
    assert quality.ratio({quality.SINGLE: single, quality.FINE: fine}, quality.SINGLE) == 0.25
    never = fine._replace(losses=[9.0] * 3)
    assert quality.ratio({quality.SINGLE: single, quality.FINE: never}, quality.SINGLE) is None
    assert quality.median_ratio([0.2, None, 0.3]) == 0.3
    assert quality.median_ratio([0.2, None, None]) is None


def test_a_row_compares_a_method_with_those_that_ran_before():
    single = quality.Curve([1.0, 8.0], [5.0, 2.0], RGB)
    fine = quality.Curve([1.0, 2.0, 3.0], [4.0, 2.0, 1.0], RGB)
    row = quality.row("pair", quality.FINE, {quality.SINGLE: single, quality.FINE: fine})
    assert row == ("pair", quality.FINE, 3.0, 1.0, None, 2.0)


def test_a_curve_has_the_lowest_loss_up_to_each_time(tiny_network, monkeypatch):
    """Of the reports at full size alone, at the times that a clock of whole seconds gives them."""
    monkeypatch.setattr(quality.jax, "clear_caches", lambda: None)
    readings = iter(range(10, 1000))
    monkeypatch.setattr(quality.time, "perf_counter", lambda: next(readings))
    losses = [[9.0, 1], [9.0, 1], [7.0, 2], [8.0, 2], [3.0, 2]]

    class Report:
        scales = 2

        def __init__(self, total_loss, scale):
            self.total_loss, self.scale = total_loss, scale
            self.partial_result = type("Result", (), {"picture": RGB})

    monkeypatch.setattr(quality.nst_jax, "stylize_steps", lambda *_, **__: (Report(*each) for each in losses))
    run = quality.runs(Recipe(**QUICK), 8)[quality.FINE]
    curve = run(picture(0, *CONTENT_SHAPE), picture(1, *STYLE_SHAPE), tiny_network)
    assert curve == ([1, 2, 3], [7.0, 7.0, 3.0], RGB)


@pytest.mark.parametrize("method", [quality.SINGLE, quality.FINE, quality.ADAM])
def test_the_methods_differ_from_the_recipe_only_in_how_they_optimize(monkeypatch, method):
    recipes = {}
    monkeypatch.setattr(quality, "_ours", lambda recipe: recipe)
    monkeypatch.setattr(quality, "_torch", lambda recipe: recipe)
    recipe = Recipe(**QUICK | {"steps": 6})
    recipes = quality.runs(recipe, 8)
    assert recipes[quality.FINE] == recipe
    assert recipes[quality.TORCH] == recipes[quality.SINGLE]
    if method != quality.FINE:
        assert (recipes[method].scales, recipes[method].steps) == (1, 8)
    for name in ("content_weight", "style_weight", "tv_weight", "content_layers", "style_layers", "size"):
        assert getattr(recipes[method], name) == getattr(recipe, name)
