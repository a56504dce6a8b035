"""Laws that hold for all optimizers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.optimizers.adam import Adam
from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, initial_state, take_step
from nst_jax.optimizers.lbfgs import LBFGS
from nst_jax.optimizers.torch_lbfgs import TorchLBFGS
from tests.conftest import picture
from tests.optimizers.optimization import cliff, evaluation_of, run


def far_square(x):
    """Have the minimum at -1, outside of the range of pixels."""
    return jnp.sum((x + 1) ** 2)


def constant(x):
    return 0 * x.sum() + 3.0


def undefined(x):
    return jnp.log(-x.sum())


@pytest.mark.parametrize("optimizer", [LBFGS(), Adam()])
def test_a_minimum_on_the_border_is_found(optimizer, x64):
    start = jnp.full((2, 2, 3), 0.5)
    final = run(far_square, start, optimizer, 60)[-1]
    np.testing.assert_allclose(final.image, 0, atol=1e-9)


@pytest.mark.parametrize("optimizer", [LBFGS(), Adam()])
def test_a_zero_gradient_changes_nothing(optimizer):
    start = jnp.asarray(picture(0))
    final = run(constant, start, optimizer, 3)[-1]
    np.testing.assert_array_equal(final.image, start)
    assert final.loss == 3
    assert final.status == (CONVERGED if isinstance(optimizer, LBFGS) else RUNNING)


@pytest.mark.parametrize("optimizer", [LBFGS(), Adam()])
def test_a_first_loss_that_is_not_finite_ends_the_run_at_the_start(optimizer):
    start = jnp.asarray(picture(0))
    final = run(undefined, start, optimizer, 2)[-1]
    assert final.status == DIVERGED
    np.testing.assert_array_equal(final.image, start)


def scaled_bowl(x, scale):
    curvature = jnp.logspace(1, 2, x.size).reshape(x.shape)
    return scale * (jnp.sum(curvature * (x - 0.6) ** 2) + jnp.sum((x - 0.6) ** 4))


@pytest.mark.parametrize(
    "optimizer", [LBFGS(), LBFGS(exponent=0.5, opponent=True), TorchLBFGS(), Adam(epsilon=0.0)], ids=repr
)
def test_a_factor_of_the_loss_does_not_change_the_images(optimizer, x64):
    """Powers of two make no rounding errors. The gradient is long enough that L-BFGS shortens its first step."""
    start = jnp.asarray(np.random.default_rng(1).uniform(0.1, 0.4, (2, 2, 3)))
    expected = run(scaled_bowl, start, optimizer, 12, 1.0)
    assert expected[-1].loss < expected[0].loss
    for scale in (4.0, 1024.0):
        for state, plain in zip(run(scaled_bowl, start, optimizer, 12, scale), expected, strict=True):
            np.testing.assert_array_equal(state.image, plain.image)
            assert state.loss == scale * plain.loss


@pytest.mark.parametrize("optimizer", [pytest.param(LBFGS(), marks=pytest.mark.slow), Adam()])
def test_examples_of_a_batch_equal_single_runs(optimizer, x64):
    """One example steps over the cliff, one starts beyond it."""
    starts = jnp.stack([jnp.full((2, 2, 3), 0.3), jnp.full((2, 2, 3), 0.69), jnp.full((2, 2, 3), 0.9)])
    evaluation = evaluation_of(cliff)
    batched = jax.jit(jax.vmap(lambda state: take_step(state, evaluation(state.trial), optimizer)))
    states = jax.jit(jax.vmap(lambda start: initial_state(start, optimizer, evaluation(start).aux)))(starts)
    for _ in range(9):
        states = batched(states)
    for index, start in enumerate(starts):
        single = run(cliff, start, optimizer, 9)[-1]
        np.testing.assert_allclose(states.image[index], single.image, atol=1e-12)
        assert states.status[index] == single.status
