"""Checkpoints: a run that was cut off is resumed, and ends with the same bytes."""

import json

import numpy as np
import pytest

import nst_jax
from nst_jax import InputError, Recipe
from nst_jax.engine.checkpoint import Checkpoint
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

QUICK_SCALES = QUICK | {"min_size": 24, "steps": 14, "coarse_steps": 9}
RECIPE = Recipe(**QUICK_SCALES)
VARIANTS = {
    "lbfgs": {},
    "lbfgs-fixed": {"optimizer": "lbfgs-fixed"},
    "adam": {"optimizer": "adam", "learning_rate": 0.007, "average": 0.9},
    "lbfgs and adam": {"jitter": 0.5},
}
CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)


def steps(network, path=None, recipe=RECIPE, content=CONTENT):
    checkpoint = Checkpoint(path, seconds=0) if path else None
    return nst_jax.stylize_steps(content, STYLE, recipe, network=network, checkpoint=checkpoint, every=1)


@pytest.fixture(scope="module")
def whole(tiny_network):
    """The last progress of a run that was never cut off, for each variant."""
    kept = {}

    def get(variant):
        if variant not in kept:
            (*_, kept[variant]) = steps(tiny_network, recipe=Recipe(**QUICK_SCALES | VARIANTS[variant]))
        return kept[variant]

    return get


# In the first scale, at its end, at the beginning of the next, and in its middle; around step 19, from where on style
# losses are squares, and around steps 5 and 16, from where on there is jitter.
@pytest.mark.parametrize(
    ("variant", "stop"),
    [
        *(("adam", stop) for stop in (4, 19)),
        *(("lbfgs", stop) for stop in (9, 17, 18, 19, 20, 21)),
        pytest.param("lbfgs-fixed", 10, marks=pytest.mark.slow),
        *(pytest.param("lbfgs and adam", stop, marks=pytest.mark.slow) for stop in (5, 16, 20)),
    ],
)
def test_a_resumed_run_ends_with_the_same_bytes_wherever_it_was_cut_off(tiny_network, tmp_path, whole, variant, stop):
    recipe = Recipe(**QUICK_SCALES | VARIANTS[variant])
    for progress in steps(tiny_network, tmp_path / "run", recipe):
        if progress.step == stop + 1:
            break
    assert (tmp_path / "run").exists()
    resumed = list(steps(tiny_network, tmp_path / "run", recipe))
    assert stop - 2 <= resumed[0].step - 1 <= stop + 1
    result, expected = resumed[-1].result, whole(variant).result
    assert result.picture.tobytes() == expected.picture.tobytes()
    np.testing.assert_array_equal(result.losses.total, expected.losses.total)
    assert result.steps == expected.steps


def test_a_checkpoint_is_not_written_before_it_is_due(tiny_network, tmp_path):
    rare = Checkpoint(tmp_path / "rare", seconds=1e6)
    list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, checkpoint=rare))
    assert not (tmp_path / "rare").exists()


def test_the_checkpoint_of_another_run_is_refused(tiny_network, tmp_path):
    next(generator := steps(tiny_network, tmp_path / "run"))
    next(generator)
    with pytest.raises(InputError, match=r"checkpoint of a run made with style weight 30.0, not 31.0"):
        next(steps(tiny_network, tmp_path / "run", Recipe(**QUICK_SCALES | {"style_weight": 31.0})))
    with pytest.raises(InputError, match="checkpoint of a run made with sha256"):
        next(steps(tiny_network, tmp_path / "run", content=1 - CONTENT))


def test_a_checkpoint_of_a_version_that_chose_otherwise_is_refused(tiny_network, tmp_path, monkeypatch):
    chosen = Recipe(**QUICK_SCALES | {"steps": None, "supersampling": 1.0})
    next(generator := steps(tiny_network, tmp_path / "run", chosen))
    next(generator)
    monkeypatch.setattr("nst_jax.recipes.recipe.STEPS", 91)
    with pytest.raises(InputError, match=r"checkpoint of a run made with steps 90, not 91"):
        next(steps(tiny_network, tmp_path / "run", chosen))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\3\4 broken"])
def test_what_is_no_checkpoint_is_refused(tiny_network, tmp_path, content):
    (tmp_path / "run").write_bytes(content)
    with pytest.raises(InputError, match="is no checkpoint that can be read"):
        next(steps(tiny_network, tmp_path / "run"))
    assert (tmp_path / "run").read_bytes() == content


def test_other_zip_archives_are_refused(tiny_network, tmp_path):
    np.savez(tmp_path / "run.npz", about=np.asarray(json.dumps({"other": 1})))
    with pytest.raises(InputError, match="is no checkpoint that can be read"):
        next(steps(tiny_network, tmp_path / "run.npz"))
