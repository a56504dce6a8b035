"""Steps that see the picture from another offset each."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.engine import batched
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.jitter import MARGIN, OFFSETS, shift_image
from nst_jax.objective.objective import Masks, Objective, evaluate
from nst_jax.objective.targets import add_jitter_offsets, make_targets
from nst_jax.optimizers.adam import Adam
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

RECIPE = Recipe(content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"), style_huber=0.0)
CONTENT, STYLE, IMAGE = (jnp.asarray(picture(seed, 24, 28)) for seed in (1, 2, 3))


@pytest.mark.parametrize("index", range(len(OFFSETS)))
def test_it_moves_the_picture_and_continues_its_edges(index):
    top, left = OFFSETS[index]
    padded = np.pad(np.asarray(IMAGE), ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
    moved = shift_image(IMAGE, jnp.asarray(index + len(OFFSETS)))
    np.testing.assert_array_equal(moved, padded[top : top + 24, left : left + 28])


def test_every_phase_of_an_eightfold_grid_comes_once_and_none_on_a_diagonal():
    rows, columns = np.array(OFFSETS).T
    for positions in (rows % 8, columns % 8):
        assert sorted(positions) == list(range(8))
    assert len(set(rows + columns)) == len(set(rows - columns)) == 8
    assert 0 <= np.min(OFFSETS) <= np.max(OFFSETS) <= 2 * MARGIN


def test_the_gradient_is_the_adjoint_of_the_move(x64):
    x, y = (jnp.asarray(picture(seed, 12, 10), jnp.float64) for seed in (5, 6))
    moved, pull = jax.vjp(lambda x: shift_image(x, 3), x)
    np.testing.assert_allclose(jnp.vdot(moved, y), jnp.vdot(x, pull(y)[0]), rtol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_a_step_with_jitter_is_a_step_of_moved_pictures(tiny_network, masked, x64):
    """Of content, picture and regions moved beforehand, with targets made anew but for what the losses count."""
    network = VGG19(tiny_network, dtype=jnp.float64)
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
        loss, terms = evaluate(image, network, targets, objective, jnp.asarray(step))
        moved = masks
        if masks:
            moved = masks._replace(content=jnp.moveaxis(shift_image(jnp.moveaxis(masks.content, 0, -1), step), -1, 0))
        anew = make_targets(network, shift_image(content, step), style, RECIPE, moved)._replace(
            coefficients=plain.coefficients
        )
        expected, parts = evaluate(shift_image(image, step), network, anew, Objective.of(RECIPE))
        np.testing.assert_allclose(loss, expected, rtol=1e-10)
        np.testing.assert_allclose(terms.content, parts.content, rtol=1e-10)


def test_the_gradient_agrees_with_finite_differences(tiny_network, x64):
    network = VGG19(tiny_network, dtype=jnp.float64, pooling="avg")
    content, style, image = (x.astype(jnp.float64) for x in (CONTENT, STYLE, IMAGE))
    objective = dataclasses.replace(Objective.of(RECIPE), jitter=True)
    targets = add_jitter_offsets(make_targets(network, content, style, RECIPE), network, content, None, objective)

    def loss(x):
        return evaluate(x, network, targets, objective, 5)[0]

    direction = jax.random.normal(jax.random.key(0), image.shape, jnp.float64)
    step = 1e-6
    numeric = (loss(image + step * direction) - loss(image - step * direction)) / (2 * step)
    np.testing.assert_allclose(jnp.vdot(jax.grad(loss)(image), direction), numeric, rtol=1e-6)


def runs(weights, *counts):
    """The pictures and the style losses of a batch of two after chunks of so many steps."""
    network, mesh = VGG19(weights), batched.make_mesh(2)
    contents = jnp.stack([CONTENT, IMAGE])
    optimizer, objective = Adam(0.01, anneal=12), dataclasses.replace(Objective.of(RECIPE), jitter=True)
    targets = batched.make_batch_targets(network, contents, STYLE, RECIPE)
    targets = batched.add_batch_jitter_offsets(targets, network, contents, None, objective)
    state, first, losses = batched.initial_states(contents, optimizer, mesh), 0, []
    for count in counts:
        chunk = batched.run_chunk(
            state, count, network, targets, objective=objective, optimizer=optimizer, mesh=mesh, first=first
        )
        losses.append(np.array(chunk.record.style[:, :count]))
        state, first = chunk.state, first + count
    return np.array(state.image), np.concatenate(losses, axis=1)


def test_chunks_add_up_to_the_whole(tiny_network):
    whole, losses = runs(tiny_network, 12)
    parts, parts_losses = runs(tiny_network, 1, 7, 4)
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_array_equal(parts_losses, losses)


def test_the_loop_for_accelerators_does_the_same(tiny_network, monkeypatch):
    _, losses = runs(tiny_network, 2, 4)
    monkeypatch.setattr(batched, "has_accelerator", lambda: jax.default_backend() == "cpu")
    _, other = runs(tiny_network, 2, 4)
    np.testing.assert_allclose(other, losses, rtol=1e-4)
