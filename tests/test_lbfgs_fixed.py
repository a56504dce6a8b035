"""L-BFGS without a line search against a plain one, and what it does at the ends."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.optimizers.base import CONVERGED, DIVERGED
from nst_jax.optimizers.torch_lbfgs import TorchLBFGS
from tests.optimization import run

CENTRE = np.random.default_rng(0).uniform(0.3, 0.7, (4, 4, 3))
CURVATURE = np.logspace(0, 2, 48).reshape(4, 4, 3)


def bowl(x):
    return jnp.sum(CURVATURE * (x - CENTRE) ** 2) + jnp.sum((x - CENTRE) ** 4)


def far(x):
    """With its minimum outside of the range of pixels."""
    return jnp.sum(CURVATURE * (x - 1.5 * CENTRE - 0.4) ** 2)


def plainly(function, start, count, memory, pixel_range, clipping):
    """The evaluated points of torch.optim.LBFGS without a line search, after its source."""
    gradient_of = jax.grad(lambda z: function(z.reshape(start.shape) / pixel_range))
    z, points, pairs, last, step = np.asarray(start).ravel() * pixel_range, [], [], None, None
    for _ in range(count):
        if clipping == "evaluation":
            z = z.clip(0, pixel_range)
        points.append(z.reshape(start.shape) / pixel_range)
        gradient = np.asarray(gradient_of(jnp.asarray(z)))
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
@pytest.mark.parametrize("function", [bowl, far])
@pytest.mark.parametrize(("memory", "pixel_range"), [(3, 1.0), (10, 255.0)])
def test_it_is_the_plain_one(function, clipping, memory, pixel_range, x64):
    start = jnp.full((4, 4, 3), 0.5)
    states = run(function, start, TorchLBFGS(memory, pixel_range, clipping), 12)
    for state, expected in zip(states, plainly(function, start, 12, memory, pixel_range, clipping), strict=True):
        np.testing.assert_allclose(state.image, expected, atol=1e-9)


def test_only_clipping_at_the_end_leaves_the_range(x64):
    start = jnp.full((4, 4, 3), 0.5)
    reached = {
        clipping: run(far, start, TorchLBFGS(clipping=clipping), 40)[-1].image
        for clipping in ("step", "evaluation", "end")
    }
    assert reached["end"].max() > 1.2
    for clipping in ("step", "evaluation"):
        assert reached[clipping].max() <= 1


def test_the_ends(x64):
    start = jnp.full((4, 4, 3), 0.5)
    assert run(bowl, jnp.asarray(CENTRE), TorchLBFGS(), 1)[-1].status == CONVERGED
    diverged = run(lambda x: jnp.log(jnp.min(x) - 0.49) - 100 * x.sum(), start, TorchLBFGS(clipping="end"), 1)[-1]
    assert jnp.isfinite(diverged.loss)
    broken = run(lambda x: jnp.sum(jnp.where(x > 0.5, jnp.nan, -x)), start, TorchLBFGS(), 2)[-1]
    assert broken.status == DIVERGED
    np.testing.assert_array_equal(broken.image, start)
