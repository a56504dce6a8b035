"""The distance of the colors of two pictures."""

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.training.palette_loss import CHROMA, LEAST_SPREAD, QUANTILES, REDUCTION, palette, palette_loss
from tests.losses.feature_maps import seeds

SIDE = 64
of = jax.jit(palette)


@jax.jit
def loss(image, wanted) -> jax.Array:
    return palette_loss(palette(image), palette(wanted))


def squares(seed: int, side: int = SIDE) -> np.ndarray:
    """Draw a picture whose squares of REDUCTION x REDUCTION pixels have one color each."""
    colors = np.random.default_rng(seed).uniform(0.2, 0.8, (side // REDUCTION, side // REDUCTION, 3))
    return np.float32(colors.repeat(REDUCTION, 0).repeat(REDUCTION, 1))


@hypothesis.given(seeds)
def test_a_picture_is_at_no_distance_from_itself_nor_from_itself_in_another_order(seed):
    image = squares(seed)
    tiles = image[::REDUCTION, ::REDUCTION].reshape(-1, 3)
    order = np.random.default_rng(seed).permutation(len(tiles))
    other = tiles[order].reshape(SIDE // REDUCTION, SIDE // REDUCTION, 3).repeat(REDUCTION, 0).repeat(REDUCTION, 1)
    assert float(loss(image, image)) == 0
    assert float(loss(image, other)) == pytest.approx(0, abs=1e-6)


@hypothesis.given(seeds, st.floats(0.02, 0.1))
def test_a_shift_of_all_colors_costs_its_square_and_chroma_more_than_lightness(seed, shift):
    """In the mean over directions, lightness counts a third, and chroma CHROMA squared times a third."""
    image = squares(seed)
    unit = max(float(np.asarray(of(image)).var(0).mean()), LEAST_SPREAD)
    lighter = image + np.float32(shift / 3**0.5)
    redder = image + np.float32(shift / 2**0.5) * np.array([1, -1, 0], np.float32)
    assert float(loss(lighter, image)) == pytest.approx(shift**2 / 3 / unit, rel=0.05)
    assert float(loss(redder, image)) == pytest.approx(CHROMA**2 * shift**2 / 3 / unit, rel=0.1)


def test_rare_strong_colors_are_missed_though_the_mean_stays():
    wanted = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    wanted[:8, :32], wanted[-8:, :32] = (0.9, 0.1, 0.5), (0.1, 0.9, 0.5)
    plain = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    assert float(loss(plain, wanted)) > 0.5
    assert float(loss(wanted[::-1], wanted)) == pytest.approx(0, abs=1e-6)


def test_speckle_does_not_count():
    """Pixels that differ within a square, with the same mean."""
    image = squares(1)
    signs = np.where(np.indices((SIDE, SIDE)).sum(0) % 2, 0.15, -0.15)[..., None]
    assert float(loss(np.float32(image + signs), image)) == pytest.approx(0, abs=1e-5)


def test_quantiles_increase_and_have_the_mean_of_the_picture():
    image = squares(2, REDUCTION * 11)
    quantiles = np.asarray(of(image))
    assert quantiles.shape[0] == QUANTILES
    assert (np.diff(quantiles, axis=0) >= -1e-6).all()
    even = np.asarray(of(squares(3)))
    # Directions are linear, so that their means are those of the mean color.
    mean = np.asarray(of(np.broadcast_to(squares(3).mean((0, 1)), (SIDE, SIDE, 3))))[0]
    np.testing.assert_allclose(even.mean(0), mean, atol=1e-5)


def test_the_gradient_is_that_of_finite_differences_and_finite_for_one_color(x64):
    image, wanted = (jnp.asarray(squares(seed, 48), jnp.float64) for seed in (4, 5))
    direction = jnp.asarray(np.random.default_rng(6).normal(size=image.shape))
    target, step = palette(wanted), 1e-7

    def value(each):
        return palette_loss(palette(each), target)

    numeric = (value(image + step * direction) - value(image - step * direction)) / (2 * step)
    assert float(jnp.sum(jax.grad(value)(image) * direction)) == pytest.approx(float(numeric), rel=1e-4)
    flat = jnp.full((48, 48, 3), 0.4)
    assert np.isfinite(jax.grad(lambda each: palette_loss(palette(each), palette(flat)))(flat)).all()
