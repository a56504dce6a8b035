"""The measurement of the start: a process is measured until it compiles, and one that compiles nothing is an error."""

import pytest

from benchmarks import startup

MARKER = f"import sys; print({startup.COMPILING!r}, file=sys.stderr, flush=True); "


def case(code: str) -> startup._Case:
    return startup._Case("a program", "empty", ("-c", code), "NST_JAX_CACHE")


def test_a_process_is_ended_when_it_compiles(tmp_path):
    """Else this would last for ever."""
    cpu, wall = startup._run(case(MARKER + "\nwhile True: pass"), tmp_path)
    assert cpu > 0
    assert wall > 0


@pytest.mark.parametrize("to_the_end", [False, True])
def test_a_process_that_compiles_nothing_is_an_error_with_what_it_said(tmp_path, to_the_end):
    with pytest.raises(ChildProcessError, match="no picture"):
        startup._run(case("import sys; sys.exit('no picture')"), tmp_path, to_the_end)


def test_a_process_that_fails_after_it_has_compiled_fills_no_cache(tmp_path):
    with pytest.raises(ChildProcessError, match="no picture"):
        startup._run(case(MARKER + "sys.exit('no picture')"), tmp_path, to_the_end=True)


@pytest.mark.slow
def test_all_programs_are_compared_with_the_import_of_jax():
    first, *others = startup.measure(1)
    assert (first.program, first.cpu_more, first.wall_more, first.least_more) == ("import jax", 0, 0, 0)
    assert {(row.program, row.cache) for row in others} == {
        (program, cache) for program in ("nst_jax.stylize", "stylize.py") for cache in ("empty", "filled")
    }
    assert all(row.cpu_more == row.least_more == pytest.approx(row.cpu - first.cpu) for row in others)
