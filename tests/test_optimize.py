"""The optimizers on functions whose minimum is known, against other implementations, and when things go wrong."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.optimize

from nst_jax.networks.vgg import VGG19
from nst_jax.objective.objective import Objective, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.optimizers.adam import Adam
from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, STALLED, initial_state, take_step
from nst_jax.optimizers.lbfgs import LBFGS, MAX_REFUSALS
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture
from tests.optimization import evaluation_of, run

RECIPE = Recipe(content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"), style_weight=10, tv_weight=0.1)


def rosenbrock(x):
    """With its minimum at 0.6 everywhere, well inside the range of pixels."""
    x = x.ravel() / 0.6
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def ill_conditioned(x):
    return jnp.sum(jnp.logspace(0, 4, x.size) * (x.ravel() - 0.5) ** 2)


PROBLEMS = {"rosenbrock": (rosenbrock, 12), "ill-conditioned quadratic": (ill_conditioned, 48)}


def start_of(size, seed=1):
    return jnp.asarray(np.random.default_rng(seed).uniform(0.2, 0.8, (size // 12, 4, 3)))


def losses_by_scipy(function, start, bounds=None):
    """The lowest loss after each evaluation of SciPy's L-BFGS-B."""
    losses: list[float] = []
    compiled = jax.jit(jax.value_and_grad(lambda x: function(x.reshape(start.shape))))

    def counted(x):
        loss, gradient = compiled(jnp.asarray(x))
        losses.append(float(loss))
        return float(loss), np.asarray(gradient)

    options = {"maxcor": 10, "maxfun": 150, "maxiter": 150, "ftol": 0, "gtol": 0}
    scipy.optimize.minimize(
        counted, np.asarray(start).ravel(), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return np.minimum.accumulate(losses)


def losses_by_optax(function, start):
    """The lowest loss after each evaluation of `optax.lbfgs` with its own line search."""
    solver = optax.lbfgs()
    value_and_grad = optax.value_and_grad_from_state(function)

    @jax.jit
    def step(x, state):
        value, gradient = value_and_grad(x, state=state)
        update, state = solver.update(gradient, state, x, value=value, grad=gradient, value_fn=function)
        return optax.apply_updates(x, update), state

    x, state, losses = start, solver.init(start), [float(function(start))]
    while len(losses) < 150:
        x, state = step(x, state)
        trials = int(optax.tree.get(state, "num_linesearch_steps"))
        losses += [losses[-1]] * (trials - 1) + [float(optax.tree.get(state, "value"))]
    return np.minimum.accumulate(losses)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("other", [losses_by_scipy, losses_by_optax])
@pytest.mark.parametrize("seed", [1, 2])
def test_lbfgs_needs_no_more_evaluations_than_others(name, other, seed, x64):
    function, size = PROBLEMS[name]
    start = start_of(size, seed)
    ours = np.array([state.loss for state in run(function, start, LBFGS(), 154)])
    theirs = other(function, start)
    # Before that, on the way through Rosenbrock's bend, the order changes from start to start.
    for count in range(40, 141, 20):
        lowest = theirs[min(count, len(theirs)) - 1]
        assert ours[round(1.1 * count) - 1] <= max(lowest, 1e-15), count


def test_lbfgs_on_the_real_objective_against_scipy(tiny_network, x64):
    network = VGG19(tiny_network, dtype=jnp.float64)
    content, style = (jnp.asarray(picture(seed), jnp.float64) for seed in (1, 2))
    targets = make_targets(network, content, style, RECIPE)

    def objective(x):
        return evaluate(x, network, targets, Objective.of(RECIPE))[0]

    start = jnp.asarray(picture(3), jnp.float64)
    ours = np.array([state.loss for state in run(objective, start, LBFGS(), 66)])
    theirs = losses_by_scipy(objective, start, bounds=[(0, 1)] * start.size)
    for count in (20, 40, 60):
        assert ours[round(1.1 * count) - 1] <= theirs[count - 1] * 1.02


def test_one_tick_is_one_evaluation(x64):
    calls = []

    def counted(x):
        jax.debug.callback(lambda: calls.append(1))
        return rosenbrock(x)

    run(counted, start_of(12), LBFGS(), 40)
    jax.effects_barrier()
    assert len(calls) == 40


@pytest.mark.parametrize("optimizer", [LBFGS(), Adam()])
def test_the_minimum_on_the_border_is_found(optimizer, x64):
    start = jnp.full((2, 2, 3), 0.5)
    final = run(lambda x: jnp.sum((x + 1) ** 2), start, optimizer, 60)[-1]
    np.testing.assert_allclose(final.image, 0, atol=1e-9)


@pytest.mark.parametrize("exponent", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_lbfgs_comes_to_rest_on_borders_that_bend_its_direction(exponent, seed, x64):
    """A bowl askew to the axes, its minimum outside of the range: a clipped direction may lead up the bowl's side."""
    random = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(random.normal(size=(48, 48)))
    matrix = jnp.asarray((axes * np.logspace(0, 3, 48)) @ axes.T)
    bottom = jnp.asarray(random.uniform(-1, 2, 48))

    def bowl(x):
        offset = x.ravel() - bottom
        return offset @ matrix @ offset / 2

    final = run(bowl, start_of(48, seed), LBFGS(exponent=exponent), 400)[-1]
    slope = jax.grad(bowl)(final.image)
    at_border = (final.image == 0) & (slope > 0) | (final.image == 1) & (slope < 0)
    assert at_border.sum() > 5
    assert jnp.abs(jnp.where(at_border, 0, slope)).max() < 1e-3


def test_lbfgs_goes_on_with_another_objective(x64):
    """What it has settled for, or given up on, in one it looks at anew in another, with what it remembers."""

    def bowl(middle):
        return lambda x: jnp.sum((x - middle) ** 2)

    state = run(bowl(0.3), start_of(12), LBFGS(), 20)[-1]
    turned = LBFGS().restart(state._replace(status=jnp.asarray(STALLED)))
    evaluation = evaluation_of(lambda x: bowl(0.6)(x) + 5)
    once = take_step(turned, evaluation(turned.trial), LBFGS())
    assert once.status == RUNNING
    assert once.loss == pytest.approx(5 + 12 * 0.09, rel=1e-3)
    np.testing.assert_array_equal(once.image, state.image)
    assert once.inner_state.history.recorded == state.inner_state.history.recorded
    for _ in range(5):
        once = take_step(once, evaluation(once.trial), LBFGS())
    np.testing.assert_allclose(once.image, 0.6, atol=1e-3)


def test_accepted_losses_of_lbfgs_never_rise(x64):
    losses = np.array([state.loss for state in run(rosenbrock, start_of(12), LBFGS(), 60)])
    assert (np.diff(losses) <= 0).all()


def test_pairs_of_negative_curvature_do_no_harm(x64):
    """Where the function bends down, s'y < 0; the preconditioner must stay definite, the direction downhill."""

    def wavy(x):
        return jnp.sum(jnp.cos(9 * x) + 2 * (x - 0.4) ** 2)

    states = run(wavy, start_of(24), LBFGS(), 60)
    for before, after in itertools.pairwise(states):
        if after.inner_state.refusals == 0 and after.status == RUNNING:
            assert jnp.vdot(after.inner_state.direction, after.inner_state.gradient) < 0
        assert after.loss <= before.loss
    final = states[-1].image
    slope = jax.grad(wavy)(final)
    at_rest = (jnp.abs(slope) < 1e-4) | ((final == 0) & (slope > 0)) | ((final == 1) & (slope < 0))
    assert at_rest.all()


def test_adam_is_optaxs():
    start, target = jnp.asarray(picture(0)), jnp.asarray(picture(1))

    def distance(x):
        return jnp.sum((x - target) ** 2)

    solver = optax.adam(0.05, 0.9, 0.99)
    x, state = start, solver.init(start)
    for ours in run(distance, start, Adam(0.05), 8):
        np.testing.assert_allclose(ours.image, x, atol=1e-6)
        update, state = solver.update(jax.grad(distance)(x), state, x)
        x = jnp.clip(x + update, 0, 1)


def test_adam_in_another_range_is_adam_there():
    """As it were on pixels from 0 to 255."""
    start, target = jnp.asarray(picture(0)), jnp.asarray(picture(1))
    plain = run(lambda x: jnp.sum((x - target) ** 2), start, Adam(0.02, epsilon=1e-3), 5)
    wide = run(lambda x: jnp.sum((x - target) ** 2), start, Adam(0.02 * 255, epsilon=1e-3 / 255, pixel_range=255), 5)
    np.testing.assert_allclose(wide[-1].image, plain[-1].image, atol=1e-5)


def test_tensorflows_epsilon_weighs_more_at_first(x64):
    """Where it is large, steps are the smaller the less the mean square has grown."""
    start, target = (jnp.asarray(picture(seed), jnp.float64) for seed in (0, 1))
    states = run(lambda x: jnp.sum((x - target) ** 2), start, Adam(0.02, b2=0.999, epsilon=10, epsilon_hat=True), 2)
    gradient = 2 * (start - target)
    root = jnp.sqrt(1 - 0.999)
    expected = start - 0.02 * root / (1 - 0.9) * (0.1 * gradient) / (jnp.sqrt(0.001 * gradient**2) + 10)
    np.testing.assert_allclose(states[-1].image, jnp.clip(expected, 0, 1), atol=1e-9)


def test_adams_learning_rate_falls_to_zero_by_a_cosine(x64):
    """Of a gradient that never changes, each of Adam's steps is the learning rate."""
    start = jnp.full((2, 2, 3), 0.5, jnp.float64)
    states = run(lambda x: x.sum(), start, Adam(0.01, anneal=8), 10)
    trials = [float(start[0, 0, 0]), *(float(state.trial[0, 0, 0]) for state in states)]
    expected = [0.01 * (1 + np.cos(np.pi * min(step / 8, 1))) / 2 for step in range(10)]
    np.testing.assert_allclose(-np.diff(trials), expected, atol=1e-9)


def test_a_relative_learning_rate_grows_with_the_contrast_of_the_start(x64):
    start = jnp.asarray(picture(3), jnp.float64)
    for contrast in (1.0, 0.25):
        begun = 0.5 + contrast * (start - 0.5)
        (state,) = run(lambda x: x.sum(), begun, Adam(0.1, relative=True, clipping="end"), 1)
        expected = 0.1 * float(jnp.mean(jnp.std(begun, (0, 1))))
        np.testing.assert_allclose(state.image - state.trial, expected, rtol=1e-6)


def test_adam_shows_the_average_of_its_pictures(x64):
    start, target = (jnp.asarray(picture(seed), jnp.float64) for seed in (0, 1))
    adam = Adam(0.05, decay=0.9)
    states = run(lambda x: jnp.sum((x - target) ** 2), start, adam, 6)
    seen = [start, *(state.trial for state in states)]
    weights = 0.9 ** np.arange(len(seen))[::-1]
    expected = sum(weight * each for weight, each in zip(weights, seen, strict=True)) / weights.sum()
    np.testing.assert_allclose(adam.iterate(states[-1]), expected, atol=1e-9)
    np.testing.assert_array_equal(Adam(0.05).iterate(states[-1]), states[-1].image)


def test_adams_moments_go_over_to_another_size():
    start, target = jnp.asarray(picture(0)), jnp.asarray(picture(1))
    memory = run(lambda x: jnp.sum((x - target) ** 2), start, Adam(carry=True, decay=0.5), 4)[-1].inner_state
    larger = jnp.asarray(picture(2, 64, 48))
    carried = Adam(carry=True, decay=0.5).resize_state(memory, larger)
    assert carried.moments.count == 4
    assert carried.moments.mu.shape == larger.shape
    assert (carried.moments.nu >= 0).all()
    assert carried.moments.nu.mean() == pytest.approx(float(memory.moments.nu.mean()), rel=0.05)
    np.testing.assert_allclose(carried.average, 0.5 * larger)
    assert Adam().resize_state(memory, larger).moments.count == 0


@pytest.mark.parametrize("optimizer", [LBFGS(), Adam()])
def test_a_zero_gradient_changes_nothing(optimizer):
    start = jnp.asarray(picture(0))
    final = run(lambda x: 0 * x.sum() + 3.0, start, optimizer, 3)[-1]
    np.testing.assert_array_equal(final.image, start)
    assert final.loss == 3
    assert final.status == (CONVERGED if isinstance(optimizer, LBFGS) else RUNNING)


@pytest.mark.parametrize("optimizer", [LBFGS(), Adam()])
def test_not_finite_from_the_start(optimizer):
    start = jnp.asarray(picture(0))
    final = run(lambda x: jnp.log(-x.sum()), start, optimizer, 2)[-1]
    assert final.status == DIVERGED
    np.testing.assert_array_equal(final.image, start)


def cliff(x):
    """Falls to the right, where beyond 0.7 it is not a number."""
    return jnp.sum(jnp.where(x > 0.7, jnp.nan, -x))


def test_adam_keeps_the_last_good_picture():
    states = run(cliff, jnp.full((2, 2, 3), 0.5), Adam(0.09), 8)
    assert states[-1].status == DIVERGED
    assert jnp.isfinite(states[-1].loss)
    assert (states[-1].image <= 0.7).all()
    assert states[-1].loss == cliff(states[-1].image)


def test_lbfgs_steps_back_from_what_is_not_finite():
    states = run(cliff, jnp.full((2, 2, 3), 0.5), LBFGS(), 30)
    assert all(jnp.isfinite(state.loss) for state in states)
    np.testing.assert_allclose(states[-1].image, 0.7, atol=0.02)


def test_lbfgs_gives_up_where_nothing_helps():
    """A gradient that points uphill: no step along it is good, with memory or without."""

    @jax.custom_vjp
    def lying(x):
        return jnp.sum(x)

    lying.defvjp(lambda x: (jnp.sum(x), x), lambda x, cotangent: (-cotangent * jnp.ones_like(x),))
    states = run(lying, jnp.full((2, 2, 3), 0.5), LBFGS(), 2 * MAX_REFUSALS + 3)
    assert [int(state.status) for state in states[-3:]] == [STALLED] * 3
    np.testing.assert_array_equal(states[-1].image, 0.5)


@pytest.mark.parametrize("optimizer", [LBFGS(), Adam()])
def test_lanes_of_a_vmap_equal_single_runs(optimizer, x64):
    """Also where one lane is on the cliff and another has nothing to do."""
    starts = jnp.stack([jnp.full((2, 2, 3), 0.3), jnp.full((2, 2, 3), 0.69), jnp.full((2, 2, 3), 0.9)])
    evaluation = evaluation_of(cliff)
    batched = jax.jit(jax.vmap(lambda state: take_step(state, evaluation(state.trial), optimizer)))
    states = jax.vmap(lambda start: initial_state(start, optimizer, evaluation(start).aux))(starts)
    for _ in range(9):
        states = batched(states)
    for lane, start in enumerate(starts):
        single = run(cliff, start, optimizer, 9)[-1]
        np.testing.assert_allclose(states.image[lane], single.image, atol=1e-12)
        assert states.status[lane] == single.status
