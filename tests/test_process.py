"""The process: it restarts itself where that gets it huge pages, and keeps compiled programs where it can."""

import os
import subprocess
import sys

import pytest

from nst_jax import process
from nst_jax.cli.main import main

PROGRAM = """
import os, sys
from pathlib import Path
from nst_jax import process
process.SETTING = Path(sys.argv[1])
print("begun", flush=True)
process.restart_with_huge_pages()
print(sys.argv[2:], os.environ.get("GLIBC_TUNABLES"))
"""


def run(tmp_path, setting: str | None, **environment: str) -> list[str]:
    path = tmp_path / "enabled"
    if setting is not None:
        path.write_text(setting)
    variables = {name: value for name, value in os.environ.items() if name != process.VARIABLE}
    command = [sys.executable, "-c", PROGRAM, str(path), "a b", "--quiet"]
    done = subprocess.run(command, env=variables | environment, capture_output=True, text=True, check=True, timeout=100)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has them")
def test_a_program_that_has_to_ask_for_huge_pages_starts_again_and_asks(tmp_path):
    assert run(tmp_path, "always [madvise] never\n") == [
        "begun",
        "begun",
        "['a b', '--quiet'] glibc.malloc.hugetlb=1",
    ]


@pytest.mark.parametrize("setting", ["[always] madvise never", "always madvise [never]", None])
def test_a_program_goes_on_where_there_is_nothing_to_ask_for(tmp_path, setting):
    assert run(tmp_path, setting) == ["begun", "['a b', '--quiet'] None"]


@pytest.mark.parametrize("value", ["", "glibc.malloc.perturb=1"])
def test_a_variable_that_the_user_has_set_is_respected(tmp_path, value):
    assert run(tmp_path, "always [madvise] never", GLIBC_TUNABLES=value) == ["begun", f"['a b', '--quiet'] {value}"]


def test_a_program_that_cannot_be_started_again_goes_on(tmp_path, monkeypatch):
    (tmp_path / "enabled").write_text("[madvise]")
    monkeypatch.delenv(process.VARIABLE, raising=False)
    monkeypatch.setattr(process, "SETTING", tmp_path / "enabled")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    process.restart_with_huge_pages()
    assert process.VARIABLE not in os.environ


def test_a_call_from_another_program_never_replaces_it(monkeypatch, capsys):
    monkeypatch.setattr(process, "restart_with_huge_pages", lambda: pytest.fail("replaced"))
    assert main(["no-content.png", "no-style.png"]) == 2
    assert "no-content.png" in capsys.readouterr().err


def test_a_cache_folder_that_cannot_be_made_costs_a_warning(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NST_JAX_CACHE", str(tmp_path / "file"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    with pytest.warns(UserWarning, match="cannot be kept in"):
        process.enable_compilation_cache()
