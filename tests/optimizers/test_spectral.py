"""The preconditioner: a symmetric, positive and invertible map of images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.optimizers.spectral import COLOR_EXPONENT, COLOR_GAINS, FLOOR, NYQUIST, OPPONENT, precondition

# Even and odd sides, and sides of one pixel; few shapes, because each is compiled.
sizes = st.sampled_from([(1, 1), (1, 6), (9, 1), (4, 5), (5, 4), (8, 8), (7, 9)])
exponents = st.floats(0, 2)


def normal(seed: int, height: int, width: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(height, width, 3)), jnp.float32)


@pytest.mark.slow
@given(sizes, exponents, st.booleans())
def test_the_inverse_restores_the_image(size, exponent, opponent):
    x = normal(0, *size)
    there = precondition(x, exponent, opponent=opponent)
    np.testing.assert_allclose(precondition(there, exponent, opponent=opponent, inverse=True), x, atol=1e-3)
    np.testing.assert_array_equal(precondition(x, 0), x)


@pytest.mark.slow
@given(sizes, exponents)
def test_the_inverse_is_the_map_of_the_negative_exponent(size, exponent):
    x = normal(0, *size)
    np.testing.assert_allclose(
        precondition(x, exponent, inverse=True), precondition(x, -exponent), rtol=1e-3, atol=1e-3
    )


@pytest.mark.slow
@given(sizes, exponents, st.booleans())
def test_the_map_is_symmetric_and_positive(size, exponent, opponent):
    one, other = normal(1, *size), normal(2, *size)
    left = jnp.vdot(precondition(one, exponent, opponent=opponent), other)
    right = jnp.vdot(one, precondition(other, exponent, opponent=opponent))
    scale = jnp.linalg.norm(precondition(one, exponent, opponent=opponent)) * jnp.linalg.norm(other)
    assert abs(left - right) < 1e-4 * scale
    assert jnp.vdot(one, precondition(one, exponent, opponent=opponent)) > 0


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("frequency", [1, 16])
def test_each_color_axis_has_a_gain_of_its_own(axis, frequency):
    wave = np.cos(2 * np.pi * frequency * np.arange(32) / 32).reshape(-1, 1, 1) * np.ones((1, 32, 1))
    x = jnp.asarray(wave * OPPONENT[axis], jnp.float32)
    relative = ((frequency / 32) ** 2 + FLOOR**2) / (NYQUIST**2 + FLOOR**2)
    gain = COLOR_GAINS[axis] * relative ** (-(0.5 + COLOR_EXPONENT[axis]) / 2)
    np.testing.assert_allclose(precondition(x, 0.5, opponent=True), gain * x, atol=1e-4)


def test_the_color_axes_are_orthonormal():
    np.testing.assert_allclose(OPPONENT @ OPPONENT.T, np.eye(3), atol=1e-12)


def test_coarse_structure_is_amplified():
    rows = np.arange(32).reshape(-1, 1, 1) * np.ones((1, 32, 3))
    coarse, fine = (jnp.asarray(np.cos(2 * np.pi * frequency * rows / 32), jnp.float32) for frequency in (1, 16))
    gains = [jnp.linalg.norm(precondition(x, 0.5)) / jnp.linalg.norm(x) for x in (coarse, fine)]
    assert gains[1] == pytest.approx(1, abs=1e-3)
    assert gains[0] == pytest.approx(((1 / 32**2 + 1 / 64**2) / (0.5**2 + 1 / 64**2)) ** -0.25, rel=1e-4)


def test_a_batch_equals_a_loop():
    x = jnp.stack([normal(5, 6, 7), normal(6, 6, 7)])
    mapped = jax.vmap(lambda x: precondition(x, 0.75))(x)
    np.testing.assert_allclose(mapped, jnp.stack([precondition(each, 0.75) for each in x]), rtol=1e-4, atol=1e-5)
