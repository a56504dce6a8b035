"""The command `--cluster local` on Ray itself, ended by signals: what is made stays, and no process of Ray does.

Each process tells a pipe when it starts and when it has written a picture, so that a signal comes at a known moment.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nst_jax import images
from nst_jax.cluster.ledger import RUNNING
from nst_jax.cluster.status import read_status
from nst_jax.cluster.storage import Storage
from tests.cluster.conftest import COUNT, OPTIONS, results
from tests.cluster.pipes import PATIENCE, Pipe, wait_for_end_of_session
from tests.integration.programs import ROOT, SCRIPT

pytest.importorskip("ray")

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the end of processes cannot be waited for"),
]
# Run by every interpreter when it starts.
HOOK = """
import contextlib, os, sys

def tell(text):
    with contextlib.suppress(OSError):
        pipe = os.open(os.environ["NST_TESTS_TOLD"], os.O_WRONLY | os.O_NONBLOCK)
        os.write(pipe, f"{os.getsid(0)} {text}\\n".encode())
        os.close(pipe)

def replace(source, target, **options):
    real(source, target, **options)
    if str(target).endswith(".png") and "/_nst/" not in str(target):
        tell(f"wrote {target}")

tell(f"started {' '.join(sys.orig_argv)[:200]}")
real = os.replace
os.replace = replace
"""
# So many steps that the second shard is not finished when the first is.
WORDS = ["photos", "--style", "style.png", "-o", "out", *OPTIONS, "--steps", "200", "--shard-size", "2"]
# Of a shell's background job, such as a test run may be, children inherit that interrupts are ignored.
HEED = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
COMMAND = [sys.executable, "-c", HEED, sys.executable, str(SCRIPT), *WORDS, "--cluster", "local"]


@pytest.fixture
def told(tmp_path_factory, monkeypatch):
    """The pipe that all processes write to."""
    folder = tmp_path_factory.mktemp("hooks")
    (folder / "sitecustomize.py").write_text(HOOK)
    pipe = Pipe(folder / "told")
    monkeypatch.setenv("NST_TESTS_TOLD", str(pipe.path))
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
    yield pipe
    pipe.close()


def stopped_at(told: Pipe, moment: str, number: int) -> tuple[subprocess.CompletedProcess[str], int]:
    """Run the command, send it a signal at a moment, and return what it said and the session of its workers."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(COMMAND, text=True, **pipes) as process:
        try:
            session = int(told.line_with(moment).split()[0])
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    return subprocess.CompletedProcess(COMMAND, process.returncode, stdout, stderr), session


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_pictures_are_made(photos, told, number):
    done, session = stopped_at(told, "wrote", number)
    wait_for_end_of_session(session)
    output = Storage("out")
    made = results(output)
    assert 1 <= len(made) < COUNT
    for data in made.values():
        images.read(data)
    assert not [path for path in Path("out").rglob(".nst-jax-*") if path.is_file()]
    # The workers have noted what they had written.
    assert read_status(output).done == len(made)
    if number == signal.SIGKILL:
        assert done.returncode == -number
    else:
        assert done.returncode == 128 + number, done.stderr
        assert done.stdout == ""
        sentence = f"Stopped with {len(made)} pictures done; the same command goes on from there."
        assert done.stderr.splitlines()[-1] == sentence
        assert "Traceback" not in done.stderr
    if number == signal.SIGTERM:
        # What it leaves is what Ctrl-C leaves, with which the same command goes on.
        return
    times = {name: Path("out", name).stat().st_mtime_ns for name in made}
    again = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert f"{len(made)} pictures are in {Path('out').absolute()} already" in again.stderr
    assert len(results(output)) == COUNT
    assert {name: Path("out", name).stat().st_mtime_ns for name in made} == times
    assert read_status(output).is_finished
    assert list(output.files(RUNNING)) == []


@pytest.mark.parametrize("moment", ["nst_jax.cluster.driver", "ray/dashboard/agent", "default_worker"])
def test_a_signal_while_ray_starts(photos, told, moment):
    done, session = stopped_at(told, moment, signal.SIGINT)
    wait_for_end_of_session(session)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert re.fullmatch(
        r"Stopped (with 0 pictures done; .*|before there was a picture\.)", done.stderr.splitlines()[-1]
    )
    assert results(Storage("out")) == {}
    assert read_status(Storage("out")).pictures == COUNT
