"""The phases of the steps at one scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.recipes.phases import HUBER_FRACTION, Phase, phases
from nst_jax.recipes.recipe import Recipe

jitters, hubers, numbers = st.none() | st.floats(0, 1), st.sampled_from([0.0, 0.1]), st.integers(1, 500)


@given(jitters, hubers, numbers, st.booleans())
def test_the_steps_of_all_phases_add_up(jitter, huber, steps, is_last_scale):
    parts = phases(Recipe(jitter=jitter, style_huber=huber), steps, is_last_scale=is_last_scale)
    assert sum(phase.steps for phase in parts) == steps
    assert all(phase.steps >= 1 for phase in parts)
    assert 1 <= len(parts) <= 2
    assert len({(phase.huber, phase.jitter) for phase in parts}) == len(parts)


@given(jitters, hubers, numbers)
def test_the_last_phase_of_the_last_scale_has_no_hubers_loss(jitter, huber, steps):
    """Without jitter and with `style_huber` 0, no phase has it, whatever `Phase.huber` is."""
    last = phases(Recipe(jitter=jitter, style_huber=huber), steps, is_last_scale=True)[-1]
    assert not (last.huber and huber)


@given(jitters, hubers, numbers)
def test_all_steps_of_coarser_scales_have_hubers_loss(jitter, huber, steps):
    parts = phases(Recipe(jitter=jitter, style_huber=huber), steps, is_last_scale=False)
    assert all(phase.huber for phase in parts)


@given(jitters, hubers, numbers, st.booleans())
def test_jitter_is_in_the_given_fraction_of_the_steps_at_the_end(jitter, huber, steps, is_last_scale):
    recipe = Recipe(jitter=jitter, style_huber=huber)
    parts = phases(recipe, steps, is_last_scale=is_last_scale)
    with_jitter = [phase for phase in parts if phase.jitter]
    assert sum(phase.steps for phase in with_jitter) == int(recipe.jitter_fraction * steps)
    assert all(phase is parts[-1] for phase in with_jitter)


@pytest.mark.parametrize(
    ("jitter", "huber", "steps", "is_last_scale", "expected"),
    [
        (0.5, 0.1, 90, True, (Phase(45, True, False), Phase(45, False, True))),
        (0.5, 0.1, 90, False, (Phase(45, True, False), Phase(45, True, True))),
        (1.0, 0.1, 90, True, (Phase(90, False, True),)),
        (0.0, 0.1, 100, True, (Phase(int(100 * HUBER_FRACTION), True, False), Phase(25, False, False))),
        (0.0, 0.1, 100, False, (Phase(100, True, False),)),
        (0.0, 0.1, 1, True, (Phase(1, False, False),)),
        (0.5, 0.1, 1, True, (Phase(1, False, False),)),
    ],
)
def test_phases_by_hand(jitter, huber, steps, is_last_scale, expected):
    assert phases(Recipe(jitter=jitter, style_huber=huber), steps, is_last_scale=is_last_scale) == expected
