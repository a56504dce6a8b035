"""From coarse to fine."""

import dataclasses
import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.engine.preprocess import upsample_with_detail
from nst_jax.recipes.pyramid import Scale, scales
from nst_jax.recipes.vgg_layers import stride
from tests.conftest import picture

RECIPE = Recipe(
    size=64, steps=12, min_size=16, content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"), tv_weight=1.0
)
CONTENT, STYLE = picture(1, 40, 60), picture(2, 70, 50)


@given(st.integers(16, 3000), st.integers(16, 3000), st.integers(0, 5), st.integers(16, 600))
def test_sizes_halve_down_to_the_smallest(height, width, count, min_size):
    recipe = Recipe(scales=count, min_size=min_size)
    found = scales(height, width, recipe)
    assert found[-1] == (height, width)
    assert count == 0 or len(found) <= count
    for coarse, fine in itertools.pairwise(found):
        assert abs(coarse.height - fine.height / 2) <= 1
        assert abs(coarse.width - fine.width / 2) <= 1
        assert max(coarse) >= min_size
        assert min(coarse) >= stride("relu5_1")
    if count == 0 and min(found[0]) >= 2 * stride("relu5_1") + 2:
        assert max(found[0]) <= 2 * min_size


def test_usual_sizes():
    assert scales(512, 341, Recipe()) == (Scale(128, 85), Scale(256, 170), Scale(512, 341))
    assert scales(255, 100, Recipe()) == (Scale(128, 50), Scale(255, 100))
    assert scales(512, 341, Recipe(scales=1)) == (Scale(512, 341),)
    # Narrower than this, there would be no position of relu5_1.
    assert scales(512, 40, Recipe()) == (Scale(256, 20), Scale(512, 40))


def test_impossible_scales_are_refused():
    with pytest.raises(InputError, match="number of scales"):
        Recipe(scales=-1)
    with pytest.raises(InputError, match="at least 16 pixels"):
        Recipe(min_size=8)
    with pytest.raises(InputError, match="too small for the layer relu5_1"):
        scales(512, 10, Recipe())


def test_each_scale_begins_where_the_last_one_ended(tiny_network):
    reports = list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=1))
    assert [each.step for each in reports] == list(range(1, 37))
    assert [each.scale for each in reports] == [1] * 12 + [2] * 12 + [3] * 12
    assert {(each.scales, each.total_steps) for each in reports} == {(3, 36)}
    pictures = [each.partial_result.picture for each in reports]
    assert {picture.shape for picture in pictures} == {(43, 64, 3)}
    assert [each.ending for each in reports] == [None] * 35 + ["all steps done"]
    fractions = [each.fraction for each in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    for end, begin in ((11, 12), (23, 24)):
        # Shrunk to the coarser size both are the same but for the resampling; the content is something else.
        size = (11, 16) if end == 11 else (22, 32)
        before, after, content = (images.resize(rgb, *size) for rgb in (pictures[end], pictures[begin], CONTENT))
        assert np.abs(before - after).mean() < 0.25 * np.abs(before - content).mean()


def test_a_single_scale_starts_from_the_content(tiny_network):
    first = next(
        nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, scales=1, start_colors="content", every=1)
    )
    np.testing.assert_array_equal(first.partial_result.picture, images.resize(CONTENT, 43, 64))


def test_snapshots_count_over_all_scales(tiny_network):
    reports = nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=5)
    assert set(range(5, 37, 5)) <= {progress.step for progress in reports}


def test_the_losses_go_down_within_each_scale(tiny_network):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, style_huber=0.0, jitter=0.0)
    assert len(result.losses.total) == 36
    for part in np.split(result.losses.total, 3):
        assert (np.diff(part) <= 0).all()
        assert part[-1] < part[0]


def test_a_scale_that_converges_does_not_end_the_run(tiny_network):
    """Without style, the content itself is the answer at every scale."""
    recipe = dataclasses.replace(RECIPE, style_weight=0.0, tv_weight=0.0, steps=30)
    *_, last = nst_jax.stylize_steps(CONTENT, STYLE, recipe, network=tiny_network)
    assert last.scale == 3
    assert 3 <= last.step < last.total_steps
    assert last.result is not None


def test_a_run_that_diverges_ends_at_its_scale(tiny_network):
    convolutions = dict(tiny_network.convolutions)
    for name in ("conv1_2", "conv2_1"):
        kernel, bias = convolutions[name]
        convolutions[name] = (kernel * np.float32(1e20), bias)
    overflowing = dataclasses.replace(tiny_network, convolutions=convolutions)
    *_, last = nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=overflowing, relative=False)
    assert last.scale == 1
    assert last.result.diverged
    assert last.result.picture.shape == (43, 64, 3)


def test_enlarging_loses_nothing_of_the_content():
    """A coarse picture on which nothing was painted becomes the content itself, with all its detail."""
    content = picture(3, 40, 60)
    coarse = images.resize(content, 20, 30)
    np.testing.assert_allclose(upsample_with_detail(coarse, coarse, content, [content], Recipe()), content, atol=1e-6)
    painted = np.clip(coarse + 0.1, 0, 1)
    difference = upsample_with_detail(painted, coarse, content, [content], Recipe()) - content
    inside = (content > 0.05) & (content < 0.85)
    assert np.abs(difference[inside] - 0.1).max() < 0.1
    assert difference[inside].mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("loudness", "expected"), [(0.0, 0.0), (0.4, 0.4), (1.0, 1.0), (2.0, 1.0)])
def test_detail_is_given_back_no_louder_than_the_style_has_it(loudness, expected):
    content = 0.25 + picture(3, 40, 60) / 2
    # Of another size, for what counts is the style's detail at this scale.
    style = 0.5 + loudness * (np.tile(content, (2, 2, 1)) - 0.5)
    coarse = images.resize(content, 20, 30)
    lost = content - images.resize(coarse, 40, 60)
    given = upsample_with_detail(coarse, coarse, content, [style], Recipe()) - (content - lost)
    inside = np.abs(content - 0.5) < 0.2
    np.testing.assert_allclose(given[inside], expected * lost[inside], atol=0.01)


def test_all_styles_are_asked_how_loud_detail_is_to_be():
    content = picture(3, 40, 60)
    coarse, flat = images.resize(content, 20, 30), np.full((40, 60, 3), 0.5, np.float32)
    alone, both, without = (
        upsample_with_detail(coarse, coarse, content, styles, Recipe())
        for styles in ([content], [content, flat], [flat])
    )
    assert 0 < np.square(both - without).mean() < np.square(alone - without).mean()


def test_without_a_style_all_detail_is_given_back():
    content = picture(3, 40, 60)
    coarse, flat = images.resize(content, 20, 30), np.full((40, 60, 3), 0.5, np.float32)
    made = upsample_with_detail(coarse, coarse, content, [flat], Recipe(style_weight=0.0))
    np.testing.assert_allclose(made, content, atol=1e-6)


@pytest.mark.parametrize("changes", [{"init": "noise"}, {"init": "style"}, {"content_weight": 0.0}])
def test_nothing_of_the_content_is_brought_in_where_it_is_not_asked_for(changes):
    content, painted = picture(3, 40, 60), picture(4, 20, 30)
    made = upsample_with_detail(painted, images.resize(content, 20, 30), content, [content], Recipe(**changes))
    np.testing.assert_array_equal(made, images.resize(painted, 40, 60))
