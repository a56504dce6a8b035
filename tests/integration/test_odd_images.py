"""Images of odd sizes and of one color: results are never black, never speckled, never missing."""

import dataclasses

import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe
from nst_jax.files import bundled_dir
from tests.conftest import picture

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
RECIPE = Recipe(size=32, steps=12, style_layers=LAYERS, style_layer_weights=())
FLAT = {"black": (0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0), "one color": (0.2, 0.5, 0.9)}


def flat(name, height=32, width=32):
    return np.broadcast_to(np.array(FLAT[name], np.float32), (height, width, 3)).copy()


def roughness(image):
    """The mean of how much a pixel differs from the mean of its two neighbors, along both axes."""
    return max(np.abs(np.diff(image, 2, axis=axis)).mean() if image.shape[axis] > 2 else 0.0 for axis in (0, 1))


def check(result, shape, like):
    assert result.picture.shape == (*shape, 3)
    assert np.isfinite(result.picture).all()
    assert np.isfinite(result.losses.total).all()
    assert result.ending is not None
    assert not result.diverged
    # A result keeps within the colors that it was made of, roughly, so it is not black.
    lowest, highest = min(each.mean() for each in like), max(each.mean() for each in like)
    assert lowest - 0.25 <= result.picture.mean() <= highest + 0.25


# Height and width, from a single pixel to 1:8; each shape and optimizer compiles programs of its own.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "optimizer"),
    [
        ((1, 1), "adam"),
        ((9, 70), "adam"),
        ((4, 32), "adam"),
        ((1, 1), "lbfgs"),
        ((1, 40), "lbfgs"),
        ((16, 17), "lbfgs"),
    ],
)
def test_contents_of_any_shape(tiny_network, shape, optimizer):
    content, style = picture(1, *shape), picture(2, 40, 24)
    result = nst_jax.stylize(content, style, RECIPE, network=tiny_network, optimizer=optimizer, size=0)
    check(result, shape, (content, style))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 1), (32, 4), (16, 17)])
def test_styles_of_any_shape(tiny_network, shape):
    content, style = picture(1, 40, 60), picture(2, *shape)
    check(nst_jax.stylize(content, style, RECIPE, network=tiny_network), (21, 32), (content, style))


@pytest.mark.slow
@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize(
    ("optimizer", "strength"),
    [("adam", None), ("lbfgs", 0.5), ("lbfgs", None)],
)
def test_images_of_one_color(tiny_network, name, optimizer, strength):
    recipe = dataclasses.replace(RECIPE, optimizer=optimizer, style_strength=strength, steps=40)
    rough = picture(3)
    for content, style in ((flat(name), rough), (rough, flat(name)), (flat(name), flat("one color"))):
        check(nst_jax.stylize(content, style, recipe, network=tiny_network), (32, 32), (content, style))


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_trained_network_makes_no_speckles(optimizer):
    """With random filters, speckles are to be expected."""
    network, swirls = (
        nst_jax.load_network("embedded"),
        nst_jax.images.read(bundled_dir("examples") / "night-swirls.jpg").rgb,
    )
    recipe = dataclasses.replace(RECIPE, size=48, steps=30, optimizer=optimizer)
    for content, style in ((flat("white"), swirls), (swirls, flat("one color"))):
        result = nst_jax.stylize(content, style, recipe, network=network)
        rough = max(roughness(nst_jax.images.shrink(each, 48)) for each in (content, style))
        assert roughness(result.picture) < rough + 0.05


@pytest.mark.slow
@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "lbfgs-fixed"])
@pytest.mark.parametrize(("statistic", "tolerance"), [("gram", 1e-5), ("wasserstein", 0.1)])
def test_an_image_of_one_color_in_its_own_style_is_hardly_changed(tiny_network, name, optimizer, statistic, tolerance):
    """The Wasserstein distance of equal statistics has a small gradient, because its roots have not converged."""
    changes = {"optimizer": optimizer, "style_statistic": statistic}
    result = nst_jax.stylize(flat(name), flat(name), RECIPE, network=tiny_network, **changes)
    np.testing.assert_allclose(result.picture, flat(name), atol=tolerance)


@pytest.mark.slow
def test_a_small_image_with_transparency_a_mask_and_its_own_colors(tiny_network):
    content = np.dstack([picture(1, 6, 50), np.linspace(0, 1, 300, dtype=np.float32).reshape(6, 50)])
    mask = np.zeros((6, 50, 3), np.float32)
    mask[:, :25] = 1
    result = nst_jax.stylize(
        content, picture(2), RECIPE, network=tiny_network, size=0, content_mask=mask, color="luminance"
    )
    over_white = content[..., :3] * content[..., 3:] + 1 - content[..., 3:]
    assert result.picture.shape == (6, 50, 3)
    np.testing.assert_allclose(result.alpha, content[..., 3], atol=1e-6)
    shown = nst_jax.images.on_white(result.picture, result.alpha)
    # A pixel of less than 1.5/255 has no color of its own.
    np.testing.assert_allclose(shown[:, 25:], over_white[:, 25:], atol=0.006)


@pytest.mark.slow
def test_a_small_image_is_stylized_as_the_one_padded_by_reflection(tiny_network):
    small = picture(1, 8, 32)
    filled = np.concatenate([small, small[::-1]])
    one, other = (nst_jax.stylize(each, picture(2), RECIPE, network=tiny_network) for each in (small, filled))
    np.testing.assert_array_equal(one.picture, other.picture[:8])


@pytest.mark.slow
def test_the_result_can_have_the_original_size(tiny_network):
    content = np.dstack([picture(1, 40, 60), np.full((40, 60), 0.5, np.float32)])
    small = nst_jax.stylize(content, picture(2), RECIPE, network=tiny_network)
    large = nst_jax.stylize(content, picture(2), RECIPE, network=tiny_network, upscale_to_original=True)
    assert large.picture.shape == (40, 60, 3)
    assert large.alpha.shape == (40, 60)
    np.testing.assert_array_equal(large.picture, nst_jax.images.resize(small.picture, 40, 60))
