"""Shards: the pictures of folder mode, resumed after any end, with an account of each picture."""

import collections
import hashlib
from pathlib import Path

import pytest

from nst_jax.cluster import slices
from nst_jax.cluster.ledger import (
    DONE,
    FAILED,
    MOST_ATTEMPTS,
    NO_DRIVER,
    RUNNING,
    Ledger,
    manifest,
    read_outcomes,
    reopen,
)
from nst_jax.cluster.plan import read_plan
from nst_jax.cluster.shard import ShardRunner
from nst_jax.cluster.status import failures, pending_shards, read_status, write_failures
from nst_jax.cluster.worker_setup import make_runner
from nst_jax.engine.run import run_problem
from nst_jax.errors import InputError
from tests.cluster.conftest import COUNT, OPTIONS, planned, results
from tests.conftest import save_image


@pytest.fixture
def painted(monkeypatch) -> collections.Counter:
    """How often each picture was computed, by name."""
    counts: collections.Counter[str] = collections.Counter()

    def run(problem):
        counts.update({content.name for content in problem.contents})
        return run_problem(problem)

    monkeypatch.setattr("nst_jax.cluster.shard.run_problem", run)
    return counts


def finish(output, driver=NO_DRIVER) -> ShardRunner:
    """Make all shards that are not finished."""
    runner, _ = make_runner(output)
    for shard in pending_shards(output, read_plan(output)):
        for _ in runner.run(Ledger(output, shard, driver)):
            pass
    return runner


def outcomes(output):
    return {each.key: each for _, entry in manifest(output) for each in read_outcomes(output, entry.key)}


@pytest.fixture
def whole(photos, stylize) -> dict[str, bytes]:
    """The results of folder mode."""
    done = stylize("photos", "--style", "style.png", "-o", "whole", *OPTIONS)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in Path("whole").glob("*.png")}


def test_shards_give_the_bytes_of_folder_mode(whole, painted):
    output, plan = planned("out", shard_size=COUNT)
    runner = finish(output)
    assert results(output) == whole
    assert painted == {f"{seed}.png": 1 for seed in range(COUNT)}
    assert {(32, 48, 2), (48, 32, 2)} <= runner.programs
    # Folder mode goes on where shards have ended, and the other way round.
    assert Path("out/.nst-jax.json").read_bytes() == Path("whole/.nst-jax.json").read_bytes()
    rows = outcomes(output)
    assert {row.outcome for row in rows.values()} == {DONE}
    for name, row in rows.items():
        assert row.sha256 == hashlib.sha256(whole[name]).hexdigest()
        assert (row.input, row.output) == (str(Path("photos", name).absolute()), str(Path("out", name).absolute()))
    status = read_status(output, plan)
    assert (status.done, status.failed, status.running, status.is_finished) == (COUNT, 0, 0, True)
    # The rate is that of the time in which the work was done, not of the time since it could have begun.
    assert status.rate >= COUNT / (status.seconds + 2)
    assert list(output.files(RUNNING)) == []


def test_everything_may_be_in_s3(whole, bucket, photos):
    from nst_jax.cluster.storage import Storage

    source = Storage(f"{bucket}/in")
    for path in photos.glob("*.png"):
        source.write(path.name, path.read_bytes())
    output, _ = planned(Storage(f"{bucket}/out"), shard_size=COUNT, words=(f"{bucket}/in",))
    finish(output)
    assert results(output) == whole
    assert outcomes(output)["0.png"].input == f"{bucket}/in/0.png"
    assert read_status(output).is_finished


def test_bad_pictures_are_named_and_stop_no_other(photos):
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "cut.png").write_bytes((photos / "0.png").read_bytes()[:900])
    output, plan = planned("out", shard_size=4)
    (photos / "1.png").unlink()
    finish(output)
    failed = {Path(each.input).name: each.reason for each in failures(output, plan)}
    assert set(failed) == {"empty.jpg", "cut.png", "1.png"}
    assert "is empty" in failed["empty.jpg"]
    assert "There is no file" in failed["1.png"]
    assert len(results(output)) == COUNT - 1
    write_failures(output, failures(output, plan))
    assert output.read("_nst/failed.csv").decode().count("\n") == 4
    # Mended pictures are a new version, which is planned anew; what failed for another reason is tried on request.
    save_image(photos / "cut.png", 9, (40, 60))
    output, plan = planned("out")
    finish(output)
    assert {Path(each.input).name for each in failures(output, plan)} == {"empty.jpg", "1.png"}
    save_image(photos / "1.png", 1, (60, 40))
    for name, entry in list(manifest(output)):
        if name.failed:
            reopen(output, entry)
    finish(output)
    assert {Path(each.input).name for each in failures(output, plan)} == {"empty.jpg"}
    assert "1.png" in results(output)


def test_a_run_that_is_stopped_goes_on_with_what_is_missing(whole, painted):
    output, plan = planned("out", shard_size=COUNT)
    runner, _ = make_runner(output)
    (shard,) = plan.shard_names()
    steps = runner.run(Ledger(output, shard, NO_DRIVER))
    while next(steps).done < 2:
        pass
    steps.close()
    early = results(output)
    assert 2 <= len(early) < COUNT
    assert not read_status(output, plan).is_finished
    finish(output)
    assert results(output) == whole
    assert all(painted[name] == 1 for name in early)
    assert not Ledger(output, shard, NO_DRIVER).deaths


