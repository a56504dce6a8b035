"""The benchmark of the memory that many shapes take."""

import pytest

from benchmarks import memory_of_shapes
from nst_jax.objective import programs


@pytest.mark.slow
def test_a_row_for_each_count(tiny_network, monkeypatch):
    monkeypatch.setattr(programs, "MOST_PROBLEMS", programs.MOST_PROBLEMS)
    rows = list(memory_of_shapes.measure(tiny_network, (1, 3), 2))
    assert [row.shapes for row in rows] == [1, 3]
    assert rows[0].highest <= rows[1].highest
    assert all(row.programs > 0 and row.megabytes <= row.highest for row in rows)
