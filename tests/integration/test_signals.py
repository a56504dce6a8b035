"""Signals to a program in a process of its own, from its first line to its exit."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nst_jax.cli.signals import SIGNALS
from nst_jax.images.writing import read_provenance
from tests.cli.conftest import QUICK_OPTIONS
from tests.integration.programs import ROOT, SCRIPT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes cannot be sent signals")

# Run by the interpreter before the program: it lets the process send itself signals at the n-th of certain events, and
# counts these events. The first event after which signals are held back is the import of `nst_jax.cli.program`.
AT_START = """
import os, pathlib, sys
from nst_jax import huge_pages
huge_pages.SETTING = pathlib.Path("enabled")
kind, number, times, at = os.environ["SIGNAL_AT"].split()
seen, begun = 0, False

def hook(event, arguments):
    global seen, begun
    begun = begun or (event == "import" and arguments[0] == "nst_jax.cli.program")
    writes = event == "open" and (arguments[2] or 0) & os.O_CREAT and "compiled" not in str(arguments[0])
    if begun and event == kind and (kind != "open" or writes):
        seen += 1
        if seen == int(at):
            for _ in range(int(times)):
                os.kill(os.getpid(), int(number))
        elif int(at) == 0:
            os.write(counted, b"event ")

if int(at) == 0:
    counted = os.open("events", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
sys.addaudithook(hook)
"""
# A process that is ended at once may leave an incomplete program in jax's cache, so the tests' own cache is not used.
LEFT_OUT = ("GLIBC_TUNABLES", "PYTHONPATH", "JAX_COMPILATION_CACHE_DIR")
SAYS_NOTHING = "Stopped before there was a picture.\n"
SAYS_STEPS = (
    r"Stopped after (\d+) steps; the picture as it stands is in made.png"
    r"(; the same command goes on from run)?\n"
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(image_folder) -> Run:
    """A function that runs the program, which sends itself signals at an event (0 counts the events instead)."""
    (image_folder / "sitecustomize.py").write_text(AT_START)
    heed = "import os, signal, sys; [signal.signal(each, signal.SIG_DFL) for each in map(int, sys.argv[1].split())];"
    heed += "os.environ['PYTHONPATH'] = sys.argv[2]; os.execv(sys.argv[3], sys.argv[3:])"
    words = ["content.png", "style.png", *QUICK_OPTIONS, "--steps", "3", "--quiet", "-o", "made.png"]
    path = os.pathsep.join([str(image_folder), str(ROOT)])

    def run(kind: str, at: int, number: int = signal.SIGTERM, times: int = 1, *options: str, restart: bool = False):
        (image_folder / "enabled").write_text("[madvise]" if restart else "[never]")
        variables = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        variables["SIGNAL_AT"] = f"{kind} {int(number)} {times} {at}"
        numbers = " ".join(str(int(each)) for each in SIGNALS)
        return subprocess.run(
            [sys.executable, "-c", heed, numbers, path, sys.executable, str(SCRIPT), *words, *options],
            env=variables, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    return run


def assert_truthful(done: subprocess.CompletedProcess[str], number: int) -> bool:
    """Check the exit code and what was said against the files there are; return whether the program was stopped."""
    assert not list(Path().glob(".nst-jax-*"))
    if done.returncode == 0:
        assert done.stderr == ""
        assert read_provenance(Path("made.png"))["steps_done"] == 3
        return False
    assert done.returncode == 128 + number, done.stderr
    if done.stderr == SAYS_NOTHING:
        assert not Path("made.png").exists()
    else:
        said = re.fullmatch(SAYS_STEPS, done.stderr)
        assert said, done.stderr
        assert read_provenance(Path("made.png"))["steps_done"] == int(said[1])
        assert Path("run").exists() == bool(said[2])
    return True


@pytest.mark.parametrize(("at", "number", "times"), [(1, signal.SIGINT, 3), (9, signal.SIGHUP, 1)])
def test_a_signal_during_the_first_imports(run, at, number, times):
    done = run("import", at, number, times)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", SAYS_NOTHING)


def test_a_signal_during_the_restart_is_not_lost(run):
    done = run("os.exec", 1, signal.SIGTERM, restart=True)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", SAYS_NOTHING)


@pytest.mark.slow
def test_signals_at_any_import(run):
    assert run("import", 0).returncode == 0
    Path("made.png").unlink()
    events = len(Path("events").read_text().split())
    assert events > 500
    stopped = 0
    for moment in range(13):
        number = SIGNALS[moment % len(SIGNALS)]
        stopped += assert_truthful(run("import", 1 + moment * events // 13, number, 1 + moment % 2), number)
        Path("made.png").unlink(missing_ok=True)
    assert stopped


@pytest.mark.slow
def test_signals_at_any_file_that_is_written(run):
    """Among them are checkpoints, snapshots and the picture itself."""
    words = ["--checkpoint", "run", "--checkpoint-every", "0", "--save-every", "1"]
    assert run("open", 0, signal.SIGTERM, 1, *words).returncode == 0
    events = len(Path("events").read_text().split())
    assert events >= 8
    for at in range(1, events + 1):
        for path in [Path("run"), *Path().glob("made*.png")]:
            path.unlink(missing_ok=True)
        number = SIGNALS[at % len(SIGNALS)]
        assert_truthful(run("open", at, number, 1 + at % 3, *words), number)


@pytest.mark.slow
def test_signals_at_any_time(run):
    """Signals that come from outside, while the program computes and compiles."""
    stopped = 0
    for moment in range(13):
        Path("made.png").unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), "content.png", "style.png", *QUICK_OPTIONS, "--steps", "3", "--quiet",
             "-o", "made.png"],
            env={name: value for name, value in os.environ.items() if name not in LEFT_OUT} | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        # Past the start of the interpreter, which is not ours.
        try:
            process.wait(0.3 + moment / 4)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=300)
        done = subprocess.CompletedProcess([], process.returncode, stdout, stderr)
        stopped += assert_truthful(done, signal.SIGTERM)
    assert stopped
