"""Runs on Ray itself, with the faults of real clusters: what is there at the end is every picture, once and whole.

The processes that are killed are real ones; each test starts Ray with two cores and ends it.
"""

import errno
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nst_jax import images
from nst_jax.cluster.ledger import DONE, RUNNING, manifest, read_outcomes
from nst_jax.cluster.painter import Painter
from nst_jax.cluster.plan import read_plan
from nst_jax.cluster.status import failures, pending_shards, read_status
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.storage_faults import storage_errors
from nst_jax.cluster.workers import WorkerNeeds
from nst_jax.errors import InputError
from tests.cluster.conftest import COUNT, OPTIONS, planned, results
from tests.cluster.pipes import Gate, Pipe, tell, wait_at
from tests.integration.programs import ROOT, SCRIPT

ray = pytest.importorskip("ray")

pytestmark = [
    pytest.mark.cluster,
    # Ray leaves files open and warns of its own plans.
    pytest.mark.filterwarnings("ignore"),
]
# The command makes shards of this size, which it would choose larger.
SMALL = ["--shard-size", "2"]
WORDS = ["photos", "--style", "style.png", "-o", "out", *OPTIONS, *SMALL, "--cluster", "local"]


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """Workers find the tests, of which they get their painters; one of them is enough for each core."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")


@pytest.fixture
def machines():
    """A cluster whose head computes nothing, and two machines of one core; each may be removed."""
    from ray.cluster_utils import Cluster

    options = {"object_store_memory": 80 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **options})
    nodes = [cluster.add_node(num_cpus=1, **options) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    yield cluster, nodes
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def begun(image_folder):
    """A pipe to which each `WaitingPainter` writes the number of its process when it begins a batch."""
    pipe = Pipe(image_folder / "begun")
    yield pipe
    pipe.close()


@pytest.fixture
def gate(image_folder):
    """The gate that each `WaitingPainter` waits at then."""
    made = Gate(image_folder / "gate")
    yield made
    made.close()


class WaitingPainter(Painter):
    """Says when it begins a batch, and waits until the test lets it go on."""

    def __call__(self, batch):
        from nst_jax.cluster import shard
        from nst_jax.engine.run import run_problem

        folder = Path(self._address).parent

        def run(problem):
            tell(folder / "begun", str(os.getpid()))
            wait_at(folder / "gate")
            return run_problem(problem)

        shard.run_problem = run
        return super().__call__(batch)


class FullPainter(Painter):
    """Has an output on a disk that is full after the first picture."""

    def __call__(self, batch):
        real, written = Storage.write, []

        def write(storage, key, data):
            if key.endswith(".png") and "/" not in key:
                if written:
                    with storage_errors(storage.address):
                        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
                written.append(key)
            real(storage, key, data)

        Storage.write = write
        return super().__call__(batch)


class MortalPainter(Painter):
    """Kills its process in the middle of a picture, or of the first batch of the run."""

    name = "2.png"

    def __call__(self, batch):
        from nst_jax.batch import prefetch

        real = images.read

        def read(path):
            if path.name == self.name:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(path)

        prefetch.images = type("Images", (), {"read": staticmethod(read), "shape_of": staticmethod(images.shape_of)})
        return super().__call__(batch)


def make(output: Storage, painter: type[Painter], most: int = 2) -> list[dict]:
    from nst_jax.cluster import ray_engine

    needs = WorkerNeeds(cpus=1, gpus=0.0, least=1, most=most)
    shards = pending_shards(output, read_plan(output))
    return list(ray_engine.make_shards(output.given, shards, needs, "test", painter))


def assert_whole(output: Storage, names: set[str]) -> None:
    """Check that exactly these pictures are there, that each is whole, and that the manifest says so."""
    made = results(output)
    assert set(made) == names
    for data in made.values():
        images.read(data)
    rows = [row for _, entry in manifest(output) for row in read_outcomes(output, entry.key)]
    assert sorted(row.key for row in rows if row.outcome == DONE) == sorted(names)
    assert read_status(output).is_finished
    assert list(output.files(RUNNING)) == []


ALL = {f"{seed}.png" for seed in range(COUNT)}


def test_the_command_makes_the_bytes_of_folder_mode_and_ray_says_nothing(photos, stylize, bucket):
    assert stylize("photos", "--style", "style.png", "-o", "whole", *OPTIONS).returncode == 0
    words = ["photos", "--style", "style.png", "-o", f"{bucket}/out", *OPTIONS, "--cluster", "local"]
    done = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{COUNT} pictures are in {bucket}/out\n"
    assert results(Storage(f"{bucket}/out")) == {path.name: path.read_bytes() for path in Path("whole").glob("*.png")}
    for line in done.stderr.splitlines():
        assert line.startswith(("up to 1 workers", "programs were compiled", *map(str, range(10)))), done.stderr
    again = stylize(*words)
    assert again.returncode == 0
    assert "nothing left to do" in again.stdout
    changed = stylize(*words, "--style-weight", "3")
    assert changed.returncode == 2
    assert "holds pictures made with style weight" in changed.stderr


def test_a_worker_has_its_environment_before_jax_is_imported(photos, machines):
    from nst_jax.cluster.workers import worker_environment

    needs = WorkerNeeds(cpus=1, gpus=0.0, least=1, most=1)

    @ray.remote(num_cpus=1, runtime_env={"env_vars": worker_environment(needs, {})})
    def look():
        started = Path("/proc/self/environ").read_bytes().split(b"\0")
        return [line.decode() for line in started if line.startswith((b"GLIBC_TUNABLES", b"JAX_PLATFORMS"))]

    assert set(ray.get(look.remote())) == {"GLIBC_TUNABLES=glibc.malloc.hugetlb=1", "JAX_PLATFORMS=cpu"}


def test_a_picture_that_kills_its_process_costs_three_attempts_and_itself(photos, machines):
    output, plan = planned("out", shard_size=3)
    rows = make(output, MortalPainter)
    assert sum(row["done"] for row in rows) == COUNT - 1
    (failed,) = failures(output, plan)
    assert failed.key == "2.png"
    assert "3 processes died" in failed.reason
    assert failed.attempts == 4
    assert_whole(output, ALL - {"2.png"})


def test_a_machine_that_is_taken_away_is_replaced_by_the_others(photos, machines, begun, gate):
    cluster, nodes = machines
    output, plan = planned("out", shard_size=1)

    def remove_when_both_work():
        try:
            # Each of them waits, so that the lines are of two workers.
            begun.line(), begun.line()
            cluster.remove_node(nodes[1], allow_graceful=False)
        finally:
            gate.open()

    thread = threading.Thread(target=remove_when_both_work)
    thread.start()
    make(output, WaitingPainter)
    thread.join()
    assert len([node for node in ray.nodes() if node["Alive"]]) == 2
    assert failures(output, plan) == []
    assert_whole(output, ALL)


def test_a_worker_that_is_killed_is_replaced(photos, machines, begun, gate):
    output, plan = planned("out", shard_size=3)

    def kill_the_first():
        try:
            os.kill(int(begun.line()), signal.SIGKILL)
        finally:
            gate.open()

    thread = threading.Thread(target=kill_the_first)
    thread.start()
    make(output, WaitingPainter)
    thread.join()
    assert failures(output, plan) == []
    assert_whole(output, ALL)
    attempts = {row.attempts for _, entry in manifest(output) for row in read_outcomes(output, entry.key)}
    assert max(attempts) == 2


def test_a_quota_that_is_used_up_ends_the_run_and_the_next_one_goes_on(photos, machines):
    output, plan = planned("out", shard_size=3)
    with pytest.raises(InputError, match=r"out cannot be written to \(Disk quota exceeded\); make room there"):
        make(output, FullPainter)
    made = results(output)
    assert 1 <= len(made) < COUNT
    for data in made.values():
        images.read(data)
    make(output, Painter)
    assert failures(output, plan) == []
    assert made.items() <= results(output).items()
    assert_whole(output, ALL)


def test_s3_that_refuses_a_picture_ends_the_command_and_the_same_one_goes_on(photos, bucket, s3_server):
    output = Storage(f"{bucket}/out")
    program = [sys.executable, SCRIPT, *WORDS[:4], output.address, *WORDS[5:]]
    s3_server.fault = lambda *request: (403, "AccessDenied") if request == ("PUT", "/pictures/out/4.png") else None
    first = subprocess.run(program, capture_output=True, text=True, check=False)
    assert first.returncode == 2, first.stderr
    assert first.stderr.splitlines()[-1].startswith(f"error: {output.address} cannot be written to (The server says")
    assert "Traceback" not in first.stderr
    made = results(output)
    assert "4.png" not in made
    for data in made.values():
        images.read(data)
    s3_server.fault = None
    second = subprocess.run(program, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert_whole(output, ALL)
    assert {s3_server.written[f"/pictures/out/{name}"] for name in ALL} == {1}


def test_fewer_shards_than_workers_are_a_warning(photos, stylize):
    done = stylize(*WORDS[:-4], *WORDS[-2:], "--workers", "2", "--cpus-per-worker", "1")
    assert done.returncode == 0, done.stderr
    assert "warning: The plan has 1 shard for 2 workers, so that 1 of them has nothing to do" in done.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_ends_the_run_and_the_same_command_goes_on(photos, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        words = [*WORDS[:4], str(disk / "out"), *WORDS[5:]]
        first = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)
        assert first.returncode == 2, first.stderr
        assert "cannot be written to (No space left on device)" in first.stderr
        assert "Traceback" not in first.stderr
        for data in results(Storage(str(disk / "out"))).values():
            images.read(data)
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        second = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)
        assert second.returncode == 0, second.stderr
        assert_whole(Storage(str(disk / "out")), ALL)
    finally:
        subprocess.run(["umount", disk], check=False)


def test_a_cluster_that_is_not_there_is_a_sentence():
    from nst_jax.cluster import ray_engine

    with pytest.raises(InputError, match="There is no Ray cluster at"), ray_engine.connected("127.0.0.1:9"):
        pass
