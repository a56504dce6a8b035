"""An accelerator whose memory is used up at one scale begins that scale anew in tiles, and then in smaller ones."""

import jax
import numpy as np
import pytest

import nst_jax
from nst_jax.engine import batched, memory_plan, multiscale
from nst_jax.engine.memory_plan import MemoryPlan, smaller_plan
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)
SETTINGS = QUICK | {"steps": 4, "coarse_steps": 3, "min_size": 16, "jitter": 1.0}


@pytest.fixture
def small_device(monkeypatch):
    """An accelerator on which the final scale fits only in tiles of 8 pixels; returns the tiles of all chunks.

    The memory is used up in the second chunk of the scale, when its record has begun.
    """
    seen, real = [], batched.run_chunk

    def run_chunk(state, count, *args, tile, **options):
        seen.append(tile)
        height = state.trial.shape[1]
        if height == 32 and tile != 8 and options["first"] > 0:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 12345 bytes.")
        return real(state, count, *args, tile=tile, **options)

    monkeypatch.setattr(batched, "run_chunk", run_chunk)
    monkeypatch.setattr(multiscale, "has_accelerator", lambda: True)
    monkeypatch.setattr(memory_plan, "TILES", (24, 8))
    return seen


def steps_of(network, **changes):
    recipe = Recipe(**SETTINGS | changes)
    return [*nst_jax.stylize_steps(CONTENT, STYLE, recipe, network=network, every=1)]


@pytest.mark.slow
def test_a_scale_that_does_not_fit_is_computed_in_smaller_and_smaller_tiles(tiny_network, small_device, monkeypatch):
    with pytest.warns(UserWarning, match="starts again in tiles of") as caught:
        progress = steps_of(tiny_network)
    sides = [int(str(warning.message).split("tiles of ")[1].split()[0]) for warning in caught]
    assert sides == [24, 8]
    assert small_device[-1] == 8
    monkeypatch.undo()
    result, expected = progress[-1].result, steps_of(tiny_network, tile="off")[-1].result
    assert np.abs(result.picture - expected.picture).mean() < 1e-3
    np.testing.assert_allclose(result.losses.total, expected.losses.total, rtol=1e-2)
    assert len(result.losses.total) == result.steps == progress[-1].total_steps


@pytest.mark.parametrize("changes", [{"tile": "off"}, {"tile": "24"}])
def test_tiles_that_the_user_has_chosen_stay(tiny_network, small_device, changes):
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        steps_of(tiny_network, **changes)


def test_on_a_cpu_the_run_ends(tiny_network, small_device, monkeypatch):
    monkeypatch.setattr(multiscale, "has_accelerator", lambda: False)
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        steps_of(tiny_network)


def test_other_errors_are_not_taken_for_it(tiny_network, monkeypatch):
    def fail(*_, **__):
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")

    monkeypatch.setattr(batched, "run_chunk", fail)
    monkeypatch.setattr(multiscale, "has_accelerator", lambda: True)
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        steps_of(tiny_network)


def test_plans_become_smaller_until_nothing_is_left_to_try(tiny_network):
    recipe, size = Recipe(), Scale(600, 900)
    plan, seen = MemoryPlan(None, False, 0), []
    while (plan := smaller_plan(tiny_network, recipe, size, plan)) is not None:
        seen.append(plan)
    assert [(plan.tile, plan.recompute) for plan in seen] == [(384, False), (128, False), (128, True)]
    assert [plan.needed for plan in seen] == sorted((plan.needed for plan in seen), reverse=True)
    assert smaller_plan(tiny_network, Recipe(tile="off"), size, MemoryPlan(None, False, 0)) is None
    assert smaller_plan(tiny_network, recipe, Scale(100, 100), MemoryPlan(None, False, 0)) is None
