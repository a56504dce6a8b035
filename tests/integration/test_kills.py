"""Programs that are killed while they write: what is there is whole, and the same command goes on from it."""

import signal
from pathlib import Path

import pytest

from nst_jax import images
from tests.cli.conftest import QUICK_OPTIONS
from tests.cli.test_folder import made
from tests.conftest import CONTENT_SHAPE, save_image
from tests.integration.programs import SCRIPT, run_program, stylize

# Kills itself in the middle of writing the third checkpoint.
KILLED_AT_CHECKPOINT = """
import os, signal, sys
import numpy as np
import pytest
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

# Kills itself when it has written the settings of the folder and three images, in the middle of the fourth.
KILLED_AT_IMAGE = """
import os, pathlib, signal, sys
from nst_jax.cli.main import main

real, count = pathlib.Path.replace, 0

def replace(self, target):
    global count
    count += 1
    if count == 5:
        os.kill(os.getpid(), signal.SIGKILL)
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
