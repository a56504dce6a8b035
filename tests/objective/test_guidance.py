"""Guides: region masks at the resolution of layers, and what they do to the gradient."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.vgg import VGG
from nst_jax.objective.guidance import downsample_guides, region_areas
from tests.conftest import picture
from tests.objective.evaluation import RECIPE, masks_of, terms_and_gradient

STYLE_ONLY = dataclasses.replace(RECIPE, content_weight=0.0, tv_weight=0.0)
LEFT = np.zeros((32, 32))
LEFT[:, :16] = 1


def test_guides_are_means_over_blocks_of_pixels_scaled_to_a_mean_of_one():
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


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gram", "mean-std", "wasserstein"])
def test_a_mask_of_ones_is_no_mask(tiny_network, kind):
    recipe, network = dataclasses.replace(RECIPE, style_statistic=kind), VGG.of(tiny_network)
    with_mask = terms_and_gradient(network, recipe, picture(3), masks_of(np.ones((32, 32))))
    without = terms_and_gradient(network, recipe, picture(3))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5), with_mask, without)


def test_the_style_of_a_region_changes_only_pixels_within_reach_of_it(tiny_network):
    """The layers reach 3 pixels at conv2_1, whose squares are 2 wide."""
    _, gradient = terms_and_gradient(VGG.of(tiny_network), STYLE_ONLY, picture(3), masks_of(LEFT))
    assert np.abs(gradient[:, :12]).max() > 0
    np.testing.assert_array_equal(gradient[:, 16 + 4 :], 0)


def test_the_gradient_at_a_pixel_does_not_depend_on_the_size_of_its_region(tiny_network):
    """In an image that repeats itself, a mask of one half leaves the gradient within that half as it is."""
    tiled = np.tile(picture(4, 16, 8), (2, 4, 1))
    whole, half = (
        terms_and_gradient(VGG.of(tiny_network), STYLE_ONLY, tiled, masks)[1] for masks in (None, masks_of(LEFT))
    )
    inner = np.s_[8:24, 6:10]
    assert np.linalg.norm(half[inner] - whole[inner]) < 0.35 * np.linalg.norm(whole[inner])


def test_regions_that_share_every_pixel_in_fixed_parts_are_no_regions(tiny_network):
    """Each of them has the statistics of the whole image, and their coefficients add up, also within Huber's loss."""
    network, whole = VGG.of(tiny_network), np.ones((32, 32))
    without = terms_and_gradient(network, RECIPE, picture(3))
    shared = terms_and_gradient(network, RECIPE, picture(3), masks_of(0.3 * whole, 0.7 * whole))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5), shared, without)
