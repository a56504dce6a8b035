"""Means and standard deviations of channels."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given

from nst_jax.losses.moments import Moments, moments, moments_style_loss
from tests.losses.feature_maps import assert_close, feature_maps


@given(feature_maps)
def test_moments_equal_those_of_numpy(features):
    statistics = moments(jnp.asarray(features))
    assert_close(statistics.mean, features.mean((0, 1), dtype=np.float64))
    assert_close(statistics.std, np.sqrt(features.var((0, 1), dtype=np.float64) + 1e-5), 10)


def test_the_gradient_is_finite_where_features_are_constant():
    flat = jnp.ones((4, 4, 3))
    target = moments(flat * 2)
    gradient = jax.grad(lambda x: moments_style_loss(moments(x), target))(flat)
    assert jnp.isfinite(gradient).all()


def test_moments_style_loss_by_hand():
    one = Moments(jnp.asarray([0.0, 0.0]), jnp.asarray([1.0, 1.0]))
    other = Moments(jnp.asarray([3.0, 1.0]), jnp.asarray([1.0, 3.0]))
    assert moments_style_loss(one, other) == (9 + 1) / 2 + 4 / 2
