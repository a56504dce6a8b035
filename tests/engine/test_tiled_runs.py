"""Runs in tiles: the settings, phases, colors, masks and checkpoints of runs of the whole."""

import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe
from nst_jax.engine import batched
from nst_jax.engine.checkpoint import Checkpoint
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)
# Both optimizers, with and without jitter; the coarse scale is smaller than a tile.
SETTINGS = QUICK | {"steps": 4, "coarse_steps": 2, "min_size": 16, "jitter": 0.5, "tile": 32}
MASK = np.zeros(CONTENT_SHAPE, np.float32)
MASK[:, 20:] = 1


def run(network, *, content=CONTENT, path=None, stop=None, **changes):
    """Stylize; leave after the step `stop`."""
    checkpoint = Checkpoint(path, seconds=0) if path else None
    recipe = Recipe(**SETTINGS | changes)
    for progress in nst_jax.stylize_steps(
        content, STYLE, recipe, network=network, checkpoint=checkpoint, every=1, content_mask=MASK
    ):
        if progress.step == stop:
            return None
    return progress.result


@pytest.fixture
def sides(monkeypatch):
    """The tiles of all chunks."""
    seen, real = [], batched.run_chunk
    monkeypatch.setattr(
        batched, "run_chunk", lambda *args, **options: (seen.append(options["tile"]), real(*args, **options))[1]
    )
    return seen


@pytest.mark.slow
def test_a_run_in_tiles_is_resumed_to_the_same_bytes_and_close_to_the_whole(tiny_network, tmp_path, sides):
    expected = run(tiny_network)
    assert set(sides) == {None, 32}
    assert sides.index(32) > 0
    assert run(tiny_network, path=tmp_path / "run", stop=5) is None
    resumed = run(tiny_network, path=tmp_path / "run")
    assert resumed.picture.tobytes() == expected.picture.tobytes()
    whole = run(tiny_network, tile="off")
    np.testing.assert_allclose(resumed.losses.total, whole.losses.total, rtol=1e-3)
    assert np.abs(resumed.picture - whole.picture).mean() < 1e-3
    np.testing.assert_array_equal(expected.provenance["recipe"]["tile"], "32")


@pytest.mark.slow
def test_a_run_goes_on_with_other_tiles(tiny_network, tmp_path):
    run(tiny_network, path=tmp_path / "run", stop=5, tile="off")
    resumed = run(tiny_network, path=tmp_path / "run", tile=16, max_memory="100GB")
    assert np.abs(resumed.picture - run(tiny_network, tile="off").picture).mean() < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"color": "luminance", "optimizer": "adam", "learning_rate": 0.01, "jitter": 0.0},
        {"color": "match", "style_strength": 0.5, "style_statistic": "wasserstein", "jitter": 1.0},
        {"optimizer": "lbfgs-fixed", "init": "noise", "style_statistic": "mean-std", "jitter": 0.0},
    ],
)
def test_other_settings_give_the_same_in_tiles(tiny_network, changes):
    tiled, whole = (run(tiny_network, **changes, tile=tile, scales=1) for tile in (16, "off"))
    np.testing.assert_allclose(tiled.losses.total, whole.losses.total, rtol=2e-3)


@pytest.mark.slow
def test_a_batch_in_tiles(tiny_network):
    contents = [CONTENT, CONTENT[::-1], 1 - CONTENT]
    recipe = Recipe(**SETTINGS | {"scales": 1, "jitter": 1.0})
    together = nst_jax.stylize_batch(contents, STYLE, recipe, network=tiny_network)
    for content, result in zip(contents, together, strict=True):
        alone = nst_jax.stylize(content, STYLE, recipe, network=tiny_network)
        np.testing.assert_allclose(result.losses.total, alone.losses.total, rtol=1e-3)
