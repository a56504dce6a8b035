"""The restart of a program for huge pages: it happens where that gets it huge pages and hurts nobody."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import nst_jax
from nst_jax import huge_pages
from nst_jax.cli.main import main

ROOT = Path(__file__).parents[1]
SCRIPT = str(ROOT / "scripts" / "stylize.py")
CONSOLE = str(Path(sys.executable).with_name("nst-jax"))
VERSION = f"nst-jax {nst_jax.__version__}\n"
# Run by the interpreter when it starts, before any program: it counts the starts, and sets what the kernel says.
AT_START = """
import os, pathlib
from nst_jax import huge_pages
huge_pages.SETTING = pathlib.Path(os.environ["SETTING"])
with open(os.environ["STARTS"], "a") as file:
    file.write("started ")
"""
FOREIGN = "import sys\nfrom nst_jax.cli.main import main\nprint('mine')\nsys.argv[1:] = ['--version']\nmain()\n"
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has huge pages on request")


@pytest.fixture
def starts(tmp_path):
    """A function that runs a Python program and returns how often it was started and what it printed."""
    (tmp_path / "sitecustomize.py").write_text(AT_START)

    def run(*command: str, setting: str | None = "always [madvise] never", stdin: str = "", **environment: str):
        if setting is not None:
            (tmp_path / "enabled").write_text(setting)
        variables = {name: value for name, value in os.environ.items() if name != huge_pages.VARIABLE}
        variables |= {"SETTING": str(tmp_path / "enabled"), "STARTS": str(tmp_path / "starts")}
        variables["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(ROOT)])
        done = subprocess.run(
            [sys.executable, *command], env=variables | environment, input=stdin, capture_output=True, text=True,
            check=True, timeout=100, cwd=tmp_path,
        )  # fmt: skip
        assert done.stderr == ""
        return len((tmp_path / "starts").read_text().split()), done.stdout

    return run


@only_linux
@pytest.mark.parametrize("command", [[SCRIPT], ["-u", "-Xutf8", SCRIPT], ["-m", "nst_jax"], [CONSOLE]])
def test_a_program_of_ours_starts_again_to_ask_for_huge_pages(starts, command):
    assert starts(*command, "--version") == (2, VERSION)


@pytest.mark.parametrize(
    ("command", "stdin"),
    [
        (["-c", FOREIGN], ""),
        (["-", "content.png", "style.png"], FOREIGN),
        (["foreign.py", "content.png"], ""),
        (["-m", "foreign", "content.png"], ""),
        (["stylize.py"], ""),
        (["nst-jax"], ""),
    ],
)
def test_a_program_of_somebody_else_is_never_started_again(starts, tmp_path, command, stdin):
    for name in ("foreign.py", "stylize.py", "nst-jax"):
        (tmp_path / name).write_text(FOREIGN)
    assert starts(*command, stdin=stdin) == (1, f"mine\n{VERSION}")


@pytest.mark.parametrize(
    "command", [["-m", "cProfile", "-o", "profile", SCRIPT], ["-m", "trace", "--count", "-C", ".", SCRIPT]]
)
def test_a_program_that_runs_ours_is_not_replaced(starts, command):
    number, output = starts(*command, "--version")
    assert number == 1
    assert VERSION in output


@pytest.mark.parametrize("setting", ["[always] madvise never", "always madvise [never]", None])
def test_a_program_goes_on_where_there_is_nothing_to_ask_for(starts, setting):
    assert starts(SCRIPT, "--version", setting=setting) == (1, VERSION)


@pytest.mark.parametrize(
    "variable", [{huge_pages.VARIABLE: ""}, {huge_pages.VARIABLE: "x=1"}, {huge_pages.NO_RESTART: "1"}]
)
def test_a_variable_that_the_user_has_set_is_respected(starts, variable):
    assert starts(SCRIPT, "--version", **variable) == (1, VERSION)


@pytest.fixture
def restart(tmp_path, monkeypatch):
    """A function that tries a restart of this process with a given command line, and returns whether it happened."""
    (tmp_path / "enabled").write_text("[madvise]")
    monkeypatch.delenv(huge_pages.VARIABLE, raising=False)
    monkeypatch.setattr(huge_pages, "SETTING", tmp_path / "enabled")
    monkeypatch.setattr(os, "confstr", lambda _: "glibc 2.40", raising=False)
    # The machinery of pytest may be traced, and have threads.
    monkeypatch.setattr(huge_pages, "_is_observed", lambda: False)
    monkeypatch.setattr(threading, "active_count", lambda: 1)

    def run(before: list[str], words: list[str]) -> bool:
        calls = []
        monkeypatch.setattr(sys, "orig_argv", ["python", *before, *words])
        monkeypatch.setattr(sys, "argv", [before[-1], *words])
        monkeypatch.setattr(os, "execv", lambda *arguments: calls.append(arguments))
        huge_pages.restart_with_huge_pages()
        if calls:
            assert calls == [(sys.executable, [sys.executable, *before, *words])]
            assert huge_pages.was_restarted()
            assert not huge_pages.was_restarted()
        return bool(calls)

    return run


def test_only_a_command_line_of_ours_is_started_again(restart):
    assert restart([SCRIPT], ["a b", "--quiet"])
    assert not restart(["-m", "pdb", SCRIPT], ["a b"])
    assert not restart(["-im", "pdb", SCRIPT], [])
    assert not restart(["other.py"], [SCRIPT])
    assert not restart(["-c"], [SCRIPT])
    assert not restart(["-"], [SCRIPT])


@pytest.mark.parametrize("place", ["_is_observed", "_is_child"])
def test_a_debugger_and_a_child_process_prevent_a_restart(restart, monkeypatch, place):
    monkeypatch.setattr(huge_pages, place, lambda: True)
    assert not restart([SCRIPT], [])


def test_a_tracing_function_is_noticed(monkeypatch):
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        assert huge_pages._is_observed()
    finally:
        sys.settrace(before)


def test_streams_that_are_closed_or_missing_do_not_stop_a_restart(restart, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stderr", None)
    closed = (tmp_path / "closed").open("w")
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    assert restart([SCRIPT], [])


def test_a_program_that_cannot_be_started_again_goes_on(restart, monkeypatch):
    def fails(*_):
        raise OSError

    restart([SCRIPT], [])
    monkeypatch.delenv(huge_pages.VARIABLE)
    monkeypatch.setattr(os, "execv", fails)
    huge_pages.restart_with_huge_pages()
    assert huge_pages.VARIABLE not in os.environ
    assert huge_pages.RESTARTED not in os.environ


def test_a_call_from_another_program_never_replaces_it(monkeypatch, capsys):
    monkeypatch.setattr(huge_pages, "restart_with_huge_pages", lambda: pytest.fail("replaced"))
    assert main(["no-content.png", "no-style.png"]) == 2
    assert "no-content.png" in capsys.readouterr().err
