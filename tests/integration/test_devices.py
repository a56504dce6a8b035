"""A batch on several devices."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nst_jax.networks.weights import hdf5

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
import jax
jax.config.update("jax_num_cpu_devices", int(sys.argv[1]))
import numpy as np
import nst_jax
from nst_jax.networks.weights import hdf5
from tests.conftest import QUICK
from tests.test_api import CONTENTS, STYLE

network = hdf5.read(Path(sys.argv[2]))
contents = [*CONTENTS, *(content[::-1] for content in CONTENTS)]
recipe = nst_jax.Recipe(**QUICK | {"steps": 4})
results = nst_jax.stylize_batch(contents, STYLE, recipe, network=network)
np.save(sys.argv[3], np.stack([result.picture for result in results]))
print(len(jax.local_devices()))
"""


@pytest.mark.slow
def test_several_devices_give_the_same_without_communicating(tiny_network, tmp_path):
    """Six images on four devices: two of the eight examples are there to fill the last devices."""
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    for devices in (1, 4):
        # XLA writes the programs that it has compiled into this folder.
        flags = f"--xla_dump_to={tmp_path / 'programs'} --xla_dump_hlo_as_text"
        flags += " --xla_dump_hlo_module_re=.*evaluate_batch.*|.*take_step.*"
        dumped = {"XLA_FLAGS": flags, "JAX_COMPILATION_CACHE_DIR": ""} if devices > 1 else {}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(devices), tmp_path / "tiny.h5", tmp_path / f"{devices}.npy"],
            cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ | dumped,
        )  # fmt: skip
        assert done.stdout == f"{devices}\n"
    one, four = (np.load(tmp_path / f"{devices}.npy") for devices in (1, 4))
    assert one.shape == (6, 32, 48, 3)
    np.testing.assert_allclose(four, one, atol=1e-4)
    programs = [path.read_text() for path in (tmp_path / "programs").glob("*after_optimizations.txt")]
    assert sum("num_partitions=4" in program for program in programs) >= 2
    for program in programs:
        for collective in ("all-reduce", "all-gather", "all-to-all", "collective-permute", "reduce-scatter"):
            assert collective not in program
