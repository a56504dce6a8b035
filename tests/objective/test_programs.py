"""Compiled programs are kept for a bounded number of problems, and then forgotten without a remainder."""

import gc
import itertools
import subprocess
import sys
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nst_jax
from nst_jax.objective import programs
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

STYLE = picture(2, *STYLE_SHAPE)


@pytest.fixture
def own_problems(monkeypatch):
    """A bound of two problems, and programs of this test alone."""
    monkeypatch.setattr(programs, "MOST_PROBLEMS", 2)
    monkeypatch.setattr(programs, "_problems", set())
    monkeypatch.setattr(programs, "_programs", [])


def compiled_programs() -> int:
    gc.collect()
    return len(jax.devices()[0].client.live_executables())


def test_a_program_does_what_the_function_does(own_problems):
    @programs.program(static_argnames="power")
    def powered(values, power):
        """Return a power."""
        return values**power

    np.testing.assert_array_equal(powered(jnp.arange(3.0), power=2), [0, 1, 4])
    assert powered.__name__ == "powered"
    assert powered._cache_size() == 1


def test_programs_are_forgotten_when_there_are_too_many_problems(own_problems):
    @programs.program()
    def doubled(values):
        return 2 * values

    sizes = []
    for shape in (3, 4, 3, 4, 5, 6, 3):
        programs.make_room(shape)
        doubled(jnp.zeros(shape))
        sizes.append(doubled._cache_size())
    assert sizes == [1, 2, 2, 2, 1, 2, 1]


def test_other_programs_are_left_alone(own_problems):
    theirs = jax.jit(lambda values: values + 1)
    theirs(jnp.zeros(3))
    programs.forget()
    assert theirs._cache_size() == 1


def test_jax_forgets_its_records_every_few_rounds(own_problems, monkeypatch):
    cleared = []
    monkeypatch.setattr(jax, "clear_caches", lambda: cleared.append(problem))
    monkeypatch.setattr(programs, "_rounds", itertools.count(1))
    monkeypatch.setattr(programs, "ROUNDS", 3)
    for problem in range(17):
        programs.make_room(problem)
    # A round is two problems; the first two begin without forgetting.
    assert cleared == [6, 12]


@pytest.mark.slow
def test_threads_may_make_room_at_once(own_problems):
    @programs.program()
    def doubled(values):
        return 2 * values

    results = {}

    def work(number):
        for shape in range(1, 6):
            programs.make_room((number, shape))
            results[number, shape] = np.asarray(doubled(jnp.full(shape, number)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 20
    assert all((values == 2 * number).all() for (number, _), values in results.items())


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "lbfgs", "jitter": 0.5, "init": "noise"},
        {"optimizer": "lbfgs-fixed", "init": "grey", "color": "match"},
        {"optimizer": "adam", "jitter": None, "average": 0.9, "min_size": 24, "carry_moments": True},
        {"color": "luminance", "style_strength": 0.5, "batch": True},
        {"style_statistic": "wasserstein", "relative": False, "tuned_for": "caffe", "mask": True, "jitter": 1.0},
    ],
    ids=str,
)
def test_nothing_that_depends_on_shapes_stays_after_forgetting(tiny_network, changes):
    """Every operation on arrays of the pictures' shapes is part of a program; jax keeps others for ever."""
    changes = dict(changes)
    mask, batch = changes.pop("mask", False), changes.pop("batch", False)
    steps = changes.pop("steps", 4)

    def run(height, width):
        content = picture(1, height, width)
        options = QUICK | {"size": 0, "steps": steps, "coarse_steps": 2} | changes
        if mask:
            options["content_mask"] = np.arange(width, dtype=np.float32)[None].repeat(height, 0) / width
            options["style_masks"] = [np.ones(STYLE_SHAPE, np.float32)]
        contents = [content, content[::-1]] if batch else [content]
        for result in nst_jax.stylize_batch(contents, STYLE, network=tiny_network, **options):
            assert result.picture.shape == content.shape

    counts = []
    for shape in ((44, 61), (45, 62), (46, 67)):
        run(*shape)
        programs.forget()
        counts.append(compiled_programs())
    assert counts[1] == counts[2]


# In a process of its own, because the tests share the programs of this one.
_MANY = """
import gc, sys
import jax, numpy as np, nst_jax
from nst_jax.networks.weights.random_init import random_network
from nst_jax.objective import programs
programs.MOST_PROBLEMS = 2
network, style = random_network((4, 4, 6, 6, 8), seed=1), np.full((50, 40, 3), 0.5, np.float32)
counts = []
for width in range(40, 47):
    content = np.linspace(0, 1, 32 * width * 3, dtype=np.float32).reshape(32, width, 3)
    layers = {"content_layers": ["relu2_2"], "style_layers": ["relu1_1"]}
    nst_jax.stylize(content, style, network=network, size=0, steps=2, **layers)
    gc.collect()
    counts.append(len(jax.devices()[0].client.live_executables()))
print(*counts)
"""


@pytest.mark.slow
def test_a_process_that_meets_many_shapes_keeps_the_programs_of_a_few():
    done = subprocess.run([sys.executable, "-c", _MANY], check=True, capture_output=True, text=True)
    counts = [*map(int, done.stdout.split())]
    assert len(counts) == 7
    # The bound is reached with every second shape.
    assert counts[1] > counts[0]
    assert max(counts[2:]) <= counts[1] + 2
    assert counts[2] == counts[4] == counts[6]


@pytest.mark.slow
def test_a_run_is_the_same_after_its_programs_were_forgotten(tiny_network):
    content = picture(1, *CONTENT_SHAPE)
    first, other = [], []
    for number, progress in enumerate(nst_jax.stylize_steps(content, STYLE, network=tiny_network, every=4, **QUICK)):
        first.append(progress.partial_result.picture)
        if number == 0:
            programs.forget()
    for progress in nst_jax.stylize_steps(content, STYLE, network=tiny_network, every=4, **QUICK):
        other.append(progress.partial_result.picture)
    np.testing.assert_array_equal(first[-1], other[-1])
