"""The command line as a user meets it: in a process of its own."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nst_jax.images.writing import read_provenance
from tests.cli.conftest import QUICK_OPTIONS
from tests.integration.programs import SCRIPT, run_program, stylize

pytestmark = pytest.mark.usefixtures("image_folder")


@pytest.mark.slow
def test_the_console_command_the_script_and_the_module_do_the_same(image_folder):
    console = Path(sys.executable).with_name("nst-jax")
    outputs = []
    for command in ([sys.executable, str(SCRIPT)], [str(console)], [sys.executable, "-m", "nst_jax"]):
        arguments = [*command, "content.png", "style.png", *QUICK_OPTIONS, "--steps", "3", "-o", "made.png"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        assert done.stdout == "The picture is in made.png\n"
        assert "\x1b" not in done.stderr
        outputs.append((image_folder / "made.png").read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]


@pytest.mark.slow
def test_on_a_cpu_the_embedded_network_is_used_and_a_line_explains_it(image_folder, monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    options = ["--size", "48", "--steps", "2", "--jitter", "0", "--optimizer", "lbfgs", "-o", "a.png"]
    layers = ["--content-layers", "relu2_2", "--style-layers", "relu1_1", "--style-layer-weights"]
    done = run_program(SCRIPT, "content.png", "style.png", *layers, *options)
    assert done.returncode == 0, done.stderr
    first, second, *_ = done.stderr.splitlines()
    assert re.search(r"embedded network.*--network vgg19 .* about \d+ times slower", first)
    assert second.startswith("step 1/2")
    assert read_provenance(image_folder / "a.png")["network"]["name"] == "VGG-19 slim"


def test_bad_input_gets_one_sentence_and_no_traceback():
    done = stylize("content.png", "nowhere.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"error: There is no file nowhere.png.*\n", done.stderr)


def test_an_interrupt_saves_the_image_as_it_stands(image_folder):
    # Of a shell's background job, such as a whole test run may be, children inherit that interrupts are ignored. A
    # program that makes itself the command heeds them again: jax warns of anything that forks a test's own process.
    heed = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    words = ["content.png", "style.png", *QUICK_OPTIONS, "--steps", "1000000", "-o", "made.png"]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-c", heed, sys.executable, str(SCRIPT), *words]
    with subprocess.Popen(command, **pipes, text=True) as process:
        assert process.stderr is not None
        try:
            assert process.stderr.readline().startswith("step ")
            process.send_signal(signal.SIGINT)
            # The machine may be busy with other things.
            stdout, stderr = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 130
    assert stdout == ""
    assert re.search(r"Stopped after \d+ steps; the picture as it stands is in made.png", stderr)
    assert "Traceback" not in stderr
    facts = read_provenance(image_folder / "made.png")
    assert 1 <= facts["steps_done"] < 1_000_000
    assert facts["ending"] is None


@pytest.mark.slow
def test_a_terminal_gets_a_live_line():
    master, slave = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "160"}
    command = [sys.executable, str(SCRIPT), "content.png", "style.png", "--steps", "8", *QUICK_OPTIONS]
    process = subprocess.Popen(command, stderr=slave, stdout=subprocess.DEVNULL, env=environment)
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 100)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:  # the other end is closed
            break
    os.close(master)
    assert process.wait(100) == 0
    assert b"\x1b[" in shown
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"step 8/8 .*loss \S+ \(content \S+, style \S+, smoothness \S+\); \S+ steps/s", text)


def test_a_full_disk_keeps_what_was_there(image_folder):
    """Files may grow to 400 bytes only, which is as good as a full disk."""
    (image_folder / "made.png").write_bytes(b"made before")
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400)); sys.argv = sys.argv[1:];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    arguments = ["content.png", "style.png", *QUICK_OPTIONS, "--steps", "1", "--quiet", "-o", "made.png"]
    # Without the cache of compiled programs, which would not fit on the disk either.
    environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": ""}
    command = [sys.executable, "-c", code, str(SCRIPT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"error: made.png cannot be written: File too large; choose another place.*\n", done.stderr)
    assert (image_folder / "made.png").read_bytes() == b"made before"
    assert not list(image_folder.glob(".nst-jax-*"))
