"""Measurements in new processes."""

import os

import pytest

from benchmarks.processes import in_new_processes


def number_and_process(number: int) -> tuple[int, int]:
    return 2 * number, os.getpid()


def test_each_call_has_a_process_of_its_own():
    results = list(in_new_processes(2, number_and_process, 21))
    assert [number for number, _ in results] == [42, 42]
    assert len({process for _, process in results} | {os.getpid()}) == 3


def test_errors_reach_the_caller():
    with pytest.raises(ValueError, match="invalid literal"):
        list(in_new_processes(1, int, "x"))
