"""From coarse to fine: one scale after another."""

import dataclasses

import jax
import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe, images
from nst_jax.engine import start_colors
from nst_jax.engine.start_colors import recolor
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

# Three scales of which two are those of many other tests: 16x24, 32x48 and 64x96.
RECIPE = Recipe(**QUICK | {"size": 96, "min_size": 24, "tv_weight": 1.0})
CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)


def test_each_scale_begins_where_the_last_one_ended(tiny_network):
    reports = list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=1))
    assert [each.step for each in reports] == list(range(1, 37))
    assert [each.scale for each in reports] == [1] * 12 + [2] * 12 + [3] * 12
    assert {(each.scales, each.total_steps) for each in reports} == {(3, 36)}
    pictures = [each.partial_result.picture for each in reports]
    assert {picture.shape for picture in pictures} == {(64, 96, 3)}
    assert [each.ending for each in reports] == [None] * 35 + ["all steps done"]
    fractions = [each.fraction for each in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    for end, begin in ((11, 12), (23, 24)):
        # Shrunk to the coarser size both are the same but for the resampling; the content is something else.
        size = (16, 24) if end == 11 else (32, 48)
        before, after, content = (images.resize(rgb, *size) for rgb in (pictures[end], pictures[begin], CONTENT))
        assert np.abs(before - after).mean() < 0.25 * np.abs(before - content).mean()


def test_a_single_scale_starts_from_the_content(tiny_network):
    first = next(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, scales=1, every=1))
    np.testing.assert_array_equal(first.partial_result.picture, images.resize(CONTENT, 64, 96))


def test_every_counts_steps_over_all_scales(tiny_network):
    reports = nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=5)
    assert set(range(5, 37, 5)) <= {progress.step for progress in reports}


def test_the_losses_go_down_within_each_scale(tiny_network):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, style_huber=0.0)
    assert len(result.losses.total) == 36
    for part in np.split(result.losses.total, 3):
        assert (np.diff(part) <= 0).all()
        assert part[-1] < part[0]


def test_the_arrays_of_a_scale_are_freed_when_the_next_one_computes(tiny_network):
    of_others = jax.live_arrays()
    known = {id(array) for array in of_others}
    sizes = ((16, 24), (32, 48), (64, 96))
    for progress in nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=1):
        live = [array.shape for array in jax.live_arrays() if id(array) not in known]
        own = {shape[1:3] for shape in live if shape[3:] == (3,)}
        assert sizes[progress.scale - 1] in own
        assert not {*sizes[: progress.scale - 1]} & own


def test_a_scale_that_converges_does_not_end_the_run(tiny_network):
    """Without style, the content itself is the answer at every scale."""
    recipe = dataclasses.replace(RECIPE, style_weight=0.0, tv_weight=0.0, steps=30)
    *_, last = nst_jax.stylize_steps(CONTENT, STYLE, recipe, network=tiny_network)
    assert last.scale == 3
    assert 3 <= last.step < last.total_steps
    assert last.result is not None


def test_a_run_that_diverges_ends_at_its_scale(overflowing_network):
    *_, last = nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=overflowing_network, relative=False)
    assert last.scale == 1
    assert last.result.diverged
    assert last.result.picture.shape == (64, 96, 3)


@pytest.mark.slow
def test_scales_by_another_factor_with_carried_moments_and_an_average(tiny_network):
    carried = {"optimizer": "adam", "learning_rate": 0.007, "average": 0.9, "carry_moments": True, "keep_detail": False}
    sizes = {"size": 48, "min_size": 24, "scale_factor": 2**0.5, "first_steps": 6, "coarse_steps": 4, "steps": 5}
    recipe = Recipe(**QUICK | carried | sizes)
    reports = list(nst_jax.stylize_steps(CONTENT, STYLE, recipe, network=tiny_network, every=1))
    assert [progress.scale for progress in reports] == [1] * 6 + [2] * 4 + [3] * 5
    result = reports[-1].result
    assert result.losses.total[-1] < 0.9 * result.losses.total[10]
    assert result.picture.min() >= 0
    assert result.picture.max() <= 1


@pytest.mark.parametrize("init", ["content", "noise"])
def test_a_recolored_content_is_the_content_recolored_before(tiny_network, init):
    """With the start in the style's colors, as with a random one."""
    changes = {"init": init, "color": "style", "steps": 6}
    first = nst_jax.stylize(
        CONTENT, STYLE, RECIPE, network=tiny_network, recolor_content=True, start_colors="style", **changes
    )
    before = recolor(CONTENT, [STYLE], RECIPE, None)
    second = nst_jax.stylize(before, STYLE, RECIPE, network=tiny_network, **changes)
    np.testing.assert_array_equal(first.picture, second.picture)
    plain = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, start_colors="style", **changes)
    assert np.abs(first.picture - plain.picture).max() > 0.02


def test_only_an_asked_for_content_is_recolored(tiny_network, monkeypatch):
    """Nothing is computed for a start in the photograph's own colors, or from noise."""
    calls = []
    monkeypatch.setattr(start_colors, "recolor", lambda *arguments: (calls.append(1), recolor(*arguments))[1])
    for changes in ({"start_colors": "content"}, {"start_colors": "style", "init": "noise"}):
        nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, steps=1, **changes)
    assert not calls
    for changes in ({"start_colors": "style"}, {"recolor_content": True, "init": "grey"}):
        nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, steps=1, **changes)
    assert len(calls) == 2
