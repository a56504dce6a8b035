"""The content loss: a mean squared difference."""

import jax.numpy as jnp
import numpy as np
from hypothesis import assume, given

from nst_jax.losses.content import content_loss
from tests.losses.feature_maps import assert_close, pairs


@given(pairs)
def test_content_loss_is_the_mean_squared_difference_and_zero_only_at_equality(features):
    one, other = features
    assert content_loss(jnp.asarray(one), jnp.asarray(one)) == 0
    assume(np.abs(one - other).max() > 1e-3)
    loss = content_loss(jnp.asarray(one), jnp.asarray(other))
    assert loss > 0
    assert_close(loss, np.mean((one.astype(np.float64) - other) ** 2))
