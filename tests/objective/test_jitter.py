"""Jitter: each step evaluates the image at another offset."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.engine import batch_states, batch_targets, batched
from nst_jax.engine.mesh import make_mesh
from nst_jax.networks.vgg import VGG
from nst_jax.objective.jitter import MARGIN, OFFSETS, shift_image
from nst_jax.objective.objective import Masks, Objective
from nst_jax.objective.targets import add_jitter_offsets, make_targets
from nst_jax.optimizers.adam import Adam
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture
from tests.objective.evaluation import EVALUATE, VALUE_AND_GRADIENT

RECIPE = Recipe(content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"), style_huber=0.0)
CONTENT, STYLE, IMAGE = (jnp.asarray(picture(seed, 24, 28)) for seed in (1, 2, 3))


@pytest.mark.parametrize("index", range(len(OFFSETS)))
def test_the_image_is_shifted_and_its_edges_are_repeated(index):
    top, left = OFFSETS[index]
    padded = np.pad(np.asarray(IMAGE), ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
    moved = shift_image(IMAGE, jnp.asarray(index + len(OFFSETS)))
    np.testing.assert_array_equal(moved, padded[top : top + 24, left : left + 28])


def test_the_offsets_are_every_row_and_column_modulo_eight_once_and_no_two_on_a_diagonal():
    rows, columns = np.array(OFFSETS).T
    for positions in (rows % 8, columns % 8):
        assert sorted(positions) == list(range(8))
    assert len(set(rows + columns)) == len(set(rows - columns)) == 8
    assert 0 <= np.min(OFFSETS) <= np.max(OFFSETS) <= 2 * MARGIN


def test_the_gradient_of_a_shift_is_its_adjoint(x64):
    x, y = (jnp.asarray(picture(seed, 12, 10), jnp.float64) for seed in (5, 6))
    moved, pull = jax.vjp(lambda x: shift_image(x, 3), x)
    np.testing.assert_allclose(jnp.vdot(moved, y), jnp.vdot(x, pull(y)[0]), rtol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_a_step_with_jitter_is_a_step_with_shifted_images(tiny_network, masked, x64):
    """Content, image and regions are shifted beforehand; only the coefficients are those of the unshifted content."""
    network = VGG.of(tiny_network, dtype=jnp.float64)
    content, style, image = (x.astype(jnp.float64) for x in (CONTENT, STYLE, IMAGE))
    masks = None
    if masked:
        region = jnp.asarray(picture(4, 24, 28)[..., 0] > 0.5, jnp.float64)
        planes = jnp.stack([region, 1 - region])
        masks = Masks(planes, (jnp.ones_like(planes),), None)
    objective = dataclasses.replace(Objective.of(RECIPE), jitter=True)
    plain = make_targets(network, content, style, RECIPE, masks)
    targets = add_jitter_offsets(plain, network, content, masks, objective)
    for step in (0, 3, 13):
        loss, terms = EVALUATE(image, network, targets, objective=objective, step=jnp.asarray(step))
        moved = masks
        if masks:
            moved = masks._replace(content=jnp.moveaxis(shift_image(jnp.moveaxis(masks.content, 0, -1), step), -1, 0))
        anew = make_targets(network, shift_image(content, step), style, RECIPE, moved)._replace(
            coefficients=plain.coefficients
        )
        expected, parts = EVALUATE(shift_image(image, step), network, anew, objective=Objective.of(RECIPE))
        np.testing.assert_allclose(loss, expected, rtol=1e-10)
        np.testing.assert_allclose(terms.content, parts.content, rtol=1e-10)


def test_the_gradient_agrees_with_finite_differences(tiny_network, x64):
    network = VGG.of(tiny_network, dtype=jnp.float64, pooling="avg")
    content, style, image = (x.astype(jnp.float64) for x in (CONTENT, STYLE, IMAGE))
    objective = dataclasses.replace(Objective.of(RECIPE), jitter=True)
    targets = add_jitter_offsets(make_targets(network, content, style, RECIPE), network, content, None, objective)

    def loss_and_gradient(x):
        (loss, _), gradient = VALUE_AND_GRADIENT(x, network, targets, objective=objective, step=jnp.asarray(5))
        return loss, gradient

    direction = jax.random.normal(jax.random.key(0), image.shape, jnp.float64)
    step = 1e-6
    plus, minus = (loss_and_gradient(image + sign * step * direction)[0] for sign in (1, -1))
    np.testing.assert_allclose(jnp.vdot(loss_and_gradient(image)[1], direction), (plus - minus) / (2 * step), rtol=1e-6)


def runs(weights, *counts):
    """Return the images and the style losses of a batch of two after chunks of the given numbers of steps."""
    network, mesh = VGG.of(weights), make_mesh(2)
    contents = jnp.stack([CONTENT, IMAGE])
    optimizer, objective = Adam(0.01, anneal=12), dataclasses.replace(Objective.of(RECIPE), jitter=True)
    targets = batch_targets.make_batch_targets(network, contents, STYLE, RECIPE)
    targets = batch_targets.add_batch_jitter_offsets(targets, network, contents, None, objective)
    state, first, losses = batch_states.initial_states(contents, optimizer, mesh), 0, []
    for count in counts:
        chunk = batched.run_chunk(
            state, count, network, targets, objective=objective, optimizer=optimizer, mesh=mesh, first=first
        )
        losses.append(np.array(chunk.record.style[:, :count]))
        state, first = chunk.state, first + count
    return np.array(state.image), np.concatenate(losses, axis=1)


@pytest.mark.slow
def test_several_chunks_equal_a_single_one(tiny_network):
    whole, losses = runs(tiny_network, 12)
    parts, parts_losses = runs(tiny_network, 1, 7, 4)
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_array_equal(parts_losses, losses)


@pytest.mark.slow
def test_the_loop_for_accelerators_computes_the_same(tiny_network, monkeypatch):
    _, losses = runs(tiny_network, 2, 4)
    monkeypatch.setattr(batched, "run_chunk", functools.partial(batched.run_chunk, in_loop=True))
    _, other = runs(tiny_network, 2, 4)
    np.testing.assert_allclose(other, losses, rtol=1e-4)
