"""Masks from pictures to regions, and regions to layers."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.images.masks import WHITE, extract_regions, regions
from nst_jax.losses.statistics import style_statistics
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.guidance import downsample_guides, region_areas
from nst_jax.objective.objective import Masks, Objective, evaluate
from nst_jax.objective.targets import make_targets
from tests.conftest import picture

RECIPE = Recipe(size=32, steps=6, content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"))
RED, BLUE = (255, 0, 0), (0, 0, 255)
CONTENT, STYLE = picture(1), picture(2, 40, 24)
KINDS = ["gram", "mean-std", "wasserstein"]


def painted(*areas_of, shape=(32, 32)):
    """A mask picture: black, and in each (rows, columns) a color."""
    values = np.zeros((*shape, 3), np.uint8)
    for rows, columns, color in areas_of:
        values[rows, columns] = color
    return images.read(values)


LEFT, RIGHT, ALL = np.s_[:, :16], np.s_[:, 16:], np.s_[:, :]
HALF = painted((*LEFT, WHITE))


def test_soft_greys_are_one_region():
    ramp = np.linspace(0, 1, 32, dtype=np.float32)
    found = extract_regions(images.read(np.tile(ramp, (32, 1))))
    assert list(found) == [WHITE]
    np.testing.assert_allclose(found[WHITE], np.tile(ramp, (32, 1)), atol=1e-6)


def test_flat_colors_are_regions_from_dark_to_bright_and_black_is_none():
    found = extract_regions(
        painted((np.s_[:10], np.s_[:], WHITE), (np.s_[10:20], np.s_[:], RED), (np.s_[20:25], np.s_[:], BLUE))
    )
    assert list(found) == [BLUE, RED, WHITE]
    np.testing.assert_array_equal(sum(found.values())[:, 0], [1] * 25 + [0] * 7)
    few_greys = extract_regions(painted((*LEFT, (1, 1, 1)), (*RIGHT, (90, 90, 90))))
    assert list(few_greys) == [(90, 90, 90)]


def test_smooth_edges_go_to_the_nearer_color():
    values = np.zeros((64, 512, 3), np.float32)
    values[:, :256, 0] = 1
    values[:, 256:, 2] = 1
    values[:, 255] = [0.6, 0, 0.4]
    found = extract_regions(images.read(values))
    assert list(found) == [BLUE, RED]
    assert found[RED][:, :256].all()


@pytest.mark.parametrize(
    ("mask", "message"),
    [(painted(), "black all over"), (images.read(picture(0)), "more than 8 colors")],
)
def test_what_is_no_mask_is_said(mask, message):
    with pytest.raises(InputError, match=message):
        extract_regions(mask)


def of(content_mask, *style_masks, styles=1, **changes):
    recipe = dataclasses.replace(RECIPE, **changes)
    pictures = [images.read(STYLE)] * styles
    return regions(images.read(CONTENT), pictures, content_mask, style_masks, recipe)


def test_regions_of_one_color_go_together():
    both = painted((*LEFT, RED), (*RIGHT, BLUE))
    other = painted((np.s_[:20], np.s_[:], BLUE), (np.s_[20:], np.s_[:], RED), shape=(40, 24))
    found = of(both, other)
    np.testing.assert_array_equal(found.content[0], extract_regions(both)[BLUE])
    np.testing.assert_array_equal(found.styles[0][0], extract_regions(other)[BLUE])
    assert found.shares is None
    np.testing.assert_array_equal(found.coverage, 1)
    # One region on each side: whatever their colors.
    np.testing.assert_array_equal(of(HALF, painted((*ALL, RED), shape=(40, 24))).styles[0], np.ones((1, 40, 24)))
    assert of(None) is None


def test_several_styles_take_a_region_each():
    both = painted((*LEFT, RED), (*RIGHT, BLUE))
    found = of(both, styles=2)
    np.testing.assert_array_equal(found.shares, np.eye(2))
    mixed = of(HALF, styles=2, style_blend=(1.0, 2.0))
    assert mixed.shares is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((painted((*ALL, WHITE), shape=(32, 16)),), "has 16x32 pixels, but its picture array 32x32"),
        ((HALF, HALF, HALF), "There are 1 styles but 2 style masks"),
        (
            (painted((*LEFT, RED), (*RIGHT, BLUE)), painted((*ALL, RED), shape=(40, 24))),
            r"no region of .* \(0, 0, 255\)",
        ),
    ],
)
def test_what_does_not_go_together_is_said(arguments, message):
    with pytest.raises(InputError, match=message):
        of(*arguments)


def test_regions_and_styles_must_be_as_many():
    with pytest.raises(InputError, match="has 1 regions besides black, but there are 2 styles"):
        of(HALF, styles=2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_guided_statistic_is_that_of_the_part(kind):
    features = jax.random.normal(jax.random.key(0), (6, 8, 5))
    region = jnp.zeros((1, 6, 8)).at[:, :, :4].set(1)
    guide = downsample_guides(region, ["relu1_1"])["relu1_1"][0]
    found = style_statistics(features, kind, "hw", guide)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=2e-6), found, style_statistics(features[:, :4], kind, "hw")
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normalization", ["none", "hw", "chw"])
def test_a_guide_of_ones_is_none(kind, normalization):
    features = jax.random.normal(jax.random.key(1), (6, 8, 5))
    found = style_statistics(features, kind, normalization, jnp.ones((6, 8)))
    expected = style_statistics(features, kind, normalization)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), found, expected)


def test_guides_are_means_over_strides_with_a_mean_of_one():
    soft = jax.random.uniform(jax.random.key(2), (2, 33, 19))
    guides = downsample_guides(soft, ["relu1_1", "relu3_2", "pool3"])
    assert {name: guide.shape for name, guide in guides.items()} == {
        "relu1_1": (2, 33, 19),
        "relu3_2": (2, 8, 4),
        "pool3": (2, 4, 2),
    }
    for guide in guides.values():
        np.testing.assert_allclose(guide.mean((1, 2)), 1, rtol=1e-5)
    corner = soft[:, :4, :4].mean((1, 2)) / soft[:, :32, :16].mean((1, 2))
    np.testing.assert_allclose(guides["relu3_2"][:, 0, 0], corner, rtol=1e-5)
    np.testing.assert_array_equal(downsample_guides(jnp.zeros((1, 8, 8)), ["relu2_1"])["relu2_1"], 0)
    np.testing.assert_allclose(region_areas(soft), soft.mean((1, 2)), rtol=1e-6)


def masks_of(*planes, shares=None):
    content = jnp.stack([jnp.asarray(plane, jnp.float32) for plane in planes])
    return Masks(content, (jnp.ones((len(planes), *STYLE.shape[:2])),), shares)


def loss_and_gradient(network, recipe, masks, image):
    targets = make_targets(network, jnp.asarray(CONTENT), jnp.asarray(STYLE), recipe, masks)
    evaluation = jax.jit(jax.value_and_grad(evaluate, has_aux=True), static_argnums=3)
    (_, terms), gradient = evaluation(jnp.asarray(image), network, targets, Objective.of(recipe))
    return terms, gradient


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_of_ones_is_no_mask(tiny_network, kind):
    recipe, network = dataclasses.replace(RECIPE, style_statistic=kind), VGG19(tiny_network)
    with_mask = loss_and_gradient(network, recipe, masks_of(np.ones((32, 32))), picture(3))
    without = loss_and_gradient(network, recipe, None, picture(3))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5), with_mask, without)


def test_the_style_of_a_region_pulls_at_the_region_alone(tiny_network):
    """But for the reach of the layers: 3 pixels at conv2_1, whose squares are 2 wide."""
    recipe = dataclasses.replace(RECIPE, content_weight=0.0, tv_weight=0.0)
    left = np.zeros((32, 32))
    left[:, :16] = 1
    _, gradient = loss_and_gradient(VGG19(tiny_network), recipe, masks_of(left), picture(3))
    assert np.abs(gradient[:, :12]).max() > 0
    np.testing.assert_array_equal(gradient[:, 16 + 4 :], 0)


def test_each_pixel_is_held_alike_whatever_the_region(tiny_network):
    """Of a picture that repeats itself, half of it is pulled at as if there were no mask."""
    recipe, network = dataclasses.replace(RECIPE, content_weight=0.0, tv_weight=0.0), VGG19(tiny_network)
    tiled = np.tile(picture(4, 16, 8), (2, 4, 1))
    left = np.zeros((32, 32))
    left[:, :16] = 1
    whole, half = (loss_and_gradient(network, recipe, masks, tiled)[1] for masks in (None, masks_of(left)))
    inner = np.s_[8:24, 6:10]
    assert np.linalg.norm(half[inner] - whole[inner]) < 0.35 * np.linalg.norm(whole[inner])


def test_where_there_is_no_region_the_photograph_stays(tiny_network):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, content_mask=HALF)
    np.testing.assert_allclose(result.picture[RIGHT], CONTENT[RIGHT], atol=1e-6)
    assert np.abs(result.picture[LEFT] - CONTENT[LEFT]).mean() > 0.01
    assert [mask["name"] for mask in result.provenance["masks"]] == ["array"]
    plain = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network)
    ones = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, content_mask=painted((*ALL, WHITE)))
    np.testing.assert_allclose(ones.picture, plain.picture, atol=2e-3)


def test_each_region_has_the_style_it_was_given(tiny_network):
    """Two plain styles, of which each colors its own half; swapped, the colors are."""
    dark, bright = np.full((32, 32, 3), 0.1, np.float32), np.full((32, 32, 3), 0.9, np.float32)
    mask = painted((*LEFT, BLUE), (*RIGHT, RED))
    # Plain pictures are where Huber's loss is slow: the bright side, which lacks all activation, waits for the squares.
    recipe = dataclasses.replace(RECIPE, content_weight=0.01, steps=200)
    gray = np.full((32, 32, 3), 0.5, np.float32)
    for styles, signs in (((dark, bright), (-1, 1)), ((bright, dark), (1, -1))):
        made = nst_jax.stylize(gray, styles, recipe, network=tiny_network, content_mask=mask).picture
        for side, sign in zip((np.s_[:, :12], np.s_[:, 20:]), signs, strict=True):
            assert sign * (made[side].mean() - 0.5) > 0.05


def test_masks_follow_the_crop_of_the_style(tiny_network):
    mask = painted((*LEFT, WHITE))
    whole = nst_jax.stylize(CONTENT, CONTENT[:, :16], RECIPE, network=tiny_network, steps=2).losses.style
    masked = nst_jax.stylize(
        CONTENT, CONTENT, RECIPE, network=tiny_network, steps=2, style_masks=[mask], style_crop="0,0,16,32"
    )
    np.testing.assert_allclose(masked.losses.style, whole, rtol=1e-4)
