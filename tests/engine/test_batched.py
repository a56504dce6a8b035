"""Batches: each example is computed as it would be alone."""

import dataclasses
import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.engine import batch_states, batch_targets, batched
from nst_jax.engine.mesh import make_mesh
from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective, Terms, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.optimizers.adam import Adam
from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, Evaluation, initial_state, take_step
from nst_jax.optimizers.lbfgs import LBFGS
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

RECIPE = Recipe(
    content_layers=("relu2_2",),
    style_layers=("relu1_1", "relu2_1"),
    style_layer_weights=(),
    style_statistic="gram",
    content_weight=1,
    style_weight=10,
    tv_weight=0.1,
)
OPTIMIZERS = [LBFGS(), Adam()]


def setting(weights, seeds=(1, 3, 4), dtype=jnp.float32, recipe=RECIPE):
    """The network, the contents and the style."""
    contents = jnp.stack([jnp.asarray(picture(seed), dtype) for seed in seeds])
    return VGG.of(weights, dtype=dtype), contents, jnp.asarray(picture(2), dtype), recipe


def chunks(network, contents, style, recipe, optimizer, *counts, starts=None):
    """The chunks of a run."""
    mesh = make_mesh(len(contents))
    state = batch_states.initial_states(contents if starts is None else starts, optimizer, mesh)
    targets = batch_targets.make_batch_targets(network, contents, style, recipe)
    for count in counts:
        chunk = batched.run_chunk(
            state, count, network, targets, objective=Objective.of(recipe), optimizer=optimizer, mesh=mesh
        )
        # The next chunk takes the state's buffers over.
        yield jax.tree.map(np.array, chunk)
        state = chunk.state


@jax.jit(static_argnames=("objective", "optimizer"))
def one_step(state, network, targets, objective, optimizer):
    """A step of a single image."""
    (loss, terms), gradient = jax.value_and_grad(evaluate, has_aux=True)(state.trial, network, targets, objective)
    return take_step(state, Evaluation(loss, terms, gradient), optimizer)


