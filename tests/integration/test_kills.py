"""Programs that are killed while they write: what is there is whole, and the same command goes on from it."""

import contextlib
import itertools
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from nst_jax import images
from nst_jax.cli.main import main
from nst_jax.cli.report import Report
from tests.cli.conftest import QUICK_OPTIONS
from tests.cli.test_folder import made
from tests.conftest import CONTENT_SHAPE, save_image
from tests.integration.faults import RUN, Faults, clear, count_operations, inputs_of, run
from tests.integration.programs import SCRIPT, run_program, stylize

# Kills itself in the middle of writing the third checkpoint.
KILLED_AT_CHECKPOINT = """
import os, signal, sys
import numpy as np
from nst_jax.cli.main import main

real, count = np.savez, 0

def savez(*arguments, **arrays):
    global count
    count += 1
    if count == 3:
        arguments[0].write(b"half")
        arguments[0].flush()
        os.kill(os.getpid(), signal.SIGKILL)
    real(*arguments, **arrays)

np.savez = savez
main(sys.argv[1:])
"""

# Kills itself just before the fourth image gets its name. The settings of the folder, written first, are the first of
# the calls that are counted; the lock is there because images are written in threads.
KILLED_AT_IMAGE = """
import os, pathlib, signal, sys, threading
from nst_jax.cli.main import main

real, count, lock = pathlib.Path.replace, 0, threading.Lock()

def replace(self, target):
    global count
    if "out" not in pathlib.Path(target).parts:
        return real(self, target)
    with lock:
        if count == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        return real(self, target)

pathlib.Path.replace = replace
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_from_its_checkpoint(image_folder):
    words = ["content.png", "style.png", *QUICK_OPTIONS, "--min-size", "24", "--steps", "12", "--quiet"]
    words += ["--save-every", "3"]
    kept = ["--checkpoint", "run", "--checkpoint-every", "0"]
    assert run_program(SCRIPT, *words, "-o", "whole.png").returncode == 0
    killed = run_program("-c", KILLED_AT_CHECKPOINT, *words, *kept, "-o", "made.png")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert Path("run").exists()
    assert not Path("made.png").exists()
    assert run_program(SCRIPT, *words, *kept, "-o", "made.png").returncode == 0
    assert Path("made.png").read_bytes() == Path("whole.png").read_bytes()
    assert not Path("run").exists()


@pytest.mark.slow
def test_a_killed_run_over_a_folder_goes_on_with_what_is_missing(image_folder):
    names = {f"{seed}.png" for seed in range(6)}
    for seed, name in enumerate(sorted(names)):
        save_image(image_folder / "photos" / name, seed, CONTENT_SHAPE)
    arguments = ["photos", "style.png", "-o", "out", "--batch-size", "2", "--steps", "2"]
    killed = run_program("-c", KILLED_AT_IMAGE, *arguments, *QUICK_OPTIONS)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    first = {name: Path("out", name).read_bytes() for name in made("out")}
    assert len(first) == 3
    for name in first:
        images.read(Path("out", name))
    done = stylize(*arguments)
    assert done.returncode == 0, done.stderr
    assert "3 pictures are in out already" in done.stderr
    assert made("out") == names
    assert all(Path("out", name).read_bytes() == content for name, content in first.items())


# What the server imports from which the killed processes are forked, so that each saves the time of these imports.
# Nothing here may initialize a device of jax, whose threads would be missing in the processes.
PRELOADED = ["jax", "h5py", "matplotlib.figure", "nst_jax.cli.picture", "nst_jax.cli.report", __name__]


def run_until_killed(folder: Path, cache: str, index: int) -> None:
    """Run the command line and end the process, as SIGKILL does, just before a call that writes."""
    os.chdir(folder)
    os.environ["NST_JAX_CACHE"] = cache
    Report._draw = lambda *_: None
    faults = Faults(index.__eq__, lambda: os._exit(9)).injected()
    with open("output", "w") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file), faults:
        code = main(RUN)
    os._exit(code)


@pytest.mark.slow
def test_a_kill_at_each_write_leaves_whole_files_and_a_run_that_goes_on(image_folder, capsys, monkeypatch):
    before = inputs_of(image_folder)
    monkeypatch.setattr(Report, "_draw", lambda *_: None)
    count = count_operations(RUN, capsys)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(PRELOADED)
    for index in itertools.count():
        clear(image_folder)
        # A daemon, so that one that hangs is ended with the tests.
        process = processes.Process(
            target=run_until_killed, args=(image_folder, os.environ["NST_JAX_CACHE"], index), daemon=True
        )
        process.start()
        process.join(300)
        if process.exitcode == 0:
            # There are no more calls; a first run of a process makes some that the one counted here has not made.
            assert index >= count
            break
        assert process.exitcode == 9, (image_folder / "output").read_text()
        assert {path: path.read_bytes() for path in before} == before
        for path in image_folder.glob("made*.png"):
            images.read(path)
        assert run(RUN, capsys).returncode == 0
        assert images.read("made.png").rgb.shape == (32, 48, 3)
