"""Errors of the operating system at each call that writes: no picture is lost, and what is said is true."""

import errno
import re

import pytest

from nst_jax.cli.report import Report
from tests.cli.conftest import QUICK_OPTIONS
from tests.conftest import CONTENT_SHAPE, save_image
from tests.integration.faults import (
    Faults,
    check_truth,
    clear,
    count_operations,
    each_operation,
    fail_with,
    inputs_of,
    run,
)

OTHERS = (errno.EIO, errno.EACCES, errno.ENAMETOOLONG, errno.EROFS, errno.EDQUOT)
FOLDER = ["photos", "style.png", "-o", "out", "--steps", "1", "--batch-size", "2", *QUICK_OPTIONS]


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the curves of a report empty: they are no file, and take most of its time."""
    monkeypatch.setattr(Report, "_draw", lambda *_: None)


@pytest.mark.slow
@pytest.mark.parametrize("errors", [(errno.ENOSPC,), OTHERS], ids=["full disk", "other errors in turn"])
@pytest.mark.parametrize("lasting", [False, True])
def test_any_error_at_each_write_of_a_run(image_folder, capsys, errors, lasting, undrawn):
    before = inputs_of(image_folder)
    for index, words in each_operation(image_folder, capsys, lasting):
        clear(image_folder)
        # A lasting fault leaves no place to keep the picture in, so that only truth is asked for.
        fails = (lambda call, index=index: call >= index) if lasting else index.__eq__
        with Faults(fails, fail_with(errors[index % len(errors)])).injected():
            done = run(words, capsys)
        if lasting and done.returncode == 2 and not (image_folder / "made.png").exists():
            assert "is in made.png" not in done.stdout
            assert "is kept in" not in done.stderr
            continue
        check_truth(done, image_folder, before)
        assert lasting or not list(image_folder.glob(".nst-jax-*"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_any_error_at_each_write_of_a_folder(image_folder, capsys, number):
    for seed in range(3):
        save_image(image_folder / f"photos/{seed}.png", seed, CONTENT_SHAPE)
    before = inputs_of(image_folder)
    count = count_operations(FOLDER, capsys)
    for index in range(count):
        for path in (image_folder / "out").glob("*"):
            path.unlink()
        with Faults(index.__eq__, fail_with(number)).injected():
            done = run(FOLDER, capsys)
        assert {path: path.read_bytes() for path in before} == before
        assert "Traceback" not in done.stderr
        made = {path.name for path in (image_folder / "out").glob("*.png")}
        failed = set(re.findall(r"failed: .*photos/(\d\.png)", done.stderr))
        if done.returncode == 2:
            assert not made
        else:
            assert made | failed == {"0.png", "1.png", "2.png"}
            assert done.returncode == bool(failed)
        # The next run makes what is missing.
        again = run(FOLDER, capsys)
        assert again.returncode == 0, again.stderr
        assert len(list((image_folder / "out").glob("*.png"))) == 3
