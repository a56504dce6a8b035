"""Programs on disk: found by a new process, and compiled again whatever is wrong with the file."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.objective import program_files, programs, stored_programs
from nst_jax.objective.stored_programs import FOLDER, stored_program


class Pair(NamedTuple):
    """An output with a structure of its own."""

    total: jax.Array
    parts: dict[str, jax.Array]


TRACES = []


def make():
    """Return a new program, as a new process would have it."""

    @stored_program(static=("twice",))
    def summed(values, offset, twice=False):
        TRACES.append(values.shape)
        values = 2 * values if twice else values
        return Pair(jnp.sum(values) + offset, {"doubled": 2 * values})

    return summed


@pytest.fixture
def folder(tmp_path, monkeypatch):
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    monkeypatch.setattr(jax, "devices", lambda *_: jax.local_devices()[:1])
    TRACES.clear()
    yield tmp_path / FOLDER
    jax.config.update("jax_compilation_cache_dir", before)


VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


def check(result, factor=1):
    """Check a result of `summed` with an offset of 1."""
    assert isinstance(result, Pair)
    assert float(result.total) == factor * VALUES.sum() + 1
    np.testing.assert_array_equal(result.parts["doubled"], 2 * factor * VALUES)


def test_a_new_process_finds_the_program_without_tracing(folder):
    check(make()(VALUES, np.float32(1)))
    check(make()(VALUES, np.float32(1)))
    assert len(TRACES) == 1
    assert len(list(folder.iterdir())) == 1


def test_a_program_that_is_prepared_by_shapes_is_there_for_the_call(folder):
    summed = make()
    summed.prepare(jax.ShapeDtypeStruct(VALUES.shape, jnp.float32), np.float32(1), twice=True)
    assert len(TRACES) == 1
    check(summed(jnp.asarray(VALUES), np.float32(1), twice=True), factor=2)
    assert len(TRACES) == 1


def test_two_threads_that_need_a_program_trace_it_once(folder):
    summed = make()
    both = threading.Barrier(2)

    def call():
        both.wait()
        return summed(VALUES, np.float32(1))

    with ThreadPoolExecutor(2) as threads:
        for result in [threads.submit(call) for _ in range(2)]:
            check(result.result())
    assert len(TRACES) == 1


def test_other_shapes_and_static_arguments_are_other_programs(folder):
    summed = make()
    check(summed(VALUES, np.float32(1)))
    check(summed(VALUES, np.float32(1), twice=True), factor=2)
    summed(VALUES[:1], np.float32(1))
    assert len(TRACES) == len(list(folder.iterdir())) == 3


def test_another_processor_has_programs_of_its_own(folder, monkeypatch):
    check(make()(VALUES, np.float32(1)))
    monkeypatch.setattr(stored_programs, "processor_hash", lambda: "another")
    check(make()(VALUES, np.float32(1)))
    assert len(TRACES) == len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"no program", None])
def test_a_damaged_file_is_replaced(folder, content):
    check(make()(VALUES, np.float32(1)))
    (path,) = folder.iterdir()
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2] if content is None else content)
    check(make()(VALUES, np.float32(1)))
    assert len(TRACES) == 2
    check(make()(VALUES, np.float32(1)))
    assert len(TRACES) == 2


def test_the_oldest_files_are_deleted(folder, monkeypatch):
    monkeypatch.setattr(program_files, "MOST_FILES", 2)
    for width in range(1, 4):
        make()(np.ones((1, width), np.float32), np.float32(0))
    assert len(list(folder.iterdir())) == 2


def test_within_another_program_it_is_traced(folder):
    summed = make()
    assert float(jax.jit(lambda values: summed(values, 1.0).total)(VALUES)) == VALUES.sum() + 1
    assert not folder.exists()


def test_without_a_cache_folder_nothing_is_written(folder):
    jax.config.update("jax_compilation_cache_dir", None)
    check(make()(VALUES, np.float32(1)))
    assert not folder.exists()


def test_programs_in_memory_are_forgotten_with_the_others(folder):
    summed = make()
    check(summed(VALUES, np.float32(1)))
    assert summed._loaded
    programs.forget()
    assert not summed._loaded
    check(summed(VALUES, np.float32(1)))
    assert len(TRACES) == 1


def test_a_donated_argument_is_freed_also_when_the_program_comes_from_disk(folder):
    def moved():
        @stored_program(donate=(1,))
        def added(step, pair):
            return Pair(pair.total + step, {"doubled": pair.parts["doubled"] * 2})

        return added

    for _ in range(2):
        pair = Pair(jnp.ones(()), {"doubled": jnp.ones((3,))})
        result = moved()(2, pair)
        assert float(result.total) == 3
        assert pair.parts["doubled"].is_deleted()
    assert len(list(folder.iterdir())) == 1


def test_a_program_that_calls_python_is_not_stored(folder):
    seen = []

    @stored_program()
    def watched(values):
        jax.debug.callback(lambda total: seen.append(float(total)), jnp.sum(values))
        return values + 1

    np.testing.assert_array_equal(watched(VALUES), VALUES + 1)
    jax.effects_barrier()
    assert seen == [VALUES.sum()]
    assert not folder.exists()


def test_jax_does_not_keep_the_program_as_well(folder):
    before = jax.config.jax_persistent_cache_min_compile_time_secs
    make()(VALUES, np.float32(1))
    assert not list(folder.parent.glob("*-cache"))
    assert jax.config.jax_persistent_cache_min_compile_time_secs == before


# Solves a triangular system by LAPACK, and prints the solution and how often the program was traced.
SOLVER = """
import sys
import jax
import jax.numpy as jnp
from nst_jax.objective.stored_programs import stored_program

jax.config.update("jax_compilation_cache_dir", sys.argv[1])
traces = []

@stored_program()
def solve(matrix, vector):
    traces.append(1)
    return jax.scipy.linalg.solve_triangular(matrix, vector, lower=True)

print(solve(jnp.array([[2.0, 0.0], [1.0, 4.0]]), jnp.array([2.0, 9.0])).tolist(), len(traces))
"""


def test_a_new_process_finds_the_library_that_a_program_calls(tmp_path):
    """jax finds LAPACK's functions when it lowers a call; without that, the second process ends by a signal."""
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", SOLVER, str(tmp_path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split("\n")[0] == "[1.0, 2.0] 1"
    assert len(list((tmp_path / FOLDER).iterdir())) == 1
