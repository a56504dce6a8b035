"""The benchmark of `--cluster local`: what it measures, and on Ray itself that it runs."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import cluster
from benchmarks.cluster_commands import Cluster
from benchmarks.idle_painter import IdlePainter
from nst_jax.cluster.workers import WorkerNeeds


@pytest.fixture
def commands(monkeypatch) -> list[str]:
    """The kind of each command that was run; each makes eight pictures, which take 2 s or, with Ray, 3 s."""
    ran: list[str] = []

    def run(work: Path, *words: str) -> float:
        output = Path(words[words.index("-o") + 1])
        way = "cluster" if "--cluster" in words else "folder"
        assert len(list((work / "photos").iterdir())) == 8
        if output.exists():
            ran.append("again")
            return 4.0
        ran.append(way)
        output.mkdir()
        for number in range(8):
            path = output / f"{number}.png"
            path.touch()
            os.utime(path, (0, 100 + (3 if way == "cluster" else 2) * number))
        return 30.0 if way == "cluster" else 20.0

    monkeypatch.setattr(cluster, "_run", run)
    return ran


def test_the_overhead_is_that_of_the_time_between_results(commands):
    row = cluster.overhead(8, 16, 2, 4, ())
    assert commands == ["folder", "cluster", *["folder", "cluster", "again"] * 2]
    assert (row.pictures, row.size) == (8, 16)
    assert (row.folder, row.cluster, row.overhead_percent) == (2.0, 3.0, pytest.approx(50))
    assert (row.folder_command, row.cluster_command, row.again) == (20.0, 30.0, 4.0)


def test_the_command_prints_three_tables_and_keeps_them(commands, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(cluster, "start", lambda size, _: cluster.Start(size, 8.0, 2.0, 1.0, 0.25))
    monkeypatch.setattr(cluster, "store", lambda shards: cluster.Store(shards, 1.0, 200.0, 3.0))
    Cluster(pictures=8, sizes=(16,), rounds=1, json=tmp_path / "cluster.json").run()
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("| --- ") for line in lines) == 3
    assert '"store_megabytes": 3.0' in (tmp_path / "cluster.json").read_text()


def test_an_idle_worker_gives_the_rows_of_a_working_one():
    from nst_jax.cluster.painter import Painter

    needs = WorkerNeeds(cpus=1, gpus=0.0, least=1, most=1)
    # A worker that was asked to stop gives its row without any work.
    stopped = Painter("nowhere", "run", needs, "/nowhere")({"shard": np.array(["a"])})
    idle = IdlePainter("nowhere", "run", needs)({"shard": np.array(["a"])})
    assert {name: value.dtype.kind for name, value in idle.items()} == {
        name: value.dtype.kind for name, value in stopped.items()
    }


@pytest.mark.cluster
def test_the_memory_of_ray_does_not_depend_on_pictures():
    pytest.importorskip("ray")
    row = cluster.store(40)
    assert row.shards == 40
    assert row.driver_megabytes < 1000
    assert 0 < row.store_megabytes < 50


@pytest.mark.cluster
def test_a_plan_of_a_million_pictures_fits_into_the_memory():
    pytest.importorskip("pyarrow")
    pytest.importorskip("fsspec")
    from benchmarks import planning

    row = planning.measure(1_000_000)
    assert row.pictures == 1_000_000
    assert row.megabytes < 1000
