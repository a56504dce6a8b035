"""A run that was cut off goes on, and ends with the same bytes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax import InputError, Recipe
from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.networks.weights import hdf5
from tests.conftest import picture

RECIPE = Recipe(
    size=48, min_size=24, steps=14, coarse_steps=9, content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1")
)
CONTENT, STYLE = picture(1, 40, 60), picture(2)


def steps(network, path=None, recipe=RECIPE, content=CONTENT):
    checkpoint = Checkpoint(path, seconds=0) if path else None
    return nst_jax.stylize_steps(content, STYLE, recipe, network=network, checkpoint=checkpoint, every=1)


# In the first scale, at its end, at the beginning of the next, and in its middle; around step 19, from where on style
# losses are squares.
@pytest.mark.parametrize(
    ("optimizer", "stop"),
    [("adam", 4), ("lbfgs", 9), ("lbfgs-fixed", 10), ("lbfgs", 17), *(("lbfgs", stop) for stop in (18, 19, 20, 21))],
)
def test_it_ends_with_the_same_bytes_wherever_it_was_cut_off(tiny_network, tmp_path, optimizer, stop):
    recipe = nst_jax.Recipe(**{**vars(RECIPE), "optimizer": optimizer, "average": 0.9 if optimizer == "adam" else 0.0})
    (*_, whole) = steps(tiny_network, recipe=recipe)
    for progress in steps(tiny_network, tmp_path / "run", recipe):
        if progress.step == stop + 1:
            break
    assert (tmp_path / "run").exists()
    continued = list(steps(tiny_network, tmp_path / "run", recipe))
    assert stop - 2 <= continued[0].step - 1 <= stop + 1
    result, expected = continued[-1].result, whole.result
    assert result.picture.tobytes() == expected.picture.tobytes()
    np.testing.assert_array_equal(result.losses.total, expected.losses.total)
    assert result.steps == expected.steps


def test_it_is_written_every_so_often_and_only_then(tiny_network, tmp_path):
    rare = Checkpoint(tmp_path / "rare", seconds=1e6)
    list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, checkpoint=rare))
    assert not (tmp_path / "rare").exists()


def test_of_another_run_it_is_refused(tiny_network, tmp_path):
    next(generator := steps(tiny_network, tmp_path / "run"))
    next(generator)
    with pytest.raises(InputError, match=r"checkpoint of a run made with style weight 30.0, not 31.0"):
        next(steps(tiny_network, tmp_path / "run", Recipe(**{**vars(RECIPE), "style_weight": 31.0})))
    with pytest.raises(InputError, match="checkpoint of a run made with sha256"):
        next(steps(tiny_network, tmp_path / "run", content=1 - CONTENT))


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


# Kills itself, without a word, in the middle of writing the third checkpoint.
KILLED = """
import os, signal, sys
import numpy as np
from nst_jax import cli

real, count = np.savez, 0

def savez(*arguments, **arrays):
    global count
    count += 1
    if count == 3:
        arguments[0].write(b"half")
        arguments[0].flush()
        os.kill(os.getpid(), signal.SIGKILL)
    real(*arguments, **arrays)

np.savez = savez
cli.main(sys.argv[1:])
"""


def test_a_killed_command_goes_on(tiny_network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, array in (("content.png", CONTENT), ("style.png", STYLE)):
        Image.fromarray((array * 255).astype(np.uint8)).save(name)
    hdf5.write(Path("tiny.h5"), tiny_network)
    words = ["content.png", "style.png", "--network", "tiny.h5", "--size", "48", "--min-size", "24", "--steps", "40"]
    words += ["--content-layers", "relu2_2", "--style-layers", "relu1_1", "relu2_1", "--quiet", "--save-every", "3"]
    kept = ["--checkpoint", "run", "--checkpoint-every", "0"]
    stylize = [sys.executable, "-m", "nst_jax"]
    subprocess.run([*stylize, *words, "-o", "whole.png"], check=True)
    killed = subprocess.run([sys.executable, "-c", KILLED, *words, *kept, "-o", "made.png"], check=False)
    assert killed.returncode < 0
    assert Path("run").exists()
    assert not Path("made.png").exists()
    subprocess.run([*stylize, *words, *kept, "-o", "made.png"], check=True)
    assert Path("made.png").read_bytes() == Path("whole.png").read_bytes()
    assert not Path("run").exists()
