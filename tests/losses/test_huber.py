"""Huber's loss: the square of small distances, a line for large ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.losses.huber import huber

distances, thresholds = st.floats(0, 1e6), st.floats(1e-3, 1e3)


@jax.jit
def loss_and_slope(distance, threshold):
    """Return the loss of a distance, and its derivative with respect to the distance."""
    return jax.value_and_grad(lambda d: huber(d**2, threshold**-2))(distance)


@given(distances, thresholds)
def test_huber_is_the_square_up_to_its_threshold_and_a_line_beyond(distance, threshold):
    expected = distance**2 if distance <= threshold else 2 * threshold * distance - threshold**2
    loss, slope = loss_and_slope(distance, threshold)
    assert loss == pytest.approx(expected, rel=1e-4)
    assert slope == pytest.approx(2 * min(distance, threshold), rel=1e-4)


@given(distances, thresholds, thresholds)
def test_the_slope_of_huber_is_bounded_by_its_threshold_and_grows_with_it(distance, one, other):
    lower, upper = sorted((one, other))
    (small, slope), (large, larger_slope) = (loss_and_slope(distance, threshold) for threshold in (lower, upper))
    assert 0 <= slope <= 2 * lower * (1 + 1e-5)
    assert slope <= larger_slope * (1 + 1e-5)
    assert small <= large * (1 + 1e-5)


@given(st.just(0.0) | st.floats(1e-30, 1e30))
def test_without_a_curvature_huber_changes_nothing(squared):
    loss, slope = jax.value_and_grad(huber)(jnp.asarray(squared), jnp.zeros(()))
    assert (loss, slope) == (np.float32(squared), 1)
