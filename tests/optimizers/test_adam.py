"""Adam: its steps, its learning rate, its average, and its memory across scales."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from nst_jax.optimizers.adam import USUAL_CONTRAST, Adam
from nst_jax.optimizers.base import DIVERGED
from tests.conftest import picture
from tests.optimizers.optimization import cliff, distance, run


@pytest.fixture
def start():
    return jnp.asarray(picture(0))


@pytest.fixture
def target():
    return jnp.asarray(picture(1))


def total(x):
    return x.sum()


def test_the_steps_are_those_of_optax(start, target):
    solver = optax.adam(0.05, 0.9, 0.99)
    x, state = start, solver.init(start)
    for ours in run(distance, start, Adam(0.05), 8, target):
        np.testing.assert_allclose(ours.image, x, atol=1e-6)
        update, state = solver.update(jax.grad(distance)(x, target), state, x)
        x = jnp.clip(x + update, 0, 1)


def test_steps_do_not_depend_on_the_unit_of_pixels(start, target):
    """With pixels from 0 to 255, learning rate and epsilon are in units of that range."""
    plain = run(distance, start, Adam(0.02, epsilon=1e-3), 5, target)
    wide = run(distance, start, Adam(0.02 * 255, epsilon=1e-3 / 255, pixel_range=255), 5, target)
    np.testing.assert_allclose(wide[-1].image, plain[-1].image, atol=1e-5)


def test_epsilon_before_the_bias_correction_is_that_of_tensorflow(x64):
    """Where epsilon is large, steps are the smaller the less the mean square has grown."""
    start, target = (jnp.asarray(picture(seed), jnp.float64) for seed in (0, 1))
    states = run(distance, start, Adam(0.02, b2=0.999, epsilon=10, epsilon_hat=True), 2, target)
    gradient = 2 * (start - target)
    root = jnp.sqrt(1 - 0.999)
    expected = start - 0.02 * root / (1 - 0.9) * (0.1 * gradient) / (jnp.sqrt(0.001 * gradient**2) + 10)
    np.testing.assert_allclose(states[-1].image, jnp.clip(expected, 0, 1), atol=1e-9)


def test_the_learning_rate_falls_to_zero_along_a_cosine(x64):
    """With a constant gradient, the length of each step is the learning rate."""
    start = jnp.full((2, 2, 3), 0.5, jnp.float64)
    states = run(total, start, Adam(0.01, anneal=8), 10)
    trials = [float(start[0, 0, 0]), *(float(state.trial[0, 0, 0]) for state in states)]
    expected = [0.01 * (1 + np.cos(np.pi * min(step / 8, 1))) / 2 for step in range(10)]
    np.testing.assert_allclose(-np.diff(trials), expected, atol=1e-9)


def test_a_restart_begins_the_annealing_anew_and_keeps_the_moments(x64):
    start, adam = jnp.full((2, 2, 3), 0.5, jnp.float64), Adam(0.01, anneal=8)
    state = run(total, start, adam, 6)[-1]
    restarted = adam.restart(state)
    assert restarted.inner_state.step == 0
    assert state.inner_state.step == restarted.inner_state.moments.count == 6
    np.testing.assert_array_equal(restarted.trial, state.trial)
    assert Adam(carry=True).resize_state(state.inner_state, start).step == 0


def test_a_relative_learning_rate_is_proportional_to_the_contrast_of_the_start(x64):
    start = jnp.asarray(picture(3), jnp.float64)
    for contrast in (1.0, 0.25):
        begun = 0.5 + contrast * (start - 0.5)
        (state,) = run(total, begun, Adam(0.1, relative=True, clipping="end"), 1)
        expected = 0.1 * float(jnp.mean(jnp.std(begun, (0, 1))))
        np.testing.assert_allclose(state.image - state.trial, expected, rtol=1e-6)


def test_an_even_start_has_the_learning_rate_of_most_photographs(x64):
    noise = 1e-5 * jnp.asarray(picture(3), jnp.float64)
    (state,) = run(total, 0.5 + noise, Adam(0.1, relative=True, clipping="end"), 1)
    np.testing.assert_allclose(state.image - state.trial, 0.1 * USUAL_CONTRAST, rtol=1e-6)


def test_the_result_is_the_average_of_the_images(x64):
    start, target = (jnp.asarray(picture(seed), jnp.float64) for seed in (0, 1))
    adam = Adam(0.05, decay=0.9)
    states = run(distance, start, adam, 6, target)
    images = [start, *(state.trial for state in states)]
    weights = 0.9 ** np.arange(len(images))[::-1]
    expected = sum(weight * each for weight, each in zip(weights, images, strict=True)) / weights.sum()
    np.testing.assert_allclose(adam.iterate(states[-1]), expected, atol=1e-9)
    np.testing.assert_array_equal(Adam(0.05).iterate(states[-1]), states[-1].image)


def test_moments_are_carried_over_to_another_size(start, target):
    memory = run(distance, start, Adam(carry=True, decay=0.5), 4, target)[-1].inner_state
    larger = jnp.asarray(picture(2, 64, 48))
    carried = Adam(carry=True, decay=0.5).resize_state(memory, larger)
    assert carried.moments.count == 4
    assert carried.moments.mu.shape == larger.shape
    assert (carried.moments.nu >= 0).all()
    assert carried.moments.nu.mean() == pytest.approx(float(memory.moments.nu.mean()), rel=0.05)
    np.testing.assert_allclose(carried.average, 0.5 * larger)
    assert Adam().resize_state(memory, larger).moments.count == 0


def test_a_diverged_run_keeps_the_last_finite_image():
    states = run(cliff, jnp.full((2, 2, 3), 0.5), Adam(0.09), 8)
    assert states[-1].status == DIVERGED
    assert jnp.isfinite(states[-1].loss)
    assert (states[-1].image <= 0.7).all()
    assert states[-1].loss == cliff(states[-1].image)
