"""The distances of two pictures: laws, on a tiny network and a random encoder."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.grading import appearance as appearances
from nst_jax.grading.appearance import Texture, code, features, visible_side
from nst_jax.grading.autoencoder import random_parameters
from nst_jax.grading.distances import Distances, _texture_distance, code_distances, feature_distances
from nst_jax.losses import Gaussian, gaussian, wasserstein_loss
from nst_jax.losses.wasserstein import gaussian_target
from nst_jax.networks.vgg import VGG
from tests.conftest import picture


@pytest.fixture
def measure(tiny_network, monkeypatch):
    """A function of two pictures, which sees them with 48 pixels."""
    monkeypatch.setattr(appearances, "SIDE", 48)
    network, encoder = VGG.of(tiny_network, padding="edges"), random_parameters(0)["encoder"]

    def run(first, second) -> Distances:
        side = visible_side(first, second)
        seen = [features(each, side, network) for each in (first, second)]
        codes = [code(each, side, encoder) for each in (first, second)]
        return Distances(**feature_distances(*seen), **code_distances(*codes))

    return run


def test_equal_pictures_have_no_distance(measure):
    for each in (picture(1, 60, 80), np.ones((60, 80, 3), np.float32), np.zeros((200, 20, 3), np.float32)):
        assert dataclasses.astuple(measure(each, each)) == pytest.approx((0, 0, 0, 0), abs=1e-5)


def test_distances_are_symmetric(measure):
    one, other = picture(1, 60, 80), picture(2, 90, 50)
    there, back = measure(one, other), measure(other, one)
    assert dataclasses.astuple(there) == pytest.approx(dataclasses.astuple(back), rel=1e-6)
    assert min(dataclasses.astuple(there)) > 0.05


def test_a_blank_page_is_far_from_a_picture(measure):
    found = measure(picture(1, 60, 80), np.ones((60, 80, 3), np.float32))
    assert found.content == pytest.approx(1, abs=0.01)


def test_a_pattern_that_goes_on_has_one_style_at_any_length(measure):
    """Long pictures are looked at square by square, and are not squeezed for it."""
    tile = picture(5, 48, 48)
    assert measure(tile, np.concatenate([tile] * 3, 1)).style == pytest.approx(0, abs=1e-4)
    assert measure(tile, np.concatenate([tile] * 3, 0)).style == pytest.approx(0, abs=1e-4)


def test_small_pictures_are_compared_at_their_own_size(measure):
    """Else the larger one would be told from its own copy by its detail."""
    large = picture(1, 192, 192)
    small = appearances.images.resize(large, 24, 24)
    assert max(dataclasses.astuple(measure(large, small))) < 0.02


@pytest.mark.parametrize("shape", [(15, 300), (300, 15), (1, 1)])
def test_pictures_that_are_too_small_are_refused(shape, measure):
    with pytest.raises(InputError, match="less than 16 pixels on a side is too small to be graded; give a larger one"):
        measure(picture(1, 60, 80), np.ones((*shape, 3), np.float32))


@pytest.mark.slow
def test_the_texture_distance_is_that_of_the_losses():
    one, other = (gaussian(jnp.asarray(picture(seed, 40, 40))) for seed in (1, 2))

    def texture(statistics: Gaussian) -> Texture:
        return appearances._texture(*statistics)

    def power(statistics: Gaussian) -> float:
        return float(statistics.mean @ statistics.mean + jnp.trace(statistics.covariance))

    expected = wasserstein_loss(one, gaussian_target(other)) * 3 / (power(one) + power(other))
    assert _texture_distance(texture(one), texture(other)) ** 2 == pytest.approx(float(expected), rel=1e-3)
