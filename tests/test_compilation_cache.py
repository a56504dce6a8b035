"""Compiled programs are kept for the next run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nst_jax import process

STYLIZE = [
    sys.executable,
    Path(__file__).parents[1] / "scripts" / "stylize.py",
    "--quiet",
    "--size",
    "32",
    "--steps",
    "2",
]


def stylize(folder: Path, cache: Path, **environment: str) -> subprocess.CompletedProcess:
    # jax in this process has set the second.
    mine = ("JAX_COMPILATION_CACHE_DIR", "TF_CPP_MIN_LOG_LEVEL")
    variables = {name: value for name, value in os.environ.items() if name not in mine}
    return subprocess.run(
        STYLIZE, cwd=folder, env={**variables, "NST_JAX_CACHE": str(cache), **environment},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def programs(cache: Path) -> set[str]:
    return {path.name for path in (cache / "compiled").glob("*/*-cache")}


def test_a_second_run_compiles_nothing_and_paints_the_same(tmp_path):
    cache = tmp_path / "cache"
    first = stylize(tmp_path, cache)
    assert (first.returncode, first.stderr) == (0, "")
    kept = programs(cache)
    assert len(kept) > 3
    second = stylize(tmp_path, cache)
    assert (second.returncode, second.stderr) == (0, "")
    assert programs(cache) == kept
    one, other = sorted(tmp_path.glob("*.png"))
    assert one.read_bytes() == other.read_bytes()


def test_the_user_may_say_otherwise(tmp_path):
    done = stylize(tmp_path, tmp_path / "cache", JAX_COMPILATION_CACHE_DIR="")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_cannot_be_made_costs_a_warning(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NST_JAX_CACHE", str(tmp_path / "file"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    with pytest.warns(UserWarning, match="cannot be kept in"):
        process.enable_compilation_cache()
