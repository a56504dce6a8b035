"""Programs in processes of their own."""

import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import QUICK_OPTIONS

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "stylize.py"


def run_program(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it printed; the words follow those of the Python interpreter."""
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, timeout=300)


def stylize(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the options that most runs of the tests share."""
    return run_program(SCRIPT, *arguments, *QUICK_OPTIONS)
