"""The loss of statistics in windows."""

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast.samples import STRIDE
from nst_jax.recipes.vgg_layers import stride as stride_of
from nst_jax.training.local_loss import LAYERS, WINDOW, local_loss, local_statistics
from tests.losses.feature_maps import seeds

# Windows of the maps along each axis.
COUNT = 2
loss = jax.jit(local_loss)


def side_of(layer: str) -> int:
    """Return the side of a window in positions of a layer."""
    return WINDOW * STRIDE // stride_of(layer)


def maps(seed: int, channels: int = 3) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    sides = {layer: COUNT * side_of(layer) for layer in LAYERS}
    return {layer: np.float32(generator.gamma(2, 1, (side, side, channels))) for layer, side in sides.items()}


def windows(x: np.ndarray, side: int) -> np.ndarray:
    """Return (row, column, positions, channels)."""
    return x.reshape(COUNT, side, COUNT, side, -1).transpose(0, 2, 1, 3, 4).reshape(COUNT, COUNT, side * side, -1)


def statistics(activations: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the means and mean squares of each window."""
    each = {layer: windows(x, side_of(layer)) for layer, x in activations.items()}
    return {layer: np.concatenate([x.mean(2), (x**2).mean(2)], -1) for layer, x in each.items()}


def rearranged(activations: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Exchange the positions within each window."""
    generator, made = np.random.default_rng(seed), {}
    for layer, x in activations.items():
        side = side_of(layer)
        each = generator.permuted(windows(x, side), axis=2)
        made[layer] = each.reshape(COUNT, COUNT, side, side, -1).transpose(0, 2, 1, 3, 4).reshape(x.shape)
    return made


@hypothesis.given(seeds)
def test_windows_with_the_wanted_statistics_cost_nothing_however_they_are_arranged(seed):
    activations = maps(seed)
    wanted = statistics(activations)
    assert float(loss(activations, wanted)) == pytest.approx(0, abs=1e-6)
    assert float(loss(rearranged(activations, seed), wanted)) == pytest.approx(0, abs=1e-6)


@hypothesis.given(seeds)
def test_statistics_in_the_wrong_window_cost_though_those_of_the_whole_map_are_the_same(seed):
    activations = maps(seed)
    for layer in LAYERS:
        activations[layer][: side_of(layer)] *= 3
    upside_down = {layer: x[::-1] for layer, x in activations.items()}
    assert float(loss(upside_down, statistics(activations))) > 0.1


def test_texture_in_an_area_that_shall_be_even_costs_and_so_does_a_lack_of_it():
    textured = maps(1)
    even = {layer: np.broadcast_to(x.mean((0, 1)), x.shape) for layer, x in textured.items()}
    assert float(loss(textured, statistics(even))) > 0.1
    assert float(loss(even, statistics(textured))) > 0.1
    half = {layer: (x + even[layer]) / 2 for layer, x in textured.items()}
    assert 0.01 < float(loss(half, statistics(even))) < 0.5 * float(loss(textured, statistics(even)))


@hypothesis.given(seeds)
def test_the_scale_of_a_layer_does_not_count(seed):
    activations, wanted = maps(seed), statistics(maps(seed + 1))
    tenfold = {layer: 10 * x for layer, x in activations.items()}
    squares = {layer: x * np.repeat([10, 100], x.shape[-1] // 2).astype(np.float32) for layer, x in wanted.items()}
    assert float(loss(tenfold, squares)) == pytest.approx(float(loss(activations, wanted)), rel=1e-3)


def test_the_statistics_of_a_sample_are_those_of_its_square_and_of_samples_with_like_keys():
    activations, chosen = jax.tree.map(jnp.asarray, maps(2)), jnp.asarray([0, 9, 5])
    far = local_statistics(activations, chosen, 10 * jnp.eye(3))
    alike = local_statistics(activations, chosen, jnp.ones((3, 4)))
    for layer, x in activations.items():
        side = STRIDE // stride_of(layer)
        # Each row of the map has COUNT * WINDOW squares.
        row, column = np.divmod(np.asarray(chosen), COUNT * WINDOW)
        squares = [x[r * side : (r + 1) * side, c * side : (c + 1) * side] for r, c in zip(row, column, strict=True)]
        own = np.stack([np.concatenate([s.mean((0, 1)), (s**2).mean((0, 1))]) for s in squares])
        np.testing.assert_allclose(far[layer][0], own, rtol=1e-5)
        np.testing.assert_allclose(alike[layer][0], np.broadcast_to(own.mean(0), own.shape), rtol=1e-5)


def test_the_gradient_is_that_of_finite_differences_and_finite_for_even_maps(x64):
    activations, wanted = (
        {layer: jnp.asarray(x, jnp.float64) for layer, x in each.items()} for each in (maps(3), statistics(maps(4)))
    )
    generator = np.random.default_rng(5)
    direction = {layer: jnp.asarray(generator.normal(size=x.shape)) for layer, x in activations.items()}
    step = 1e-5
    plus, minus = (
        local_loss({layer: x + s * step * direction[layer] for layer, x in activations.items()}, wanted)
        for s in (1, -1)
    )
    gradient = jax.grad(local_loss)(activations, wanted)
    along = sum(float(jnp.sum(gradient[layer] * direction[layer])) for layer in LAYERS)
    assert along == pytest.approx(float(plus - minus) / (2 * step), rel=1e-4)
    even = {layer: jnp.zeros_like(x) for layer, x in activations.items()}
    assert all(np.isfinite(x).all() for x in jax.grad(local_loss)(even, wanted).values())
