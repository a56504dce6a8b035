"""Errors of the operating system at each call that writes: no picture is lost, and what is said is true."""

import errno
import re

import pytest

from nst_jax.cli.report import Report
from tests.cli.conftest import QUICK_OPTIONS
from tests.conftest import CONTENT_SHAPE, save_image
from tests.integration.faults import RUN, Faults, check_truth, clear, count_operations, fail_with, inputs_of, run

OTHERS = (errno.EIO, errno.EACCES, errno.ENAMETOOLONG, errno.EROFS, errno.EDQUOT)
FOLDER = ["photos", "style.png", "-o", "out", "--steps", "1", "--batch-size", "2", *QUICK_OPTIONS]


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the curves of a report empty: to draw them writes no file, and takes most of the time."""
    monkeypatch.setattr(Report, "_draw", lambda *_: None)


@pytest.mark.slow
@pytest.mark.parametrize("errors", [(errno.ENOSPC,), OTHERS], ids=["full disk", "other errors in turn"])
@pytest.mark.parametrize("lasting", [False, True])
def test_any_error_at_each_write_of_a_run(image_folder, capsys, errors, lasting, undrawn):
    before = inputs_of(image_folder)
    count = count_operations(RUN, capsys)
    assert count > 10
    for index in range(count):
        clear(image_folder)
        fails = (lambda call, index=index: call >= index) if lasting else index.__eq__
        with Faults(fails, fail_with(errors[index % len(errors)])).injected() as faults:
            done = run(RUN, capsys)
        assert faults.calls > index
        assert not list(image_folder.glob(".nst-jax-*"))
        if lasting and done.returncode == 2 and not (image_folder / "made.png").exists():
            # There may be no place left to keep the picture in, but what is said must be true.
            assert inputs_of(image_folder).items() >= before.items()
            assert "Traceback" not in done.stderr
            assert done.stderr.splitlines()[-1].startswith("error: ")
            assert "is in made.png" not in done.stdout
            assert "is kept in" not in done.stderr
            continue
        check_truth(done, image_folder, before)


@pytest.mark.slow
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_any_error_at_each_write_of_a_folder(image_folder, capsys, number):
    for seed in range(3):
        save_image(image_folder / f"photos/{seed}.png", seed, CONTENT_SHAPE)
    before = inputs_of(image_folder)

    def clear_output() -> None:
        for path in (image_folder / "out").glob("*"):
            path.unlink()

    assert run(FOLDER, capsys).returncode == 0
    clear_output()
    with Faults(lambda _: False, fail_with(number)).injected() as faults:
        assert run(FOLDER, capsys).returncode == 0
    for index in range(faults.calls):
        clear_output()
        with Faults(index.__eq__, fail_with(number)).injected() as faults:
            done = run(FOLDER, capsys)
        assert faults.calls > index
        assert {path: path.read_bytes() for path in before} == before
        assert "Traceback" not in done.stderr
        made = {path.name for path in (image_folder / "out").glob("*.png")}
        failed = set(re.findall(r"failed: .*photos/(\d\.png)", done.stderr))
        if done.returncode == 2:
            assert not made
        else:
            assert made | failed == {"0.png", "1.png", "2.png"}
            assert not made & failed
            assert done.returncode == bool(failed)
        # The next run makes what is missing.
        again = run(FOLDER, capsys)
        assert again.returncode == 0, again.stderr
        assert len(list((image_folder / "out").glob("*.png"))) == 3
