"""Transparency: no white is left at soft edges, and opaque pictures stay as they are."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax import images
from nst_jax.engine.postprocess import Postprocessor
from nst_jax.engine.problem import Problem
from nst_jax.engine.scale_problem import prepare
from nst_jax.images.transparency import solid_colors
from nst_jax.recipes.pyramid import Scale
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RECIPE = nst_jax.Recipe(**QUICK | {"style_strength": 0.0, "size": 0})


def disc(size: int = 192, soft: float = 8) -> np.ndarray:
    """A dark red disc with soft edges, uint8 RGBA."""
    rows, columns = np.mgrid[:size, :size]
    radius = np.hypot(rows - size / 2, columns - size / 2)
    alpha = np.clip(0.39 * size - radius, 0, soft) / soft
    rgba = np.zeros((size, size, 4), np.uint8)
    rgba[alpha > 0, :3] = 150, 20, 20
    rgba[..., 3] = np.round(255 * alpha)
    return rgba


def on_black(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return colors * alpha[..., None]


def test_edges_keep_their_color_and_it_goes_on_where_nothing_is_visible():
    rgba = disc()
    read = images.read(rgba)
    black = on_black(rgba[..., :3] / 255, read.alpha)
    np.testing.assert_allclose(read.rgb, black + 1 - read.alpha[..., None], atol=1e-6)
    np.testing.assert_allclose(on_black(read.solid, read.alpha), black, atol=1 / 255)
    np.testing.assert_allclose(read.solid * 255, np.broadcast_to([150, 20, 20], (192, 192, 3)), atol=0.1)


@pytest.mark.parametrize("size", [(64, 64), (300, 300), (191, 97)])
def test_no_white_is_left_when_the_picture_is_resized(size):
    read = images.read(disc())
    alpha = images.resize(read.alpha, *size)
    resized = images.resize(read.solid, *size)
    expected = alpha[..., None] * np.array([150, 20, 20]) / 255
    assert np.abs(on_black(resized, alpha) - expected).max() < 2 / 255


def test_the_run_works_on_the_colors_without_white(tiny_network):
    content = images.read(disc(48))
    recipe = dataclasses.replace(RECIPE, color="luminance")
    problem = Problem(contents=[content], styles=[images.read(picture(2))], recipe=RECIPE, weights=tiny_network)
    np.testing.assert_array_equal(prepare(problem).contents[0], content.solid)
    finished = Postprocessor([content], [content], recipe, Scale(48, 48), None)
    # The colors of the content on the brightness of gray.
    shown = finished.rgb(np.full((48, 48, 3), 0.3, np.float32), 0)
    np.testing.assert_allclose(shown, np.broadcast_to(shown[24, 24], shown.shape), atol=1e-3)
    np.testing.assert_array_equal(finished.alpha(0), content.alpha)


def test_a_file_without_transparency_is_laid_on_white(tmp_path):
    read = images.read(disc(48))
    images.save_image(tmp_path / "r.jpg", read.solid, read.alpha)
    np.testing.assert_allclose(images.read(tmp_path / "r.jpg").rgb[0, 0], 1, atol=0.02)


@pytest.mark.slow
def test_a_result_laid_on_black_shows_no_ring(tiny_network):
    """Without any style, the result is the content."""
    content = np.asarray(Image.fromarray(disc()).resize(CONTENT_SHAPE[::-1]))
    style = picture(2, *STYLE_SHAPE)
    result = nst_jax.stylize(content, style, RECIPE, network=tiny_network)
    assert np.abs(on_black(result.picture, result.alpha) - on_black(content[..., :3] / 255, result.alpha)).max() < 0.05
    strip = (result.alpha > 0.1) & (result.alpha < 0.9)
    assert strip.any()
    difference = on_black(result.picture, result.alpha) - on_black(content[..., :3] / 255, result.alpha)
    assert np.abs(difference[strip]).max() < 2 / 255


def test_a_bucket_keeps_the_colors_of_edges():
    from nst_jax.batch.buckets import pad_to_bucket

    read = images.read(disc(100))
    padded = pad_to_bucket(read, nst_jax.Recipe(size=48))
    assert padded.origin == read.info
    np.testing.assert_allclose(padded.solid * 255, np.broadcast_to([150, 20, 20], padded.rgb.shape), atol=1)


def test_colors_are_extended_smoothly_and_from_the_nearest_side():
    rgba = np.zeros((60, 100, 4), np.float32)
    rgba[:, :20] = 1, 0, 0, 1
    rgba[:, 80:] = 0, 0, 1, 1
    solid = images.read(rgba).solid
    np.testing.assert_array_equal(solid[:, :20], np.broadcast_to([1, 0, 0], (60, 20, 3)))
    np.testing.assert_allclose(solid[:, 22], np.broadcast_to([1, 0, 0], (60, 3)), atol=0.15)
    np.testing.assert_allclose(solid[:, 77], np.broadcast_to([0, 0, 1], (60, 3)), atol=0.15)
    np.testing.assert_allclose(solid[:, 48:52].mean((0, 1)), [0.5, 0, 0.5], atol=0.2)
    assert np.abs(np.diff(solid, axis=1)).max() < 0.2


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 1), (3, 5), (33, 2)])
def test_every_shape_is_filled(shape):
    rgba = np.zeros((*shape, 4), np.float32)
    rgba[-1, -1] = 0.2, 0.4, 0.6, 1
    np.testing.assert_allclose(images.read(rgba).solid, np.broadcast_to([0.2, 0.4, 0.6], (*shape, 3)), atol=1e-5)


def test_a_picture_that_is_transparent_all_over_is_white_with_a_warning():
    rgba = np.zeros((*CONTENT_SHAPE, 4), np.uint8)
    for source in (rgba, Image.fromarray(rgba)):
        with pytest.warns(images.PictureWarning, match="is transparent all over; it is taken for a white picture"):
            read = images.read(source)
        np.testing.assert_array_equal(read.solid, np.ones((*CONTENT_SHAPE, 3), np.float32))


def test_opaque_pictures_are_not_touched():
    rgb = picture(0)
    read = images.read(rgb)
    assert read.solid is read.rgb
    np.testing.assert_array_equal(read.rgb, rgb)


def test_half_transparent_pictures_have_their_own_colors():
    rgb = picture(0)
    np.testing.assert_allclose(solid_colors(rgb * 0.5 + 0.5, np.full((32, 32), 0.5, np.float32)), rgb, atol=1e-6)
