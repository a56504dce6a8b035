"""Printing never fails: whatever the encoding, whoever reads, and with streams that are not there."""

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from nst_jax.cli import console
from nst_jax.cli.console import SafeStream, binary_stdout, safe_console
from nst_jax.errors import InputError
from tests.integration.programs import SCRIPT


class Broken(io.StringIO):
    """A stream that cannot be written to."""

    def __init__(self, error: Exception):
        super().__init__()
        self.error = error

    def write(self, *_: str) -> int:
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), OSError(5, "EIO"), ValueError("closed file")])
def test_a_stream_that_fails_takes_no_more(error):
    stream = SafeStream(Broken(error), own=False)
    assert stream.write("lost") == 4
    stream.writelines(["lost", "lost"])
    stream.flush()
    print("lost", file=stream, flush=True)
    assert stream.failure is error


def test_characters_that_an_encoding_lacks_are_escaped():
    printed = io.BytesIO()
    stream = SafeStream(io.TextIOWrapper(printed, encoding="cp1252"), own=False)
    print("é 結果 \udcff", file=stream, flush=True)
    assert printed.getvalue().decode("cp1252").rstrip() == r"é \u7d50\u679c \udcff"
    assert stream.failure is None
    assert stream.encoding == "cp1252"


def test_streams_that_are_not_there_take_everything(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with safe_console(own=False), warnings.catch_warnings():
        warnings.simplefilter("always")
        print("lost")
        print("lost", file=sys.stderr, flush=True)
        warnings.warn("lost", stacklevel=1)
        sys.stderr.flush()
        assert not sys.stderr.isatty()
    assert sys.stdout is sys.stderr is None


def test_a_picture_is_never_written_to_a_missing_output(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with safe_console(own=False), pytest.raises(InputError, match="standard output is closed"):
        binary_stdout()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    with safe_console(own=False):
        assert binary_stdout() is sys.stdout.buffer


def test_a_failure_of_stdout_is_said_unless_nobody_reads_any_more(monkeypatch, capsys):
    for error, said in ((BrokenPipeError(32, "Broken pipe"), ""), (OSError(28, "No space left"), "No space left.\n")):
        monkeypatch.setattr(sys, "stdout", Broken(error))
        with safe_console(own=False):
            print("lost")
        assert capsys.readouterr().err.removeprefix("warning: Not all lines could be printed on stdout: ") == said


def test_streams_are_given_back(capsys):
    before = sys.stdout, sys.stderr, warnings.showwarning

    def fail():
        with safe_console(own=False):
            print("printed")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (sys.stdout, sys.stderr, warnings.showwarning) == before
    assert capsys.readouterr().out == "printed\n"


def test_closed_descriptors_are_opened(monkeypatch):
    closed, opened = {0, 2}, []

    def fstat(number):
        if number in closed:
            raise OSError

    # Within a context of its own, because pytest needs these functions too.
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", fstat)
        patched.setattr(os, "open", lambda path, flags: opened.append((path, flags)))
        console._open_standard_descriptors()
    assert opened == [(os.devnull, os.O_RDWR)] * 2


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("redirection", "stdout", "stderr"),
    [
        (">&- 2>&- <&-", "", ""),
        ("2>&-", "usage: nst-jax", ""),
        ("| true", "", ""),
        (">/dev/full", "", "warning: Not all lines could be printed on stdout: No space left on device.\n"),
        (">/dev/full 2>&1", "", ""),
    ],
)
def test_a_program_whose_lines_cannot_be_printed_succeeds(redirection, stdout, stderr):
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    # The exit code of the program itself is said on a stream that is not redirected.
    command = f'exec 3>&1; {{ "{sys.executable}" "{SCRIPT}" --help 3>&-; echo $? >&3; }} {redirection}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=100)
    assert done.stderr == stderr
    assert done.stdout.splitlines()[-1] == "0"
    assert (stdout in done.stdout) if stdout else done.stdout == "0\n"
