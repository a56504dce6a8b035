"""Devices that share the tiles of one image: the evaluation and the run are those of a single device."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nst_jax.engine.mesh import batch_devices, make_mesh, tile_devices
from nst_jax.engine.tile_parts import window_calls
from nst_jax.networks.weights import hdf5
from nst_jax.objective.tile_grid import make_grid, segments
from tests.conftest import xla_knows

ROOT = Path(__file__).parents[2]
BEGINNING = """
import sys
import jax
jax.config.update("jax_num_cpu_devices", int(sys.argv[1]))
"""
EVALUATION = """
import jax.numpy as jnp
from nst_jax.engine.mesh import make_mesh
from tests.engine import test_tiling
jax.config.update("jax_enable_x64", True)
assert len(jax.local_devices()) == 4
cases = test_tiling.CASES | test_tiling.SLOW_CASES
for name in sys.argv[2:]:
    case = cases[name]
    mesh = make_mesh(case.batch, tiles=True)
    assert mesh.size == 4
    test_tiling.make_mesh = lambda _: mesh
    test_tiling.check(case, jnp.float64, 1e-10)
    print(name)
"""
RUN = """
from pathlib import Path
import numpy as np
from nst_jax.networks.weights import hdf5
from tests.engine.test_tiled_runs import run
network, folder = hdf5.read(Path(sys.argv[2])), Path(sys.argv[3])
np.save(folder / f"{sys.argv[1]}.npy", run(network, scales=1).picture)
if sys.argv[1] == "4":
    run(network, path=folder / "4.run", stop=3, scales=1)
"""
RESUMED = """
from pathlib import Path
import numpy as np
from nst_jax.networks.weights import hdf5
from tests.engine.test_tiled_runs import run
network, folder = hdf5.read(Path(sys.argv[2])), Path(sys.argv[3])
np.save(folder / f"resumed-{sys.argv[1]}.npy", run(network, path=folder / "4.run", scales=1).picture)
"""


# XLA starts a thread for each device. Under load, devices have waited for others in a sum for longer than the 40
# seconds that are allowed; hence more threads and a longer limit, in seconds.
ROOM_UNDER_LOAD = {"PJRT_NPROC": "16"}
LIMIT = "xla_cpu_collective_call_terminate_timeout_seconds"
if xla_knows(LIMIT):
    ROOM_UNDER_LOAD["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --{LIMIT}=300".strip()


def run_program(program, devices, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + program, str(devices), *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, env=os.environ | ROOM_UNDER_LOAD,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# Sums that are added up in different ways, with a batch of two in the last: then each image has two devices.
EVALUATED = ["mean-std", "two styles"]


@pytest.mark.slow
def test_tiles_on_four_devices_add_up_to_the_whole():
    """In double precision."""
    assert run_program(EVALUATION, 4, *EVALUATED).split("\n")[:-1] == EVALUATED


@pytest.mark.slow
def test_a_run_in_tiles_on_four_devices_is_that_of_one_and_is_resumed_by_either(tiny_network, tmp_path):
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    for devices in (1, 4):
        run_program(RUN, devices, tmp_path / "tiny.h5", tmp_path)
    one, four = (np.load(tmp_path / f"{devices}.npy") for devices in (1, 4))
    assert np.abs(four - one).mean() < 1e-4
    checkpoint = (tmp_path / "4.run").read_bytes()
    for devices in (4, 1):
        (tmp_path / "4.run").write_bytes(checkpoint)
        run_program(RESUMED, devices, tmp_path / "tiny.h5", tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "resumed-4.npy"), four)
    assert np.abs(np.load(tmp_path / "resumed-1.npy") - four).mean() < 1e-4


@pytest.mark.parametrize("devices", [1, 2, 3, 7, 100])
def test_each_window_is_evaluated_once_for_each_example(devices):
    (shallow, _) = segments(("relu1_1", "relu3_1"))
    grid = make_grid(shallow, 300, 200, 64)
    calls = window_calls(grid, 2, devices)
    assert {example for example, _ in calls} == {0, 1}
    assert all(len(rows) == devices for _, rows in calls)
    for index in (0, 1):
        windows = np.concatenate([rows for example, rows in calls if example == index])
        owning = windows[(windows[:, 2] > windows[:, 1]) & (windows[:, 5] > windows[:, 4])]
        np.testing.assert_array_equal(owning, grid.windows)


def test_a_single_device_has_the_whole_mesh():
    for tiles in (False, True):
        mesh = make_mesh(3, tiles=tiles)
        assert (batch_devices(mesh), tile_devices(mesh)) == (1, 1)
