"""Fault injection under the file layer: whatever fails, and wherever a run is killed, no picture is lost."""

import contextlib
import errno
import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nst_jax
from nst_jax import images
from nst_jax.cli.arguments import Command
from nst_jax.cli.file_options import FileSettings
from nst_jax.cli.inputs import find_inputs, read_input
from nst_jax.cli.main import main
from nst_jax.cli.outputs import unused_name
from nst_jax.cli.saving import save_result
from nst_jax.recipes.recipe import Recipe
from tests.cli.conftest import QUICK_OPTIONS, Outcome, warnings_as_in_a_program
from tests.conftest import CONTENT_SHAPE, QUICK, picture, save_image

# What writes, by module and name; each call is a place where a fault can be put.
OPERATIONS = (
    (tempfile, "mkstemp"),
    (tempfile, "mkdtemp"),
    (tempfile, "TemporaryFile"),
    (os, "mkdir"),
    (os, "fsync"),
    (os, "chmod"),
    (os, "replace"),
    (Path, "write_bytes"),
    (Path, "write_text"),
    (np, "savez"),
)
RUN = [
    *("content.png", "style.png", "-o", "made.png", "--save-every", "1", "--steps", "3"),
    *("--checkpoint", "run.ckpt", "--checkpoint-every", "0", *QUICK_OPTIONS),
]
# The report, written last, takes three quarters of such a run.
REPORTED = [*RUN, "--report", "report.html"]
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.ENAMETOOLONG, errno.EROFS, errno.EDQUOT)
FOLDER = ["photos", "style.png", "-o", "out", "--steps", "1", "--batch-size", "2", *QUICK_OPTIONS]


class Faults:
    """Makes calls of OPERATIONS fail.

    Args:
        fails: given the number of a call from 0, returns whether it fails.
        fault: what happens then; it raises an exception or ends the process.
    """

    def __init__(self, fails: Callable[[int], bool], fault: Callable[[], None]):
        self._fails, self._fault = fails, fault
        self.calls = 0

    def wrap(self, operation: Callable) -> Callable:
        def call(*arguments, **options):
            # Compiled programs are kept by jax, which handles its own errors.
            if not any("nst-jax-tests-" in str(each) for each in (*arguments, *options.values())):
                number, self.calls = self.calls, self.calls + 1
                if self._fails(number):
                    self._fault()
            return operation(*arguments, **options)

        return call

    @contextlib.contextmanager
    def injected(self) -> Iterator["Faults"]:
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in OPERATIONS:
                patch.setattr(owner, name, self.wrap(getattr(owner, name)))
            yield self


def fail_with(number: int) -> Callable[[], None]:
    def fault() -> None:
        raise OSError(number, os.strerror(number))

    return fault


def run(arguments: list[str], capsys) -> Outcome:
    capsys.readouterr()
    with warnings_as_in_a_program():
        code = main(arguments)
    return Outcome(code, *capsys.readouterr())


def clear(folder: Path) -> None:
    """Delete what a run made in the folder of the tests, and remember nothing else."""
    for name in ("made.png", "report.html", "run.ckpt", *(f"made-{step:05d}.png" for step in range(4))):
        (folder / name).unlink(missing_ok=True)


def check_truth(done: Outcome, folder: Path, before: dict[Path, bytes]) -> None:
    """Check what holds after every run: inputs are unchanged, what was said is true, and no picture is lost."""
    assert {path: path.read_bytes() for path in before} == before
    assert "Traceback" not in done.stderr
    kept = re.search(r"The picture is kept in (\S+)\.$", done.stderr, re.MULTILINE)
    if done.returncode == 0:
        assert "The picture is in made.png" in done.stdout
        assert images.read("made.png").rgb.shape == (32, 48, 3)
    else:
        assert done.returncode == 2, done.stderr
        assert done.stderr.splitlines()[-1].startswith("error: ")
        if kept:
            assert images.read(kept[1]).rgb.shape == (32, 48, 3)
            Path(kept[1]).unlink()
        elif "step 3/3" in done.stderr:
            # The picture was finished, so that it must be in its place, or in a place that the message names.
            assert images.read("made.png").rgb.shape == (32, 48, 3)
    for path in folder.glob("*.png"):
        images.read(path)


