"""Compilation ahead: what the thread compiles is all that the run needs, and the result is the same."""

import dataclasses
import threading

import jax
import numpy as np
import pytest

import nst_jax
from nst_jax import images
from nst_jax.engine import batch_targets, batched, compile_ahead
from nst_jax.engine.problem import Problem
from nst_jax.engine.scale_problem import prepare
from nst_jax.objective import programs
from nst_jax.recipes.recipe import Recipe
from tests.conftest import QUICK, picture

CONTENT, STYLE = picture(1, 48, 40), picture(2, 40, 48)
# L-BFGS, and Adam for the steps with jitter.
RECIPE = Recipe(**QUICK | {"steps": 4, "jitter": 0.5, "scales": 1})
REGIONS = np.zeros((48, 40, 3), np.float32)
REGIONS[:24], REGIONS[24:, :, 0] = 1, 1


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder in which programs are kept, two cores, and no image too small."""
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    monkeypatch.setattr(compile_ahead, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(compile_ahead, "usable_cores", lambda: [0, 1])
    programs.forget()
    yield
    programs.forget()
    jax.config.update("jax_compilation_cache_dir", before)


def counts(*, first_scale=0):
    """Count the programs; those of the targets without those of the first scale, which a run compiles by itself."""
    targets = batch_targets.measure_batch.count() - first_scale
    return batched.evaluate_batch.count(), batched.take_step_of_all.count(), targets


@pytest.fixture
def after_threads(monkeypatch):
    """Run each thread to its end where it is started; the number of programs after each of them."""
    seen = []

    class AtOnce:
        def __init__(self, target, args, **_):
            self.call = lambda: target(*args)

        def start(self):
            self.call()
            seen.append(counts())

    monkeypatch.setattr(compile_ahead.threading, "Thread", AtOnce)
    return seen


PROBLEMS = {
    "two sizes": {"scales": 2, "min_size": 24, "coarse_steps": 4},
    "Adam": {"optimizer": "adam", "recolor_content": True},
    "no Huber loss": {"style_huber": 0.0, "jitter": 0.0},
    "Gram matrices": {"style_statistic": "gram", "init": "noise", "jitter": 0.0},
    "strength": {"style_strength": 0.5, "jitter": 0.0},
    "several styles": {"jitter": 0.0, "style": [STYLE, STYLE[::-1]]},
    "masks": {"style": [STYLE, STYLE[::-1]], "content_mask": REGIONS},
    "colors of each content": {"color": "match", "jitter": 0.0},
}


SLOW = [pytest.param(each, marks=pytest.mark.slow) for each in PROBLEMS if each != "strength"]


@pytest.mark.parametrize("problem", ["strength", *SLOW])
def test_a_run_needs_the_programs_that_are_compiled_ahead_and_no_others(problem, tiny_network, after_threads):
    options = {"style": STYLE} | PROBLEMS[problem]
    nst_jax.stylize(CONTENT, recipe=RECIPE, network=tiny_network, **options)
    assert after_threads == [counts(first_scale=1)]
    assert min(counts()) > 0
    assert counts()[2] == options.get("scales", 1)


@pytest.mark.slow
def test_a_batch_needs_the_programs_that_are_compiled_ahead(tiny_network, after_threads):
    nst_jax.stylize_batch([CONTENT, CONTENT[::-1]], STYLE, RECIPE, network=tiny_network)
    assert after_threads == [counts(first_scale=1)]


def prepared(network, **changes):
    """Return the images of a run, ready for its scales."""
    recipe = dataclasses.replace(RECIPE, **changes)
    return prepare(
        Problem(contents=[images.read(CONTENT)], styles=[images.read(STYLE)], recipe=recipe, weights=network)
    )


def test_the_same_run_begins_no_other_thread(tiny_network, after_threads, monkeypatch):
    for name in ("_compile_measurement", "_compile_evaluation", "_compile_step"):
        monkeypatch.setattr(compile_ahead, name, lambda *_: None)

    def run(first=0, **changes):
        with compile_ahead.compiled_ahead(prepared(tiny_network, **changes), first):
            pass
        return len(after_threads)

    scales = {"scales": 2, "min_size": 24}
    assert [run(), run(), run(jitter=0.0), run(), run(1, **scales), run(**scales)] == [1, 1, 2, 2, 3, 4]
    programs.forget()
    assert run() == 5


def test_after_the_run_no_other_program_is_begun(tiny_network, monkeypatch):
    begun, stop = [], threading.Event()

    def begin(*_):
        begun.append(1)
        stop.set()

    for name in ("_compile_measurement", "_compile_evaluation", "_compile_step"):
        monkeypatch.setattr(compile_ahead, name, begin)
    compile_ahead._compile_scales(prepared(tiny_network, scales=2, min_size=24), 0, stop)
    assert begun == [1]


@pytest.mark.slow
def test_with_a_thread_the_picture_has_the_same_bytes(tiny_network, monkeypatch):
    ahead = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network).picture
    programs.forget()
    monkeypatch.setattr(compile_ahead, "usable_cores", lambda: [0])
    np.testing.assert_array_equal(nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network).picture, ahead)


def test_what_fails_in_the_thread_is_compiled_by_the_run(tiny_network, after_threads, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(compile_ahead, "_compile_evaluation", fail)
    assert np.isfinite(nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network).picture).all()
    assert after_threads == [(0, 0, 0)]


def test_a_thread_is_worthwhile_for_large_images_and_kept_programs(tiny_network, monkeypatch):
    assert compile_ahead._is_worthwhile(prepared(tiny_network))
    assert not compile_ahead._is_worthwhile(prepared(tiny_network, tile="32"))
    with monkeypatch.context() as patch:
        patch.setattr(compile_ahead, "usable_cores", lambda: [0])
        assert not compile_ahead._is_worthwhile(prepared(tiny_network))
    with monkeypatch.context() as patch:
        patch.setattr(compile_ahead, "has_accelerator", lambda: True)
        assert not compile_ahead._is_worthwhile(prepared(tiny_network))
    pixels = 48 * 40
    monkeypatch.setattr(compile_ahead, "WORTH_A_THREAD", 4 * pixels)
    assert compile_ahead._is_worthwhile(prepared(tiny_network))
    assert not compile_ahead._is_worthwhile(prepared(tiny_network, steps=3))
    jax.config.update("jax_compilation_cache_dir", None)
    assert not compile_ahead._is_worthwhile(prepared(tiny_network))


@pytest.mark.slow
def test_a_run_that_ends_early_lets_no_further_program_be_compiled(tiny_network, after_threads, monkeypatch):
    stops, steps = [], []
    compile_scales, compile_step = compile_ahead._compile_scales, compile_ahead._compile_step

    def recorded(inputs, first, stop):
        stops.append(stop)
        compile_scales(inputs, first, stop)

    def last(*arguments):
        steps.append(1)
        compile_step(*arguments)
        stops[0].set()

    monkeypatch.setattr(compile_ahead, "_compile_scales", recorded)
    monkeypatch.setattr(compile_ahead, "_compile_step", last)
    nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network)
    assert steps == [1]
