"""Pairs of painted pictures, their distances, and the scripts that paint and calibrate."""

import json
from pathlib import Path

import numpy as np
import pytest
import tyro

from nst_jax.errors import InputError
from nst_jax.grading import calibration, weights
from nst_jax.grading.autoencoder import random_parameters
from nst_jax.networks.weights import hdf5
from nst_jax.training import grade_pairs
from nst_jax.training.grade_pairs import PAIRS_FILE, PairMeasure, digest_of, files_of, read_pairs
from tests.conftest import save_image

SCRIPTS = Path(__file__).parents[2] / "scripts"
NAMES = ("content", "style", "fast", "fast-seed", "fast-style", "fast-content", "optimize", "noise", "noise-seed")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Three pairs for the anchors and two for the check, in which no motif is met twice; drawings of few strokes."""
    monkeypatch.setattr(
        grade_pairs, "DRAWINGS", {"painting by hand": 12, "careful drawing": 9, "sketch": 5, "scribble": 2}
    )
    parts = ["anchor"] * 3 + ["check"] * 2
    listed = [{"part": part, "motifs": [f"{name}{n}" for name in "abcd"]} for n, part in enumerate(parts)]
    (tmp_path / PAIRS_FILE).write_text(json.dumps(listed))
    for number, part in enumerate(parts):
        for seed, name in enumerate(NAMES):
            if number != 1 or not name.startswith("noise"):
                save_image(tmp_path / f"{part}-{number:03d}-{name}.png", 10 * number + seed, (40, 40))
    return tmp_path


def measure(folder: Path) -> PairMeasure:
    """Compare pictures by their mean."""
    return PairMeasure(
        folder, read_pairs(folder), lambda rgb: float(rgb.mean()), lambda one, other: {"mean": abs(one - other)}
    )


def test_a_pair_is_compared_in_all_kinds(folder):
    pairs = read_pairs(folder)
    found = measure(folder)(pairs[0])
    kinds = {*grade_pairs.RELATIONS, *grade_pairs.DRAWINGS, "copy as JPEG", "copy shifted", "copy shrunk", "unrelated"}
    assert set(found) == kinds
    assert len(found["unrelated"]) == len(grade_pairs.STRANGERS)
    assert max(found["copy as JPEG"][0]["mean"], found["copy shrunk"][0]["mean"]) < 0.01
    assert "seed from noise" not in measure(folder)(pairs[1])
    assert measure(folder)(pairs[0]) == found


def test_strangers_are_of_the_same_part_and_share_no_motif(folder, monkeypatch):
    facts = json.loads((folder / PAIRS_FILE).read_text())
    facts[1]["motifs"][3] = facts[0]["motifs"][0]
    (folder / PAIRS_FILE).write_text(json.dumps(facts))
    asked = []
    real = grade_pairs.files_of
    monkeypatch.setattr(grade_pairs, "files_of", lambda folder, pair: asked.append(pair.number) or real(folder, pair))
    measure(folder)(read_pairs(folder)[0])
    assert set(asked) == {0, 2}


def test_the_hash_of_a_pair_is_that_of_its_pictures(folder):
    pairs = read_pairs(folder)
    before = [digest_of(folder, pair, "key") for pair in pairs]
    assert len(set(before)) == len(pairs)
    assert digest_of(folder, pairs[0], "other") != before[0]
    files_of(folder, pairs[0])["optimize"].unlink()
    save_image(files_of(folder, pairs[1])["fast"], 99, (40, 40))
    after = [digest_of(folder, pair, "key") for pair in pairs]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True, True, True]


@pytest.mark.parametrize("text", [None, "[", ""])
def test_a_folder_without_pairs_is_refused(text, tmp_path):
    if text is not None:
        (tmp_path / PAIRS_FILE).write_text(text)
    with pytest.raises(InputError, match=r"has no list of pairs; paint them with paint_grade_pictures\.py"):
        read_pairs(tmp_path)


def test_no_pair_is_painted_twice_and_its_strangers_are_others(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import paint_grade_pictures

    contents, styles = ([Path(f"{kind}{number}") for number in range(6)] for kind in "ab")
    made = paint_grade_pictures.pairs(contents, styles, 30, np.random.default_rng(0))
    assert len({(pair.content, pair.style) for pair in made}) == 30
    assert all(pair.content != pair.other_content and pair.style != pair.other_style for pair in made)
    with pytest.raises(InputError, match="37 pairs cannot be made of 6 photographs and 6 paintings"):
        paint_grade_pictures.pairs(contents, styles, 37, np.random.default_rng(0))


def test_too_few_pictures_are_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import paint_grade_pictures

    with pytest.raises(InputError, match="at least 30 are needed"):
        paint_grade_pictures.unseen(tmp_path)


@pytest.mark.slow
def test_calibrating_writes_anchors_checks_and_ladder_and_goes_on(folder, monkeypatch, tiny_network, capsys):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import calibrate_grade

    hdf5.write(folder / "tiny.h5", tiny_network)
    weights.write(folder / "grade.npz", random_parameters(0)["encoder"], "random")
    options = ["--network", str(folder / "tiny.h5"), "--encoder", str(folder / "grade.npz")]
    words = [str(folder), *options, "--output", str(folder / "made.json")]

    def calibrate() -> str:
        calibrate_grade.main(tyro.cli(calibrate_grade.Command, args=words))
        return (folder / "made.json").read_text()

    first = calibrate()
    assert "| the two methods | 3 |" in capsys.readouterr().out
    monkeypatch.setattr(calibrate_grade, "feature_distances", lambda *_: pytest.fail("measured again"))
    assert calibrate() == first
    facts = json.loads(first)
    assert facts["pairs"] == {"anchor": 3, "check": 2}
    assert facts["checks"]["triplets"]["of"] == 8
    rules = calibration.read(folder / "made.json")
    assert (rules.encoder, rules.network) == (weights.read(folder / "grade.npz").sha256, tiny_network.sha256)
    assert rules.ladder[0] == ("the same picture", 10.0)