def count_operations(arguments: list[str], capsys) -> int:
    with Faults(lambda _: False, fail_with(errno.EIO)).injected() as faults:
        assert run(arguments, capsys).returncode == 0
    return faults.calls


def each_operation(folder: Path, capsys, always_report: bool = False) -> list[tuple[int, list[str]]]:
    """List the calls of OPERATIONS in a run with a report, each with the quickest command that makes it.

    The first run of a process makes more of them, when it stores programs and imports what draws the report.
    """
    run(REPORTED, capsys)
    clear(folder)
    count = count_operations(REPORTED, capsys)
    clear(folder)
    before_report = count_operations(RUN, capsys)
    assert 10 < before_report < count
    return [(index, RUN if index < before_report and not always_report else REPORTED) for index in range(count)]


def each_third(operations: list[tuple[int, list[str]]], number: int) -> list[tuple[int, list[str]]]:
    """Choose a third of the operations by the position of an error in ERRORS; ENOSPC and EIO have all of them."""
    position = ERRORS.index(number)
    return operations if position < 2 else operations[position % 3 :: 3]


def inputs_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("lasting", [False, True])
def test_any_error_at_each_write_of_a_run(image_folder, capsys, number, lasting):
    before = inputs_of(image_folder)
    for index, words in each_third(each_operation(image_folder, capsys, lasting), number):
        clear(image_folder)
        # A lasting fault leaves no place to keep the picture in, so that only truth is asked for.
        fails = (lambda call, index=index: call >= index) if lasting else index.__eq__
        with Faults(fails, fail_with(number)).injected():
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


KILLED = """
import sys
from tests.integration.test_faults import Faults, die
from nst_jax.cli.main import main
with Faults(int(sys.argv[1]).__eq__, die).injected():
    raise SystemExit(main(sys.argv[2:]))
"""


def die() -> None:
    """End the process at once, as SIGKILL or a power failure does."""
    os._exit(9)


@pytest.mark.slow
def test_a_kill_at_each_write_leaves_whole_files_and_a_run_that_goes_on(image_folder, capsys):
    before = inputs_of(image_folder)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    operations = each_operation(image_folder, capsys)
    before_report = sum(words is RUN for _, words in operations)
    for index in itertools.count():
        clear(image_folder)
        words = RUN if index < before_report else REPORTED
        command = [sys.executable, "-c", KILLED, str(index), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            # There are no more calls.
            assert index >= len(operations)
            break
        assert done.returncode == 9, done.stderr
        assert {path: path.read_bytes() for path in before} == before
        for path in image_folder.glob("made*.png"):
            images.read(path)
        assert run(words, capsys).returncode == 0
        assert images.read("made.png").rgb.shape == (32, 48, 3)


# Characters that file systems and consoles disagree on; "/" and NUL cannot be part of a name.
CHARACTERS = st.characters(exclude_characters="/\0", codec="utf-8")
NAMES = st.text(CHARACTERS, min_size=1, max_size=60).filter(lambda name: name not in (".", ".."))


@pytest.fixture(scope="module")
def result(tiny_network):
    return nst_jax.stylize(picture(1), picture(2), Recipe(**QUICK | {"steps": 1}), network=tiny_network)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=NAMES, output=NAMES)
def test_any_name_of_a_file_works(tmp_path, result, content, output):
    folder = tmp_path / "names"
    folder.mkdir(exist_ok=True)
    save_image(tmp_path / "content.png", 1, CONTENT_SHAPE)
    (folder / content).write_bytes((tmp_path / "content.png").read_bytes())
    found = find_inputs(Command(pictures=(str(folder / content), "style.png")))
    assert read_input(found.contents[0]).rgb.shape == (*CONTENT_SHAPE, 3)
    target = unused_name(folder, [output, content], ".png")
    save_result(result, target, FileSettings())
    assert images.read(target).rgb.shape == result.picture.shape
    for path in folder.iterdir():
        path.unlink()
