"""A first picture imports only what it needs: in a new process, by the Python interface and by the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import QUICK_OPTIONS
from tests.conftest import QUICK

ROOT = Path(__file__).parents[2]
# What jax imports itself does not count. Without a report, a progress bar or a rare kind of file, this is all.
LIBRARY = {"PIL", "absl", "h5py", "jaxtyping", "nst_jax", "optax", "platformdirs"}
COMMAND_LINE = LIBRARY | {"docstring_parser", "typeguard", "typing_extensions", "tyro"}
# What belongs to other methods, and to other programs.
OTHERS = (
    "nst_jax.cluster.plan", "nst_jax.engine.fast_run", "nst_jax.engine.tiling", "nst_jax.fast", "nst_jax.grading",
    "nst_jax.networks.flax_vgg", "nst_jax.networks.magenta", "nst_jax.optimizers.lbfgs", "nst_jax.studio",
    "nst_jax.training",
)  # fmt: skip
# Adam, the method of the default recipe; for L-BFGS, jax imports SciPy.
OPTIONS = QUICK | {"steps": 2, "network": "embedded", "optimizer": "adam"}
MORE = ["--steps", "2", "--network", "embedded", "--optimizer", "adam", "--quiet"]
WORDS = ["content.png", "style.png", *QUICK_OPTIONS, *MORE]
BY_LIBRARY = f"import nst_jax; nst_jax.stylize('content.png', 'style.png', **{OPTIONS!r})"
BY_COMMAND_LINE = f"from nst_jax.cli.main import main; assert main({WORDS!r}) == 0"
PROGRAM = """
import sys, jax
before = set(sys.modules)
{}
after = set(sys.modules)
import json, importlib.metadata
one, other = ({{name.partition('.')[0] for name in names}} for names in (before, after))
print(json.dumps([sorted((other - one) & {{*importlib.metadata.packages_distributions()}}), sorted(after)]))
"""


@pytest.mark.usefixtures("image_folder")
@pytest.mark.parametrize(
    ("statement", "needed"), [(BY_LIBRARY, LIBRARY), (BY_COMMAND_LINE, COMMAND_LINE)], ids=["library", "command line"]
)
def test_a_first_picture_imports_nothing_that_it_does_not_use(statement, needed):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(statement)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    packages, modules = json.loads(done.stdout.splitlines()[-1])
    assert {"PIL", "h5py"} <= set(packages) <= needed
    assert not [name for name in modules if name.startswith(OTHERS)]
