"""Storages that fail while they are written to: one sentence, nothing half written or lost, and a run that goes on."""

import contextlib
import errno
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nst_jax import images
from nst_jax.cluster.storage import Storage
from tests.cluster.conftest import COUNT, OPTIONS, results
from tests.conftest import save_image

ALL = {f"{seed}.png" for seed in range(COUNT)}
FEW = {"0.png", "1.png", "2.png"}


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch):
    """Faults that may pass are tried again at once."""
    monkeypatch.setattr("nst_jax.cluster.storage_faults.WAITS", (0.0, 0.0, 0.0))


@contextlib.contextmanager
def failing(holder: object, name: str, at: int, number: int) -> Iterator[None]:
    """Let a function raise an error of the operating system at its n-th call within the context, and at all later ones.

    Args:
        holder: the module or class that the function is in.
        name: its name there.
        at: the number of calls that succeed.
        number: of the error.
    """
    real: Callable = getattr(holder, name)
    calls = itertools.count()

    def call(*arguments, **options):
        if next(calls) >= at:
            raise OSError(number, os.strerror(number))
        return real(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, name, call)
        yield


def assert_sentence(done, sentence: str) -> None:
    """Check that a command ended with exit code 2 and one sentence, after what it said of its progress."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert sentence in done.stderr.splitlines()[-1]
    assert done.stderr.count("error: ") == 1


def run_until_it_succeeds(
    stylize, output: str, fail_at: Callable[[int], contextlib.AbstractContextManager], anew: bool = False
) -> int:
    """Run the command with failures from a later write on each time, until none fails, and return how often it failed.

    Args:
        stylize: runs the command.
        output: the output, with which each run goes on.
        fail_at: a context in which all writes fail but for so many.
        anew: whether each failure has an output of its own, so that every write of a whole run is the first to fail.
    """
    words = ["photos", "--style", "style.png", *OPTIONS, "--shard", "1/1", "--shard-size", "2", "-o"]
    early: dict[str, bytes] = {}
    for at in itertools.count():
        place = f"{output}-{at}" if anew else output
        with fail_at(at):
            done = stylize(*words, place)
        made = results(Storage(place))
        for data in made.values():
            images.read(data)
        if done.returncode == 0:
            assert set(made) == FEW
            return at
        # That of the output, or the one for temporary files.
        assert_sentence(done, f"cannot be written to ({os.strerror(errno.EDQUOT)}); make room there")
        if anew:
            assert stylize(*words, place).returncode == 0
            early, made = made, results(Storage(place))
            assert set(made) == FEW
        # What was made stays as it is.
        assert early.items() <= made.items()
        early = {} if anew else made


@pytest.fixture
def few(image_folder) -> Path:
    """Three pictures, so that there are two shards."""
    for seed in range(3):
        save_image(image_folder / "photos" / f"{seed}.png", seed, (40, 60))
    return image_folder / "photos"


@pytest.mark.parametrize("anew", [False, pytest.param(True, marks=pytest.mark.cluster)])
def test_a_disk_that_is_full_at_any_moment(few, stylize, anew):
    failures = run_until_it_succeeds(stylize, "out", lambda at: failing(os, "fsync", at, errno.EDQUOT), anew)
    # The settings, styles, network, plan, states of shards and pictures.
    assert failures >= (18 if anew else 6)
    assert not [path for path in Path.cwd().rglob(".nst-jax-*") if path.is_file()]


def test_a_storage_without_atomic_writes_that_is_full_at_any_moment(few, stylize):
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    class Plain(MemoryFileSystem):
        """A file system of which nothing is known, so that files are moved to their places when they are whole."""

        protocol = "plain"
        store: dict = {}  # noqa: RUF012
        pseudo_dirs = [""]  # noqa: RUF012

        @classmethod
        def _strip_protocol(cls, path):
            return super()._strip_protocol(path.replace("plain://", "memory://"))

    fsspec.register_implementation("plain", Plain, clobber=True)
    output = Storage("plain://out")
    assert not output._is_atomic
    failures = run_until_it_succeeds(stylize, "plain://out", lambda at: failing(Plain, "pipe_file", at, errno.EDQUOT))
    assert failures >= 6
    assert not [name for name in Plain.store if "/.nst-jax-" in name]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AccessDenied"),
        pytest.param(404, "NoSuchBucket", marks=pytest.mark.cluster),
        pytest.param(403, "QuotaExceeded", marks=pytest.mark.cluster),
    ],
)
def test_s3_that_refuses_the_third_picture(photos, bucket, s3_server, stylize, status, code):
    output = Storage(f"{bucket}/out")
    words = ["photos", "--style", "style.png", "-o", f"{bucket}/out", *OPTIONS, "--shard", "1/1"]
    accepted: list[str] = []

    def fault(method, path):
        if method != "PUT" or not path.endswith(".png") or "/_nst/" in path:
            return None
        if len(accepted) >= 2:
            return status, code
        accepted.append(path.rpartition("/")[2])
        return None

    s3_server.fault = fault
    assert_sentence(stylize(*words), f"{bucket}/out cannot be written to (")
    assert set(results(output)) == set(accepted)
    s3_server.fault = None
    done = stylize(*words)
    assert done.returncode == 0, done.stderr
    assert set(results(output)) == ALL
    assert {s3_server.written[f"/pictures/out/{name}"] for name in ALL} == {1}


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_s3_that_cannot_be_used_at_all_is_a_sentence(photos, bucket, s3_server, stylize, method):
    words = ["photos", "--style", "style.png", "-o", f"{bucket}/out", *OPTIONS, "--shard", "1/1"]
    s3_server.fault = lambda *request: (403, "AccessDenied") if request[0] == method else None
    done = stylize(*words)
    assert_sentence(done, "cannot be read (" if method == "GET" else "cannot be written to (")
    assert "AccessDenied" in done.stderr
    s3_server.heal()
    assert stylize(*words).returncode == 0
    s3_server.fault = lambda *_: (403, "AccessDenied")
    assert_sentence(stylize("cluster", "status", f"{bucket}/out"), "cannot be read (")
    assert_sentence(stylize("cluster", "run", f"{bucket}/out", "--shard", "1/1"), "cannot be read (")


def test_s3_that_is_busy_for_a_while_costs_time_alone(photos, bucket, s3_server, stylize):
    busy = iter([(503, "ServiceUnavailable")] * 2)
    s3_server.fault = lambda method, path: next(busy, None) if method == "PUT" and path.endswith("/2.png") else None
    done = stylize("photos", "--style", "style.png", "-o", f"{bucket}/out", *OPTIONS, "--shard", "1/1")
    assert done.returncode == 0, done.stderr
    assert set(results(Storage(f"{bucket}/out"))) == ALL


@pytest.mark.parametrize("place", ["tempfile.TemporaryDirectory", "nst_jax.cluster.storage.Storage.download"])
def test_a_worker_without_room_for_its_inputs_says_where(photos, bucket, stylize, monkeypatch, tmp_path, place):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = Storage(f"{bucket}/in")
    for path in photos.glob("*.png"):
        source.write(path.name, path.read_bytes())
    words = [f"{bucket}/in", "--style", "style.png", "-o", "out", *OPTIONS, "--shard", "1/1"]
    # Planned and with its network loaded, it needs room for the photographs alone.
    assert stylize("cluster", "plan", *words).returncode == 0
    holder, name = (tempfile, "TemporaryDirectory") if place.startswith("tempfile") else (Storage, "download")
    with failing(holder, name, 1, errno.ENOSPC):
        done = stylize("cluster", "run", "out", "--shard", "1/1")
    assert_sentence(done, f"{tmp_path} cannot be written to (No space left on device); make room there")
    assert stylize(*words).returncode == 0
    assert set(results(Storage("out"))) == ALL
