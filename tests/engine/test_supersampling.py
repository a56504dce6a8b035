"""Supersampling: a run at a larger size, whose result is reduced; strokes keep their size in the result."""

import dataclasses

import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe, images
from nst_jax.engine import history
from nst_jax.engine.postprocess import Postprocessor
from nst_jax.engine.preprocess import resize_style, working_size
from nst_jax.images.defects import chroma_noise
from nst_jax.recipes.pyramid import Scale
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)
SETTINGS = QUICK | {"steps": 4, "coarse_steps": 2, "min_size": 24}


def finished(contents, styles, recipe, optimized):
    """The results of contents that were all optimized to the same image."""
    pictures = [[images.read(each) for each in group] for group in (contents, styles)]
    postprocessor = Postprocessor(*pictures, recipe, Scale(*working_size(contents[0].shape, recipe)), None)
    return [postprocessor.rgb(optimized, index) for index in range(len(contents))]


def run(network, **changes):
    return nst_jax.stylize(CONTENT, STYLE, Recipe(**SETTINGS | changes), network=network)


@pytest.mark.parametrize("colors", ["style", pytest.param("luminance", marks=pytest.mark.slow)])
def test_the_result_is_that_of_a_larger_run_reduced(tiny_network, colors):
    reduced = run(tiny_network, size=32, supersampling=1.5, style_size=40, color=colors)
    large = run(tiny_network, size=48, style_size=60, color=colors)
    assert reduced.picture.shape == (21, 32, 3)
    np.testing.assert_array_equal(reduced.losses.total, large.losses.total)
    # With "luminance", the chroma is that of the content at the size of the result.
    tolerance = 0.0 if colors == "style" else 0.01
    np.testing.assert_allclose(reduced.picture, images.resize(large.picture, 21, 32), rtol=0, atol=tolerance)


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_an_image_is_reduced_first_and_its_colors_are_smoothed_then(factor):
    """By the deviation at the size of the result, and no further than to the noise of the content and the style."""
    content, style = np.float32(0.5) + picture(3, 40, 60) / 8, picture(4, 40, 60)
    optimized = picture(5, round(40 * factor), round(60 * factor))
    recipe = Recipe(size=60, supersampling=factor, smooth_chroma=1.2)
    made = finished([content], [style], recipe, optimized)[0]
    reduced = images.resize(optimized, 40, 60)
    least = min(chroma_noise(content), chroma_noise(style))
    np.testing.assert_array_equal(made, images.smooth_chroma_keeping(reduced, 1.2, least))
    # The other order would smooth less.
    other = images.resize(images.smooth_chroma_keeping(optimized, 1.2, least), 40, 60)
    assert factor == 1 or chroma_noise(other) > 1.1 * chroma_noise(made)


def test_the_original_size_may_be_the_size_of_the_result():
    content, style, optimized = picture(3, 40, 60), picture(4, 40, 60), picture(5, 60, 90)
    recipe = Recipe(size=60, supersampling=1.5)
    plain = finished([content], [style], recipe, optimized)[0]
    upscaled = finished([content], [style], dataclasses.replace(recipe, upscale_to_original=True), optimized)[0]
    np.testing.assert_array_equal(upscaled, plain)


def test_contents_of_a_batch_whose_results_differ_by_a_pixel_are_resampled_once():
    """Both are computed at 61x90, and reduced to 40x60 and 41x60."""
    contents, optimized = [picture(3, 404, 600), picture(4, 406, 600)], picture(5, 61, 90)
    recipe = Recipe(size=60, supersampling=1.5)
    shapes = [made.shape[:2] for made in finished(contents, [contents[0]], recipe, optimized)]
    assert shapes == [(40, 60), (41, 60)]
    for content, made in zip(contents, finished(contents, [contents[0]], recipe, optimized), strict=True):
        np.testing.assert_array_equal(made, finished([content], [contents[0]], recipe, optimized)[0])


@pytest.mark.parametrize("blend", [(1.0, 1.0), (1.0, 0.0)])
def test_a_style_without_weight_does_not_limit_the_smoothing(tiny_network, monkeypatch, blend):
    counted = []
    real = history.Postprocessor
    monkeypatch.setattr(history, "Postprocessor", lambda *args: counted.append(len(args[1])) or real(*args))
    recipe = Recipe(**SETTINGS | {"style_blend": blend})
    nst_jax.stylize(CONTENT, [STYLE, picture(7, *STYLE_SHAPE)], recipe, network=tiny_network)
    assert counted == [sum(weight > 0 for weight in blend)]


@pytest.mark.slow
def test_the_original_size_and_parts_that_stay_as_they_are(tiny_network):
    mask = np.zeros(CONTENT_SHAPE, np.float32)
    mask[:, 30:] = 1
    result = nst_jax.stylize(
        CONTENT, STYLE, Recipe(**SETTINGS, supersampling=1.5, upscale_to_original=True), network=tiny_network,
        content_mask=mask,
    )  # fmt: skip
    assert result.picture.shape == CONTENT.shape
    assert np.abs(result.picture[:, :20] - CONTENT[:, :20]).mean() < 0.02
    assert np.abs(result.picture[:, 40:] - CONTENT[:, 40:]).mean() > 0.03


def test_a_size_of_zero_is_that_of_the_content(tiny_network):
    assert run(tiny_network, size=0, supersampling=1.2).picture.shape == CONTENT.shape
    assert working_size((100, 200, 3), Recipe(size=0, supersampling=1.5)) == (150, 300)


def test_by_default_a_larger_result_is_never_computed_smaller_nor_much_larger_than_itself():
    sizes = [*range(16, 2049), 16384]
    computed = [max(working_size((300, 400), Recipe(size=size))) for size in sizes]
    assert computed == sorted(computed)
    assert all(size <= pixels <= 1.6 * size + 1 for size, pixels in zip(sizes, computed, strict=True))
    # Of pictures that are not larger than 1312 pixels, the small ones gain most.
    assert [computed[sizes.index(size)] for size in (127, 128, 256, 400, 512, 1024, 1100, 1312, 2048)] == [
        127, 205, 410, 640, 656, 1312, 1312, 1312, 2048,
    ]  # fmt: skip


def test_fewer_steps_are_the_default_where_the_picture_is_reduced():
    assert [Recipe(**each).main_steps for each in ({}, {"supersampling": 1.0}, {"size": 64}, {"steps": 7})] == [
        62, 90, 90, 7,
    ]  # fmt: skip
    assert Recipe(fast=True).supersampling_factor == 1


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("native", [20, 64, 500])
def test_strokes_keep_their_size_in_the_result(factor, native):
    """The style's size relative to that of the image does not depend on the factor, whether it is enlarged or not."""
    recipe = Recipe(supersampling=factor, size=64, style_layers=("relu1_1",), content_layers=("relu1_1",))
    style = np.zeros((native, native, 3), np.float32)
    size = Scale(*working_size((64, 64, 3), recipe))
    relative = resize_style(style, size, size, recipe).shape[0] / size.height
    assert relative == pytest.approx(min(native, 64) / 64, abs=1 / 64)
