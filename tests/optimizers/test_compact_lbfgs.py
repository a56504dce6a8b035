"""The direction of L-BFGS by matrix products, compared with the two loops of optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from nst_jax.optimizers.compact_lbfgs import reset_history, scale_by_compact_lbfgs

SHAPE = (4, 5, 3)
SCALES = jnp.linspace(0.1, 30, 60).reshape(SHAPE)


def gradient_of(x):
    """Return the gradient of a quadratic plus a fourth power, so that the curvature changes on the way."""
    return SCALES.astype(x.dtype) * x + x**3


def steps(size, count, update, dtype=jnp.float64):
    """Return the directions along a descent with short steps, as `update(gradient, x)` computes them."""
    x, directions = jax.random.normal(jax.random.key(size), SHAPE, dtype), []
    for _ in range(count):
        directions.append(update(gradient_of(x), x))
        x = x - 0.7 * directions[-1]
    return jnp.stack(directions)


def by_optax(size):
    """Return an update by optax's transformation, which derives its pairs from consecutive images."""
    transform = optax.scale_by_lbfgs(size)
    call = jax.jit(transform.update)
    state = None

    def update(gradient, x):
        nonlocal state
        scaled, state = call(gradient, transform.init(x) if state is None else state, x)
        return scaled

    return update


def by_ours(size, interrupted=False):
    """Return an update by ours; `interrupted` calls it again each time with a pair that is not good."""
    transform = scale_by_compact_lbfgs(size)
    state = last = before = None
    call = jax.jit(transform.update)

    def update(gradient, x):
        nonlocal state, last, before
        if state is None:
            state, last, before = transform.init(x), x, gradient
        move, change = x - last, gradient - before
        scaled, state = call(gradient, state, move=move, change=change, good=jnp.vdot(move, change) > 0)
        if interrupted:
            nothing = jnp.full_like(x, jnp.nan)
            again, state = call(gradient, state, move=nothing, change=nothing, good=jnp.asarray(False))
            np.testing.assert_array_equal(again, scaled)
        last, before = x, gradient
        return scaled

    return update


@pytest.mark.parametrize("size", [1, 2, 7, 30])
def test_directions_are_those_of_optax_while_the_history_fills_and_when_it_is_full(size, x64):
    expected = steps(size, 20, by_optax(size))
    assert jnp.linalg.norm(expected[-1]) < jnp.linalg.norm(expected[0])
    np.testing.assert_allclose(steps(size, 20, by_ours(size)), expected, rtol=1e-7, atol=1e-10)


@pytest.mark.slow
def test_rounding_errors_are_no_larger_than_those_of_the_two_loops(x64):
    exact = steps(10, 12, by_optax(10))
    ours, optaxs = (jnp.abs(steps(10, 12, by(10), jnp.float32) - exact).max() for by in (by_ours, by_optax))
    assert ours < max(2 * optaxs, 1e-5)


def test_pairs_that_are_not_good_are_not_recorded(x64):
    np.testing.assert_array_equal(steps(3, 12, by_ours(3, interrupted=True)), steps(3, 12, by_ours(3)))


def test_after_a_reset_the_direction_is_that_of_an_empty_history(x64):
    transform = scale_by_compact_lbfgs(3)
    normal = iter(jax.random.normal(jax.random.key(0), (12, *SHAPE)))
    update = jax.jit(transform.update)
    state = transform.init(next(normal))
    for _ in range(4):
        move = next(normal)
        _, state = update(next(normal), state, move=move, change=2 * move, good=jnp.asarray(True))
    gradient, move, change = next(normal), next(normal), next(normal)
    for good in (False, True):
        pair = {"move": move, "change": change, "good": jnp.asarray(good)}
        fresh, _ = update(gradient, transform.init(gradient), **pair)
        np.testing.assert_allclose(update(gradient, reset_history(state), **pair)[0], fresh, atol=1e-13)
        assert jnp.linalg.norm(fresh) <= 1 + 1e-9 or good


def test_a_batch_equals_a_loop(x64):
    transform = scale_by_compact_lbfgs(4)
    normal = jax.random.normal(jax.random.key(1), (2, 6, *SHAPE))

    @jax.jit
    def run(moves):
        def update(state, move):
            pair = {"move": move, "change": gradient_of(move), "good": move.sum() > 0}
            scaled, state = transform.update(move + 1, state, **pair)
            return state, scaled

        return jax.lax.scan(update, transform.init(moves[0]), moves)[1]

    np.testing.assert_allclose(jax.jit(jax.vmap(run))(normal), jnp.stack([run(moves) for moves in normal]), rtol=1e-10)
