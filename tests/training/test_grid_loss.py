"""The loss of grain that is locked to the decoder's grid."""

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.training.grid_loss import PERIOD, grid_loss
from tests.losses.feature_maps import seeds

SIDE = 96
loss = jax.jit(grid_loss)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.3, 0.7, (SIDE, SIDE, 3)).astype(np.float32)


def stripes(period: int) -> np.ndarray:
    """Return a factor for each pixel: every so manyth column has half of the contrast."""
    return np.where(np.arange(SIDE) % period == 0, 0.2, 1.0).astype(np.float32)[None, :, None]


@hypothesis.given(seeds)
def test_noise_has_about_the_stated_share_by_chance(seed):
    expected = 2 * PERIOD**2 / SIDE**2
    assert 0.3 * expected < float(loss(noise(seed))) < 3 * expected


@hypothesis.given(seeds, st.sampled_from([2, 4, 8]))
def test_contrast_that_depends_on_the_grid_counts_and_on_other_periods_does_not(seed, period):
    def contrasted(every: int) -> float:
        return float(loss((0.5 + (noise(seed) - 0.5) * stripes(every)).astype(np.float32)))

    chance = float(loss(noise(seed)))
    assert contrasted(period) > 3 * chance
    assert contrasted(7) < 2 * chance


def test_flat_pictures_have_none_and_their_gradient_is_finite():
    flat = jnp.full((SIDE, SIDE, 3), 0.4)
    assert float(loss(flat)) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(jax.grad(grid_loss)(flat)).all()


def test_the_gradient_is_that_of_finite_differences(x64):
    image = jnp.asarray(noise(3)[:48, :40], jnp.float64)
    direction = jnp.asarray(np.random.default_rng(4).normal(size=image.shape))
    step = 1e-6
    numeric = (grid_loss(image + step * direction) - grid_loss(image - step * direction)) / (2 * step)
    assert float(jnp.sum(jax.grad(grid_loss)(image) * direction)) == pytest.approx(float(numeric), rel=1e-4)


def test_contrast_as_such_does_not_count():
    image = noise(5)
    weak = 0.5 + (image - 0.5) * 0.5
    assert float(loss(weak)) == pytest.approx(float(loss(image)), rel=0.2)
