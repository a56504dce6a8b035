"""Supersampling: a run at a larger size, whose result is reduced; strokes keep their size in the result."""

import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe, images
from nst_jax.batch.buckets import bucket
from nst_jax.engine.preprocess import resize_style, working_size
from nst_jax.recipes.pyramid import Scale
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)
SETTINGS = QUICK | {"steps": 4, "coarse_steps": 2, "min_size": 24}


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


def test_a_factor_of_one_changes_nothing(tiny_network):
    assert run(tiny_network, supersampling=1.0).picture.tobytes() == run(tiny_network).picture.tobytes()


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
    assert [Recipe(**each).final_steps for each in ({}, {"supersampling": 1.0}, {"size": 64}, {"steps": 7})] == [
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


@pytest.mark.parametrize("rule", ["long", "short", "squash"])
def test_a_bucket_is_made_at_the_working_size(rule):
    recipe = Recipe(size=128, resize=rule, supersampling=1.5)
    height, width = working_size((300, 400, 3), recipe)
    shape = bucket((300, 400, 3), recipe)
    assert height <= shape.height < height + 32
    assert width <= shape.width < width + 32
    assert working_size((*shape, 3), recipe) == pytest.approx(tuple(shape), abs=1) or rule == "short"