def alone(network, content, style, recipe, optimizer, steps, start=None):
    """The states of one image, from the functions for single images, without any batch."""
    targets, objective = make_targets(network, content, style, recipe), Objective.of(recipe)
    zero = jnp.zeros((), content.dtype)
    states = [initial_state(content if start is None else start, optimizer, Terms(zero, zero, zero))]
    for _ in range(steps):
        states.append(one_step(states[-1], network, targets, objective, optimizer))
    return states[1:]


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_example_is_the_image_alone(tiny_network, optimizer, x64):
    """In double precision, and long enough for refused steps, which come at another time in each example."""
    network, contents, style, recipe = setting(tiny_network, dtype=jnp.float64)
    starts = contents.at[1].set(jax.random.uniform(jax.random.key(0), contents[1].shape, jnp.float64))
    (chunk,) = chunks(network, contents, style, recipe, optimizer, 40, starts=starts)
    refusals = []
    for index, content in enumerate(contents):
        states = alone(network, content, style, recipe, optimizer, 40, starts[index])
        np.testing.assert_allclose(chunk.state.image[index], states[-1].image, atol=1e-6)
        losses = [state.aux.style for state in states]
        np.testing.assert_allclose(chunk.record.style[index, :40], losses, rtol=1e-6)
        refusals.append([bool(state.loss == before.loss) for before, state in itertools.pairwise(states)])
    if isinstance(optimizer, LBFGS):
        assert any(map(any, refusals))
        assert refusals[0] != refusals[1]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_five_steps_in_single_precision_are_those_of_the_image_alone(tiny_network, optimizer):
    network, contents, style, recipe = setting(tiny_network)
    (chunk,) = chunks(network, contents, style, recipe, optimizer, 5)
    for index, content in enumerate(contents):
        final = alone(network, content, style, recipe, optimizer, 5)[-1]
        np.testing.assert_allclose(chunk.state.image[index], final.image, atol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_permuting_a_batch_permutes_its_results(tiny_network, optimizer, x64):
    order = np.array([2, 0, 1])
    network, contents, style, recipe = setting(tiny_network, dtype=jnp.float64)
    (one,) = chunks(network, contents, style, recipe, optimizer, 12)
    (other,) = chunks(network, contents[order], style, recipe, optimizer, 12)
    np.testing.assert_allclose(other.state.image, one.state.image[order], atol=1e-9)
    for values, permuted in zip(one.record, other.record, strict=True):
        np.testing.assert_allclose(permuted, values[order], rtol=1e-9)
    # The examples differ, or this would say nothing.
    assert (np.abs(one.state.image[order] - one.state.image).max(axis=(1, 2, 3)) > 0.1).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_chunks_add_up_to_the_whole(tiny_network, optimizer):
    arguments = (*setting(tiny_network), optimizer)

    def final(*counts):
        parts = list(chunks(*arguments, *counts))
        record = [part.record.style[:, :count] for part, count in zip(parts, counts, strict=True)]
        assert all(np.isinf(part.record.style[:, count:]).all() for part, count in zip(parts, counts, strict=True))
        return parts[-1].state.image, np.concatenate(record, axis=1)

    whole, record = final(12)
    for counts in ((1, 11), (5, 4, 3)):
        part, part_record = final(*counts)
        np.testing.assert_array_equal(part, whole)
        np.testing.assert_array_equal(part_record, record)


@pytest.mark.parametrize(
    ("changes", "jitter"),
    [
        ({}, False),
        ({"style_statistic": "wasserstein"}, True),
        ({"color": "match"}, True),
        ({"style_strength": 0.7}, False),
    ],
)
def test_one_after_the_other_gives_what_all_at_once_give(tiny_network, changes, jitter, x64):
    """For shared styles and for those of each content, with and without jitter."""
    recipe = dataclasses.replace(RECIPE, **changes)
    network, contents, style, _ = setting(tiny_network, dtype=jnp.float64)
    objective = dataclasses.replace(Objective.of(recipe), jitter=jitter)
    styles = jnp.stack([style, style[::-1], style[:, ::-1]]) if objective.own_styles else style
    targets = batch_targets.make_batch_targets(network, contents, styles, recipe)
    if jitter:
        targets = batch_targets.add_batch_jitter_offsets(targets, network, contents, None, objective)
    images, mesh = contents[:, ::-1], make_mesh(3)
    options = {"objective": objective, "mesh": mesh}
    whole = batched.evaluate_batch(images, network, targets, 7, **options)
    each = batched.evaluate_one_by_one(
        images, network, batch_targets.split_targets(targets, 3, objective), 7, **options
    )
    for one, other in zip(jax.tree.leaves(each), jax.tree.leaves(whole), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12 * float(jnp.abs(other).max()))
    assert len(set(map(float, whole.loss))) == 3


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_loop_for_accelerators_does_the_same(tiny_network, optimizer, monkeypatch, x64):
    arguments = (*setting(tiny_network, dtype=jnp.float64), optimizer, 6)
    (on_cpu,) = chunks(*arguments)
    monkeypatch.setattr(batched, "run_chunk", functools.partial(batched.run_chunk, in_loop=True))
    (other,) = chunks(*arguments)
    np.testing.assert_allclose(other.state.image, on_cpu.state.image, atol=1e-9)
    np.testing.assert_allclose(other.record.style[:, :6], on_cpu.record.style[:, :6], rtol=1e-9)


def test_an_example_that_has_converged_does_not_stop_the_others(tiny_network, x64):
    """Without a style, an example that starts from its content has no gradient."""
    recipe = dataclasses.replace(RECIPE, style_weight=0, tv_weight=0)
    network, contents, style, _ = setting(tiny_network, dtype=jnp.float64)
    starts = contents.at[1].set(jnp.asarray(picture(9), jnp.float64))
    (chunk,) = chunks(network, contents, style, recipe, LBFGS(), 10, starts=starts)
    assert list(chunk.state.status) == [CONVERGED, RUNNING, CONVERGED]
    np.testing.assert_array_equal(chunk.state.image[0], contents[0])
    final = alone(network, contents[1], style, recipe, LBFGS(), 10, starts[1])[-1]
    np.testing.assert_allclose(chunk.state.image[1], final.image, atol=1e-8)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_example_that_is_not_finite_keeps_its_image_and_leaves_the_others_alone(tiny_network, optimizer):
    network, contents, style, recipe = setting(tiny_network)
    starts = contents.at[1, 0, 0, 0].set(jnp.nan)
    (chunk,) = chunks(network, contents, style, recipe, optimizer, 5, starts=starts)
    assert chunk.state.status[1] == DIVERGED
    np.testing.assert_array_equal(chunk.state.image[1], starts[1])
    for index in (0, 2):
        assert chunk.state.status[index] == RUNNING
        final = alone(network, contents[index], style, recipe, optimizer, 5)[-1]
        np.testing.assert_allclose(chunk.state.image[index], final.image, atol=1e-4)


def test_a_step_evaluates_the_batch_once(tiny_network, monkeypatch):
    """Not once for each example, and never again for a step that is refused."""
    batches = []
    real = VGG.__call__

    def counted(self, pictures, layers):
        jax.debug.callback(lambda x: batches.append(x.shape), pictures)
        return real(self, pictures, layers)

    network, contents, style, _ = setting(tiny_network)
    recipe = dataclasses.replace(RECIPE, style_weight=11)
    targets = batch_targets.make_batch_targets(network, contents, style, recipe)
    mesh = make_mesh(3)
    state = batch_states.initial_states(contents, LBFGS(), mesh)
    monkeypatch.setattr(VGG, "__call__", counted)
    # Another objective than those compiled before, so that the counter is compiled in.
    objective = dataclasses.replace(Objective.of(recipe), tv_norm="l1")
    chunk = batched.run_chunk(state, 20, network, targets, objective=objective, optimizer=LBFGS(), mesh=mesh)
    jax.block_until_ready(chunk)
    jax.effects_barrier()
    # A callback under vmap runs once for each example.
    assert len(batches) == 20 * 3


def test_a_chunk_takes_over_the_buffers_of_its_state(tiny_network):
    network, contents, style, recipe = setting(tiny_network)
    mesh = make_mesh(3)
    state = batch_states.initial_states(contents, LBFGS(), mesh)
    targets = batch_targets.make_batch_targets(network, contents, style, recipe)
    batched.run_chunk(state, 1, network, targets, objective=Objective.of(recipe), optimizer=LBFGS(), mesh=mesh)
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(state.inner_state))
    assert not contents.is_deleted()
