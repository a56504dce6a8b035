"""An orderly end of workers: they are asked, and waited for."""

import subprocess
import sys
import threading

import pytest

from nst_jax.cluster.painter import Painter
from nst_jax.cluster.stopping import REQUEST, is_stopped, stop_workers, working
from nst_jax.cluster.workers import WorkerNeeds
from tests.cluster.conftest import COUNT, planned, results

# Works until its standard input ends, and says whether it was asked to stop.
WORK = """
import sys
from nst_jax.cluster.stopping import is_stopped, working
folder = sys.argv[1]
with working(folder):
    print("working", flush=True)
    sys.stdin.read()
    print(is_stopped(folder), flush=True)
"""


@pytest.fixture
def worker(tmp_path):
    """A process that works, and the folder by which it is stopped."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path)], text=True, **pipes) as process:
        assert process.stdout.readline() == "working\n"
        yield process, str(tmp_path)
        process.kill()


def test_a_worker_is_asked_and_waited_for(worker):
    process, folder = worker
    assert not stop_workers(folder, 0.0)
    assert is_stopped(folder)
    waiting = threading.Thread(target=stop_workers, args=(folder, 60.0))
    waiting.start()
    assert process.communicate()[0] == "True\n"
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_killed_worker_is_not_waited_for(worker):
    process, folder = worker
    process.kill()
    process.wait()
    assert stop_workers(folder, 60.0)


def test_without_a_driver_on_this_machine_nothing_stops(tmp_path):
    assert not is_stopped("")
    with working(""):
        pass
    gone = str(tmp_path / "gone")
    # The driver has deleted it: there is nobody left to work for.
    assert is_stopped(gone)
    assert stop_workers(gone, 0.0)
    with working(gone):
        pass


def test_a_worker_that_is_stopped_notes_what_it_has_written(photos, tmp_path, monkeypatch):
    from nst_jax.cluster.status import read_status
    from nst_jax.cluster.storage import Storage

    output, plan = planned("out", shard_size=COUNT)
    folder = tmp_path / "stop"
    folder.mkdir()
    real = Storage.write

    def write(self, key, data):
        real(self, key, data)
        if key.endswith(".png") and "/" not in key:
            (folder / REQUEST).touch()

    monkeypatch.setattr("nst_jax.cluster.painter.claim_cores", lambda _: [0])
    needs = WorkerNeeds(cpus=1, gpus=0.0, least=1, most=1)
    painter = Painter(output.given, "run", needs, str(folder))
    (shard,) = plan.shard_names()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Storage, "write", write)
        row = painter({"shard": [shard]})
    made = results(output)
    assert 1 <= len(made) < COUNT
    assert (row["error"], row["done"]) == ("", 0)
    status = read_status(output, plan)
    assert (status.done, status.failed, status.running) == (len(made), 0, 1)
    # Another shard is not even begun.
    assert painter({"shard": [shard]})["error"] == ""
    assert read_status(output, plan).done == status.done
    (folder / REQUEST).unlink()
    assert painter({"shard": [shard]})["done"] == COUNT
    assert read_status(output, plan).is_finished
