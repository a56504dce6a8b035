"""The total variation in its four norms."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from nst_jax.losses.total_variation import total_variation
from tests.losses.feature_maps import assert_close, feature_maps, values
from tests.losses.gradients import assert_gradient_agrees_with_finite_differences

NORMS = ["l1", "l2", "l2-nine-point", "l2-half-sum"]


@pytest.mark.parametrize("norm", NORMS)
@given(image=feature_maps, shift=values)
def test_total_variation_ignores_added_constants_and_is_zero_on_constant_images(norm, image, shift):
    variation = total_variation(jnp.asarray(image), norm)
    assert variation >= 0
    assert_close(total_variation(jnp.asarray(image + np.float32(shift)), norm), variation)
    assert total_variation(jnp.full_like(image, shift), norm) == 0


NINE_POINT = 2 * (((9 + 16) + (1 + 4)) / 4 / 3 + ((25 + 1 + 4 + 9 + 16) + (4 + 9 + 16 + 1 + 4)) / 9 / 12)


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ("l1", 3.5 + 1.5),
        ("l2", (9 + 16) / 2 + (1 + 4) / 2),
        ("l2-half-sum", (9 + 1) / 2),
        ("l2-nine-point", NINE_POINT),
    ],
)
def test_total_variation_by_hand(norm, expected):
    image = jnp.asarray([[[1.0], [2.0]], [[4.0], [6.0]]])
    assert total_variation(image, norm) == pytest.approx(expected)


@pytest.mark.parametrize("norm", NORMS)
def test_the_gradient_agrees_with_finite_differences(norm, x64):
    assert_gradient_agrees_with_finite_differences(functools.partial(total_variation, norm=norm))
