"""L-BFGS with a line search: against other implementations, at borders, and on functions that misbehave."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.optimize

from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.optimizers.base import RUNNING, STALLED, take_step
from nst_jax.optimizers.lbfgs import LBFGS, MAX_REFUSALS
from nst_jax.optimizers.spectral import precondition
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture
from tests.optimizers.optimization import cliff, evaluation_of, run

RECIPE = Recipe(content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"), style_weight=10, tv_weight=0.1)


def rosenbrock(x):
    """Have the minimum at 0.6 everywhere, well inside the range of pixels."""
    x = x.ravel() / 0.6
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def ill_conditioned(x):
    return jnp.sum(jnp.logspace(0, 4, x.size) * (x.ravel() - 0.5) ** 2)


PROBLEMS = {"rosenbrock": (rosenbrock, 12), "ill-conditioned quadratic": (ill_conditioned, 48)}


def start_of(size, seed=1):
    return jnp.asarray(np.random.default_rng(seed).uniform(0.2, 0.8, (size // 12, 4, 3)))


@jax.jit(static_argnames="function")
def value_and_gradient(function, x, *parameters):
    return jax.value_and_grad(function)(x, *parameters)


def losses_by_scipy(function, start, *parameters, bounds=None):
    """Return the lowest loss after each evaluation of SciPy's L-BFGS-B."""
    losses: list[float] = []

    def counted(x):
        loss, gradient = value_and_gradient(function, jnp.asarray(x).reshape(start.shape), *parameters)
        losses.append(float(loss))
        return float(loss), np.asarray(gradient).ravel()

    options = {"maxcor": 10, "maxfun": 150, "maxiter": 150, "ftol": 0, "gtol": 0}
    scipy.optimize.minimize(
        counted, np.asarray(start).ravel(), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return np.minimum.accumulate(losses)


@jax.jit(static_argnames="function")
def step_of_optax(function, x, state):
    value, gradient = optax.value_and_grad_from_state(function)(x, state=state)
    update, state = optax.lbfgs().update(gradient, state, x, value=value, grad=gradient, value_fn=function)
    return optax.apply_updates(x, update), state


def losses_by_optax(function, start):
    """Return the lowest loss after each evaluation of `optax.lbfgs` with its own line search."""
    x, state, losses = start, optax.lbfgs().init(start), [float(function(start))]
    while len(losses) < 150:
        x, state = step_of_optax(function, x, state)
        trials = int(optax.tree.get(state, "num_linesearch_steps"))
        losses += [losses[-1]] * (trials - 1) + [float(optax.tree.get(state, "value"))]
    return np.minimum.accumulate(losses)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("other", [losses_by_scipy, losses_by_optax])
@pytest.mark.parametrize("seed", [1, 2])
def test_it_needs_no_more_evaluations_than_other_implementations(name, other, seed, x64):
    function, size = PROBLEMS[name]
    start = start_of(size, seed)
    ours = np.array([state.loss for state in run(function, start, LBFGS(), 154)])
    theirs = other(function, start)
    # Before 40 evaluations, in the bend of Rosenbrock's valley, the order changes from start to start.
    for count in range(40, 141, 20):
        lowest = theirs[min(count, len(theirs)) - 1]
        assert ours[round(1.1 * count) - 1] <= max(lowest, 1e-15), count


@pytest.mark.slow
@pytest.mark.parametrize("statistic", ["gram", "wasserstein"])
def test_on_objectives_of_images_its_losses_are_mostly_below_those_of_scipy(statistic, tiny_network, x64):
    # Maxima would make the path depend on rounding errors.
    network = VGG.of(tiny_network, dtype=jnp.float64, pooling="avg")
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    ratios = []
    for first in (1, 11, 21):
        content, style, start = (jnp.asarray(picture(first + other), jnp.float64) for other in range(3))
        targets = make_targets(network, content, style, recipe)

        def objective(x, targets=targets):
            return evaluate(x, network, targets, Objective.of(recipe))[0]

        ours = [state.loss for state in run(objective, start, LBFGS(), 66)]
        theirs = losses_by_scipy(objective, start, bounds=[(0, 1)] * start.size)
        ratios.append([ours[round(1.1 * count) - 1] / theirs[count - 1] for count in (20, 40, 60)])
    # The two take different paths, which end in different valleys: for a single pair either may be ahead by a little.
    assert np.all(np.median(ratios, 0) <= 1)
    assert np.max(ratios) <= 1.05


def test_one_step_is_one_evaluation(x64):
    calls = []

    def counted(x):
        jax.debug.callback(lambda: calls.append(1))
        return rosenbrock(x)

    run(counted, start_of(12), LBFGS(), 40)
    jax.effects_barrier()
    assert len(calls) == 40


def quadratic(x, matrix, minimum):
    offset = x.ravel() - minimum
    return offset @ matrix @ offset / 2


@pytest.mark.parametrize("exponent", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_it_converges_at_borders_that_deflect_its_direction(exponent, seed, x64):
    """The axes of the quadratic are oblique and its minimum is out of range, so a clipped direction may lead uphill."""
    random = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(random.normal(size=(48, 48)))
    matrix = jnp.asarray((axes * np.logspace(0, 3, 48)) @ axes.T)
    minimum = jnp.asarray(random.uniform(-1, 2, 48))
    final = run(quadratic, start_of(48, seed), LBFGS(exponent=exponent), 400, matrix, minimum)[-1]
    _, slope = value_and_gradient(quadratic, final.image, matrix, minimum)
    at_border = (final.image == 0) & (slope > 0) | (final.image == 1) & (slope < 0)
    assert at_border.sum() > 5
    assert jnp.abs(jnp.where(at_border, 0, slope)).max() < 1e-3


def shifted_bowl(x, middle, constant):
    return jnp.sum((x - middle) ** 2) + constant


def test_after_a_restart_it_continues_with_another_objective_and_its_history(x64):
    """Even if it has converged or stalled with the first objective, and the second has higher losses."""
    state = run(shifted_bowl, start_of(12), LBFGS(), 20, 0.3, 0.0)[-1]
    restarted = LBFGS().restart(state._replace(status=jnp.asarray(STALLED)))
    evaluation = evaluation_of(shifted_bowl, 0.6, 5.0)
    step = jax.jit(lambda state: take_step(state, evaluation(state.trial), LBFGS()))
    once = step(restarted)
    assert once.status == RUNNING
    assert once.loss == pytest.approx(5 + 12 * 0.09, rel=1e-3)
    np.testing.assert_array_equal(once.image, state.image)
    assert once.inner_state.history.recorded == state.inner_state.history.recorded
    for _ in range(5):
        once = step(once)
    np.testing.assert_allclose(once.image, 0.6, atol=1e-3)


def test_accepted_losses_never_rise(x64):
    losses = np.array([state.loss for state in run(rosenbrock, start_of(12), LBFGS(), 60)])
    assert (np.diff(losses) <= 0).all()


def wavy(x):
    return jnp.sum(jnp.cos(9 * x) + 2 * (x - 0.4) ** 2)


def test_negative_curvature_leaves_the_direction_downhill(x64):
    """Where the function is concave, s'y < 0; the approximation of the Hessian must stay positive definite."""
    states = run(wavy, start_of(24), LBFGS(), 60)
    for before, after in itertools.pairwise(states):
        if after.inner_state.refusals == 0 and after.status == RUNNING:
            assert jnp.vdot(after.inner_state.direction, after.inner_state.gradient) < 0
        assert after.loss <= before.loss
    final = states[-1].image
    slope = jax.grad(wavy)(final)
    at_rest = (jnp.abs(slope) < 1e-4) | ((final == 0) & (slope > 0)) | ((final == 1) & (slope < 0))
    assert at_rest.all()


def test_it_steps_back_from_values_that_are_not_finite():
    states = run(cliff, jnp.full((2, 2, 3), 0.5), LBFGS(), 30)
    assert all(jnp.isfinite(state.loss) for state in states)
    np.testing.assert_allclose(states[-1].image, 0.7, atol=0.02)


def test_it_stalls_where_no_step_decreases_the_loss():
    """The gradient points the wrong way, so that no step along it is accepted, with or without history."""

    @jax.custom_vjp
    def wrong_gradient(x):
        return jnp.sum(x)

    wrong_gradient.defvjp(lambda x: (jnp.sum(x), x), lambda x, cotangent: (-cotangent * jnp.ones_like(x),))
    states = run(wrong_gradient, jnp.full((2, 2, 3), 0.5), LBFGS(), 2 * MAX_REFUSALS + 3)
    assert [int(state.status) for state in states[-3:]] == [STALLED] * 3
    np.testing.assert_array_equal(states[-1].image, 0.5)


def smooth_quadratic(x):
    """Have the minimum at 0.5, with strong curvature along fine structure and weak curvature along coarse structure."""
    return 0.5 * jnp.vdot(x - 0.5, precondition(x - 0.5, -1.5))


def random_image(seed: int, side: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(side, side, 3)), jnp.float32).astype(jnp.float64)


@pytest.mark.slow
def test_with_a_preconditioner_it_is_plain_lbfgs_of_preconditioned_images(x64):
    """Where each step is taken whole and no pixel is clipped, it is optax on z with x = P z, step by step."""
    exponent = 0.5
    start = 0.5 + 0.01 * random_image(3, 8)
    solver = optax.lbfgs(linesearch=None)
    z, images = precondition(start, -exponent), []
    memory = solver.init(z)
    gradient = jax.jit(jax.grad(lambda z: smooth_quadratic(precondition(z, exponent))))
    for _ in range(6):
        images.append(precondition(z, exponent))
        update, memory = solver.update(gradient(z), memory, z)
        z = optax.apply_updates(z, update)
    states = run(smooth_quadratic, start, LBFGS(exponent=exponent), 6)
    for state, expected in zip(states, images, strict=True):
        np.testing.assert_allclose(state.image, expected, atol=1e-9)


@pytest.mark.slow
def test_the_preconditioner_saves_evaluations_where_coarse_structure_has_weak_curvature(x64):
    start = 0.5 + 0.1 * random_image(4, 24).cumsum(0).cumsum(1) / 24
    plain, preconditioned = (
        run(smooth_quadratic, start, LBFGS(exponent=exponent), 20)[-1].loss for exponent in (0, 0.75)
    )
    assert preconditioned < 0.1 * plain
