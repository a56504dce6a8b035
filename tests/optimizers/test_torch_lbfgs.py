"""L-BFGS without a line search, compared with a plain implementation, and the ends of its runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.optimizers.base import CONVERGED, DIVERGED
from nst_jax.optimizers.torch_lbfgs import TorchLBFGS
from tests.optimizers.optimization import run

CENTER = np.random.default_rng(0).uniform(0.3, 0.7, (4, 4, 3))
CURVATURE = np.logspace(0, 2, 48).reshape(4, 4, 3)


# A minimum inside the range of pixels, of a function with changing curvature, and one of a quadratic outside of it.
INSIDE, OUTSIDE = (CENTER, 1.0), (1.5 * CENTER + 0.4, 0.0)


def bowl(x, center, quartic):
    return jnp.sum(CURVATURE * (x - center) ** 2) + quartic * jnp.sum((x - center) ** 4)


@jax.jit
def scaled_gradient(z, pixel_range, parameters):
    return jax.grad(lambda z: bowl(z.reshape(CENTER.shape) / pixel_range, *parameters))(z)


def plain_lbfgs(parameters, start, count, memory, pixel_range, clipping):
    """Return the evaluated points of torch.optim.LBFGS without a line search, after its source."""
    z, points, pairs, last, step = np.asarray(start).ravel() * pixel_range, [], [], None, None
    for _ in range(count):
        if clipping == "evaluation":
            z = z.clip(0, pixel_range)
        points.append(z.reshape(start.shape) / pixel_range)
        gradient = np.asarray(scaled_gradient(jnp.asarray(z), pixel_range, parameters))
        if last is None:
            step = -gradient * min(1, 1 / np.abs(gradient).sum())
        else:
            change = gradient - last
            if change @ step > 1e-10:
                pairs = [*pairs, (step, change)][-memory:]
            q, alphas = -gradient, []
            for s, y in reversed(pairs):
                alphas.append(s @ q / (s @ y))
                q = q - alphas[-1] * y
            s, y = pairs[-1]
            q = q * (s @ y) / (y @ y)
            for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
                q = q + s * (alpha - y @ q / (s @ y))
            step = q
        last = gradient
        following = z + step
        if clipping == "step":
            following = following.clip(0, pixel_range)
            step = following - z
        z = following
    return points


@pytest.mark.parametrize("clipping", ["step", "evaluation", "end"])
@pytest.mark.parametrize("parameters", [INSIDE, OUTSIDE], ids=["inside", "outside"])
@pytest.mark.parametrize(("memory", "pixel_range"), [pytest.param(3, 1.0, marks=pytest.mark.slow), (10, 255.0)])
def test_images_are_those_of_the_plain_implementation(parameters, clipping, memory, pixel_range, x64):
    start = jnp.full((4, 4, 3), 0.5)
    states = run(bowl, start, TorchLBFGS(memory, pixel_range, clipping), 12, *parameters)
    points = plain_lbfgs(parameters, start, 12, memory, pixel_range, clipping)
    for state, expected in zip(states, points, strict=True):
        np.testing.assert_allclose(state.image, expected, atol=1e-9)


def test_images_leave_the_range_of_pixels_only_with_clipping_at_the_end(x64):
    start = jnp.full((4, 4, 3), 0.5)
    reached = {
        clipping: run(bowl, start, TorchLBFGS(3, 1.0, clipping), 40, *OUTSIDE)[-1].image
        for clipping in ("step", "evaluation", "end")
    }
    assert reached["end"].max() > 1.2
    for clipping in ("step", "evaluation"):
        assert reached[clipping].max() <= 1


def steep(x):
    """Have a logarithm that is undefined a little below the start."""
    return jnp.log(jnp.min(x) - 0.49) - 100 * x.sum()


def undefined_above_a_half(x):
    return jnp.sum(jnp.where(x > 0.5, jnp.nan, -x))


def test_a_run_converges_at_a_minimum_and_keeps_the_last_finite_image_when_it_diverges(x64):
    start = jnp.full((4, 4, 3), 0.5)
    assert run(bowl, jnp.asarray(CENTER), TorchLBFGS(3, 1.0), 1, *INSIDE)[-1].status == CONVERGED
    assert jnp.isfinite(run(steep, start, TorchLBFGS(clipping="end"), 1)[-1].loss)
    broken = run(undefined_above_a_half, start, TorchLBFGS(), 2)[-1]
    assert broken.status == DIVERGED
    np.testing.assert_array_equal(broken.image, start)
