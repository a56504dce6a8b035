"""Many contents at once through the Python API, on one device and on several."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.networks.weights import hdf5
from tests.conftest import picture

RECIPE = Recipe(size=48, steps=4, content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"))
CONTENTS, STYLE = [picture(seed, 40, 60) for seed in (1, 3, 4)], picture(2, 70, 50)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_batch_is_as_good_as_a_loop(tiny_network, optimizer):
    together = nst_jax.stylize_batch(CONTENTS, STYLE, RECIPE, network=tiny_network, optimizer=optimizer)
    assert len(together) == 3
    for content, result in zip(CONTENTS, together, strict=True):
        alone = nst_jax.stylize(content, STYLE, RECIPE, network=tiny_network, optimizer=optimizer)
        np.testing.assert_allclose(result.picture, alone.picture, atol=1e-4)
        np.testing.assert_allclose(result.losses.total, alone.losses.total, rtol=1e-4)
        assert result.provenance == alone.provenance
        assert result.ending == "all steps done"


def test_progress_of_every_picture(tiny_network):
    batches = list(nst_jax.stylize_batch_steps(CONTENTS, STYLE, RECIPE, network=tiny_network, every=1))
    assert [[progress.step for progress in batch] for batch in batches] == [[step] * 3 for step in range(1, 5)]
    assert all(len(each.partial_result.losses.style) == each.step for batch in batches for each in batch)
    endings = [[progress.ending for progress in batch] for batch in batches]
    assert endings == [[None] * 3] * 3 + [["all steps done"] * 3]


def test_each_picture_starts_from_its_own_content_at_all_scales(tiny_network):
    recipe = Recipe(size=64, min_size=16, steps=1, style_weight=0.0, tv_weight=0.0, content_layers=("relu1_1",))
    *_, batch = nst_jax.stylize_batch_steps(CONTENTS, STYLE, recipe, network=tiny_network)
    for content, progress in zip(CONTENTS, batch, strict=True):
        assert progress.scales == 3
        blurred = images.resize(images.resize(content, 11, 16), 43, 64)
        assert np.abs(progress.result.picture - blurred).mean() < 0.05


def test_transparency_belongs_to_its_picture(tiny_network):
    alpha = np.linspace(0, 1, 60, dtype=np.float32) * np.ones((40, 1), np.float32)
    results = nst_jax.stylize_batch(
        [np.dstack([CONTENTS[0], alpha]), CONTENTS[1]], STYLE, RECIPE, network=tiny_network, steps=1
    )
    assert results[0].alpha is not None
    assert results[0].alpha.shape == (32, 48)
    assert results[1].alpha is None


def test_what_does_not_go_together_is_refused(tiny_network):
    with pytest.raises(InputError, match="some have 48x32 pixels, others 32x48"):
        nst_jax.stylize_batch([CONTENTS[0], picture(0, 60, 40)], STYLE, RECIPE, network=tiny_network)
    with pytest.raises(InputError, match="no content picture"):
        nst_jax.stylize_batch([], STYLE, RECIPE, network=tiny_network)


PROGRAM = """
import json, sys
import jax
jax.config.update("jax_num_cpu_devices", int(sys.argv[1]))
import jax.numpy as jnp
import numpy as np
import nst_jax
from nst_jax.engine import batched
from nst_jax.networks.vgg import VGG19
from nst_jax.networks.weights import hdf5
from nst_jax.objective.objective import Objective
from nst_jax.optimizers.lbfgs import LBFGS
from pathlib import Path
from tests.test_batch import CONTENTS, RECIPE, STYLE

network = hdf5.read(Path(sys.argv[2]))
contents = [*CONTENTS, *(content[::-1] for content in CONTENTS)]
results = nst_jax.stylize_batch(contents, STYLE, RECIPE, network=network)
np.save(sys.argv[3], np.stack([result.picture for result in results]))

module, mesh = VGG19(network), batched.make_mesh(4)
pictures = jnp.stack([jnp.asarray(content) for content in contents[:4]])
targets = batched.make_batch_targets(module, pictures, jnp.asarray(STYLE), RECIPE)
chunk = batched.empty_chunk(batched.initial_states(pictures, LBFGS(), mesh), mesh)
lowered = batched._loop.lower(chunk, module, targets, 3, 0, Objective.of(RECIPE), LBFGS(), mesh)
print(json.dumps({"devices": len(mesh.devices), "program": lowered.compile().as_text()}))
"""


def test_several_devices_give_the_same_without_a_word_between_them(tiny_network, tmp_path):
    """Six pictures on four devices: two of the eight lanes are there to fill the last devices."""
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    programs = {}
    for devices in (1, 4):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(devices), tmp_path / "tiny.h5", tmp_path / f"{devices}.npy"],
            cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
        )  # fmt: skip
        programs[devices] = json.loads(done.stdout)
    assert [programs[devices]["devices"] for devices in (1, 4)] == [1, 4]
    one, four = (np.load(tmp_path / f"{devices}.npy") for devices in (1, 4))
    assert one.shape == (6, 32, 48, 3)
    np.testing.assert_allclose(four, one, atol=1e-4)
    for collective in ("all-reduce", "all-gather", "all-to-all", "collective-permute", "reduce-scatter"):
        assert collective not in programs[4]["program"]
