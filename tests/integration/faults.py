"""Fault injection under the file layer: makes calls that write fail before they begin, and checks what must hold."""

import contextlib
import errno
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from nst_jax import images
from nst_jax.cli.main import main
from tests.cli.conftest import QUICK_OPTIONS, Outcome, warnings_as_in_a_program

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
    *("content.png", "style.png", "-o", "made.png", "--save-every", "1", "--steps", "2"),
    *("--checkpoint", "run.ckpt", "--checkpoint-every", "0"),
    *("--report", "report.html", *QUICK_OPTIONS),
]


class Faults:
    """Makes calls of OPERATIONS fail.

    Args:
        fails: given the number of a call from 0, returns whether it fails.
        fault: what happens then; it raises an exception or ends the process.
    """

    def __init__(self, fails: Callable[[int], bool], fault: Callable[[], None]):
        self._fails, self._fault = fails, fault
        self._lock = threading.Lock()
        self.calls = 0

    def wrap(self, operation: Callable) -> Callable:
        def call(*arguments, **options):
            if not _is_of_programs(arguments):
                with self._lock:
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


def _is_of_programs(arguments: tuple) -> bool:
    """Tell whether a call is about compiled programs, whose errors end nothing: they are in the tests' own folder."""
    paths = [str(each) for each in arguments if isinstance(each, (str, os.PathLike))]
    if arguments and isinstance(arguments[0], int) and os.path.exists("/proc/self/fd"):
        paths.append(os.readlink(f"/proc/self/fd/{arguments[0]}"))
    return any(path.startswith(os.environ["JAX_COMPILATION_CACHE_DIR"]) for path in paths)


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
    """Delete what a run made in the folder of the tests."""
    for name in ("made.png", "report.html", "run.ckpt", *(f"made-{step:05d}.png" for step in range(3))):
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
        elif "step 2/2" in done.stderr:
            # The picture was finished, so that it must be in its place, or in a place that the message names.
            assert images.read("made.png").rgb.shape == (32, 48, 3)
    for path in folder.glob("*.png"):
        images.read(path)


def count_operations(arguments: list[str], capsys) -> int:
    """Count the calls of OPERATIONS in a run that is not the first of its process, which makes more of them."""
    assert run(arguments, capsys).returncode == 0
    with Faults(lambda _: False, fail_with(errno.EIO)).injected() as faults:
        assert run(arguments, capsys).returncode == 0
    return faults.calls


def inputs_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
