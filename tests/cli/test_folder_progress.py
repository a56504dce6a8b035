"""The lines about a folder where there is no terminal."""

from types import SimpleNamespace

import pytest

from nst_jax.batch.progress import FolderProgress
from nst_jax.cli import folder_progress
from nst_jax.cli.folder_progress import show_folder_progress


def report(done: int, total: int, failed: int = 0, worked: float | None = None) -> FolderProgress:
    worked = done + failed if worked is None else worked
    return FolderProgress(
        total=total, done=done, failed=failed, written=(), failures=(), batch=0, batch_fraction=0.0, worked=worked
    )


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """A clock that shows the number in the list, which tests may change."""
    now = [100.0]
    monkeypatch.setattr(folder_progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_line_has_what_is_done_and_the_time_left_by_what_was_worked_on(clock, capsys):
    with show_folder_progress(quiet=False, verbose=False) as show:
        clock[0] += 3
        show.update(report(0, 10))
        clock[0] += 57
        # One failed at once, and six are computed, of which four are written: three are left, at six a minute.
        show.update(report(4, 10, failed=1, worked=7.0))
    first, second = capsys.readouterr().err.splitlines()
    assert first == "0 of 10 pictures done, 0 failed; time left not known yet"
    assert second == "4 of 10 pictures done, 1 failed; 6.0 pictures/minute, 30 s left"


def test_the_last_line_is_said_once_and_nothing_is_said_of_nothing(clock, capsys):
    with show_folder_progress(quiet=False, verbose=True) as show:
        show.update(report(0, 0))
        assert capsys.readouterr().err == ""
        clock[0] += 90
        show.update(report(3, 3))
        clock[0] += 90
        show.update(report(3, 3))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "pictures: 3; first report after 90.0 s",
        "3 of 3 pictures done, 0 failed; 2.0 pictures/minute, took 1 min 30 s",
    ]


def test_the_progress_of_several_folders_is_one():
    whole = report(2, 2, failed=1, worked=3.0).following(report(4, 5, failed=1), 8)
    assert (whole.done, whole.failed, whole.total, whole.worked, whole.fraction) == (6, 2, 8, 8.0, 1.0)
    alone = report(1, 4, worked=2.0).following(None, 8)
    assert (alone.done, alone.total, alone.fraction) == (1, 8, 0.25)
