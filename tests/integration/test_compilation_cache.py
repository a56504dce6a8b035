"""Compiled programs are kept for the next run, unless the user says otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import QUICK_OPTIONS
from tests.integration.programs import SCRIPT

pytestmark = pytest.mark.usefixtures("image_folder")


def stylize(cache: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run the command line with a cache of its own, without the variables that the tests set for jax."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAX_COMPILATION_CACHE", "JAX_PERSISTENT_CACHE")) and name != "TF_CPP_MIN_LOG_LEVEL"
    }
    command = [sys.executable, SCRIPT, "content.png", "style.png", *QUICK_OPTIONS, "--steps", "2", "--quiet"]
    variables |= {"NST_JAX_CACHE": str(cache), **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=300)


def programs(cache: Path) -> set[str]:
    return {path.name for path in (cache / "compiled").glob("*/*-cache")}


@pytest.mark.slow
def test_a_second_run_compiles_nothing_and_gives_the_same(tmp_path):
    cache = tmp_path / "cache"
    first = stylize(cache)
    assert (first.returncode, first.stderr) == (0, "")
    kept = programs(cache)
    assert len(kept) > 3
    second = stylize(cache)
    assert (second.returncode, second.stderr) == (0, "")
    assert programs(cache) == kept
    one, other = sorted(tmp_path.glob("content_style*.png"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.slow
def test_nothing_is_kept_where_the_user_turns_the_cache_off(tmp_path):
    done = stylize(tmp_path / "cache", JAX_COMPILATION_CACHE_DIR="")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "cache").exists()
