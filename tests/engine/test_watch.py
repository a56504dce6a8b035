"""What a watch is told: the plan before the first step, and the progress of each evaluation in tiles."""

import pytest

import nst_jax
from nst_jax.engine.memory_plan import MemoryPlan
from nst_jax.engine.watch import StepProgress
from nst_jax.engine.work import step_work
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)
SETTINGS = QUICK | {"steps": 3, "coarse_steps": 2, "min_size": 16, "jitter": 0.5}


class Recorder:
    """Notes all that it is told; raises after so many evaluated windows."""

    def __init__(self, most=None):
        self.plans, self.fractions, self.most = [], [], most

    def planned(self, plan):
        assert not self.fractions
        self.plans.append(plan)

    def evaluated(self, fraction):
        self.fractions.append(fraction)
        if self.most is not None and len(self.fractions) > self.most:
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize("anew", [False, True])
def test_each_evaluation_in_tiles_is_reported_from_its_first_window_to_its_last(tiny_network, anew, monkeypatch):
    if anew:
        from nst_jax.engine import scale_problem

        real = scale_problem.plan_memory
        monkeypatch.setattr(scale_problem, "plan_memory", lambda *given: real(*given)._replace(recompute=True))
    watch = Recorder()
    nst_jax.stylize(CONTENT, STYLE, Recipe(**SETTINGS, tile=16), network=tiny_network, watch=watch)
    (plan,) = watch.plans
    assert plan.memory[-1].tile == 16
    assert plan.needed == max(memory.needed for memory in plan.memory)
    evaluations, before = 0, 1.0
    for fraction in watch.fractions:
        assert 0 < fraction <= 1
        assert fraction > before or before == pytest.approx(1)
        evaluations += fraction == pytest.approx(1)
        before = fraction
    tiled = [steps for steps, memory in zip((2, 3), plan.memory, strict=True) if memory.tile]
    # With features computed anew, steps without jitter end before the work that those would take.
    assert (0 < evaluations <= sum(tiled)) if anew else (evaluations == sum(tiled))


def test_without_tiles_only_the_plan_is_told(tiny_network):
    watch = Recorder()
    result = nst_jax.stylize(CONTENT, STYLE, Recipe(**SETTINGS, tile="off"), network=tiny_network, watch=watch)
    assert [memory.tile for memory in watch.plans[0].memory] == [None] * len(watch.plans[0].sizes)
    assert tuple(watch.plans[0].sizes[-1]) == result.picture.shape[:2]
    assert not watch.fractions


@pytest.mark.slow
def test_an_exception_of_the_watch_ends_the_run_within_a_step(tiny_network):
    watch = Recorder(most=3)
    with pytest.raises(KeyboardInterrupt):
        nst_jax.stylize(CONTENT, STYLE, Recipe(**SETTINGS, tile=16), network=tiny_network, watch=watch)
    assert len(watch.fractions) == 4


def test_nobody_need_watch():
    StepProgress(None, 1.0).done((), 5.0)


def test_the_work_of_tiles_is_that_of_the_whole_and_their_margins():
    recipe, size = Recipe(), Scale(1536, 2048)
    whole = step_work(recipe, size, MemoryPlan(None, False, 0))
    works = [step_work(recipe, size, MemoryPlan(tile, False, 0)) / whole for tile in (1024, 512, 256, 128)]
    assert 1 < works[0] < 1.5
    assert works == sorted(works)
    assert step_work(recipe, size, MemoryPlan(512, True, 0)) / whole > works[1]
    assert step_work(Recipe(jitter=0), size, MemoryPlan(512, True, 0)) / whole == works[1]