class _Killed(BaseException):
    """What stands for a killed process: nothing is written any more."""


def die_at(output, name: str, monkeypatch, driver=NO_DRIVER) -> None:
    """Make shards by processes that die while they compute a picture, one after the other, until all are finished."""

    def run(problem):
        if any(content.name == name for content in problem.contents):
            raise _Killed
        return run_problem(problem)

    monkeypatch.setattr("nst_jax.cluster.shard.run_problem", run)
    deaths = 0
    while pending_shards(output, read_plan(output)):
        try:
            finish(output, driver)
        except _Killed:
            deaths += 1
            assert deaths < 10
    assert deaths == 3


def test_a_picture_that_kills_its_process_costs_three_attempts_and_itself(photos, monkeypatch, whole):
    output, plan = planned("out", shard_size=COUNT)
    die_at(output, "2.png", monkeypatch)
    (failed,) = failures(output, plan)
    assert failed.key == "2.png"
    assert "3 processes died" in failed.reason
    assert set(results(output)) == {name for name in whole if name != "2.png"}
    assert {row.outcome for name, row in outcomes(output).items() if name != "2.png"} == {DONE}


def test_killed_drivers_are_not_blamed_on_pictures(photos):
    output, plan = planned("out", shard_size=COUNT)
    (shard,) = plan.shard_names()
    for number in range(4):
        Ledger(output, shard, f"run-{number}").fly(["0.png", "1.png"])
    finish(output, "run-5")
    assert failures(output, plan) == []
    assert len(results(output)) == COUNT


def test_workers_that_die_without_a_picture_end_the_run(photos):
    output, plan = planned("out")
    shard = next(plan.shard_names())
    for _ in range(MOST_ATTEMPTS):
        Ledger(output, shard, "run")
    with pytest.raises(InputError, match="30 workers died"):
        Ledger(output, shard, "run")


def test_results_that_were_not_noted_are_found(photos, painted, monkeypatch):
    output, plan = planned("out", shard_size=COUNT)
    monkeypatch.setattr(Ledger, "close", lambda *_: (_ for _ in ()).throw(_Killed))
    with pytest.raises(_Killed):
        finish(output)
    monkeypatch.undo()
    runner, _ = make_runner(output)
    (shard,) = plan.shard_names()
    again: list[str] = []
    runner._run = lambda problem: again.append("computed") or run_problem(problem)
    for _ in runner.run(Ledger(output, shard, NO_DRIVER)):
        pass
    assert again == []
    assert {row.outcome for row in outcomes(output).values()} == {DONE}
    assert {row.attempts for row in outcomes(output).values()} == {2}


def test_notes_are_kept_while_a_shard_is_made(photos, monkeypatch):
    monkeypatch.setattr(slices, "NOTE_SECONDS", 0.0)
    output, plan = planned("out", shard_size=COUNT)
    runner, _ = make_runner(output)
    (shard,) = plan.shard_names()
    counts = []
    for _ in runner.run(Ledger(output, shard, NO_DRIVER)):
        status = read_status(output, plan)
        counts.append(status.done)
        assert status.running == 1
    assert counts == sorted(counts)
    assert 0 < counts[-1] <= COUNT


@pytest.mark.parametrize("number", [28, 13])
def test_an_output_that_is_full_ends_the_run_and_loses_nothing(whole, monkeypatch, number):
    from nst_jax.cluster.storage import Storage

    output, plan = planned("out", shard_size=COUNT)
    real, written = Storage.write, []

    def write(self, key, data):
        if key.endswith(".png") and not key.startswith("_nst"):
            if len(written) >= 2:
                raise OSError(number, "No space left on device" if number == 28 else "Permission denied")
            written.append(key)
        real(self, key, data)

    monkeypatch.setattr(Storage, "write", write)
    with pytest.raises(InputError, match=r"cannot be written to \((No space|Permission)"):
        finish(output)
    monkeypatch.undo()
    assert set(results(output)) == set(written)
    assert failures(output, plan) == []
    finish(output)
    assert results(output) == whole
    assert failures(output, plan) == []


def test_an_input_that_is_given_twice_is_made_twice(photos):
    save_image(photos / "empty.png", 1, (4, 4))
    (photos / "empty.png").write_bytes(b"")
    output, plan = planned("out", shard_size=20, words=("photos", "photos"))
    finish(output)
    assert read_status(output).done == 2 * COUNT
    assert len(failures(output, plan)) == 2


def test_another_network_on_another_machine_is_refused(photos):
    output, _ = planned("out")
    output.write(".nst-jax.json", b'{"network": {"name": "another"}}')
    with pytest.raises(InputError, match="name one by --network"):
        finish(output)


def test_a_failed_picture_has_an_outcome_without_a_hash(photos):
    (photos / "empty.jpg").write_bytes(b"")
    output, _ = planned("out", shard_size=20)
    finish(output)
    row = outcomes(output)["empty.jpg"]
    assert (row.outcome, row.sha256, row.attempts) == (FAILED, "", 1)
    assert row.time.tzinfo is not None
