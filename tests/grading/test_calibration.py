"""The calibration: its file, and the grades of distances."""

import json

import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.files import bundled_dir
from nst_jax.grading import calibration
from nst_jax.grading.calibration import Anchors


def test_grades_fall_between_anchors_and_end_with_the_last():
    anchors = Anchors((0.0, 0.5, 1.0), (10.0, 4.0, 0.5))
    assert anchors.grade(0) == 10
    assert anchors.grade(0.25) == pytest.approx(7)
    assert anchors.grade(7) == 0.5
    grades = [anchors.grade(distance) for distance in np.linspace(0, 1.2, 50)]
    assert (np.diff(grades) <= 0).all()


def test_what_is_written_is_read(rules, tmp_path):
    calibration.write(tmp_path / "grade.json", rules, {"pairs": 3})
    assert calibration.read(tmp_path / "grade.json") == rules
    assert json.loads((tmp_path / "grade.json").read_text())["pairs"] == 3


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"missing; install nst-jax again\.$"):
        calibration.read(tmp_path / "grade.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"anchors": []}', "\udcff"])
def test_another_file_is_refused(text, tmp_path):
    path = tmp_path / "grade.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"is not a calibration of the grade, or it is damaged; install it again\.$"):
        calibration.read(path)


@pytest.mark.parametrize(
    "anchors",
    [
        Anchors((0.0,), (10.0,)),
        Anchors((0.1, 1.0), (10.0, 0.0)),
        Anchors((0.0, 1.0), (9.0, 0.0)),
        Anchors((0.0, 1.0), (10.0, -1.0)),
        Anchors((0.0, 1.0, 1.0), (10.0, 5.0, 0.0)),
        Anchors((0.0, 0.5, 1.0), (10.0, 0.0, 5.0)),
        Anchors((0.0, float("nan")), (10.0, 0.0)),
        Anchors((0.0, 0.5, 1.0), (10.0, 0.0)),
    ],
)
def test_anchors_that_are_not_in_order_are_refused(anchors, rules, tmp_path):
    path = tmp_path / "grade.json"
    calibration.write(path, rules, {})
    facts = json.loads(path.read_text())
    facts["anchors"]["style"] = {"distances": anchors.distances, "grades": anchors.grades}
    path.write_text(json.dumps(facts))
    with pytest.raises(InputError, match="does not have the anchors of a calibration"):
        calibration.read(path)


def test_a_missing_measure_is_refused(rules, tmp_path):
    path = tmp_path / "grade.json"
    calibration.write(path, rules, {})
    facts = json.loads(path.read_text())
    del facts["anchors"]["layout"]
    path.write_text(json.dumps(facts))
    with pytest.raises(InputError, match="does not have the anchors of a calibration"):
        calibration.read(path)


def test_the_bundled_calibration_rests_on_two_hundred_pairs_and_orders_unseen_ones_rightly():
    path = bundled_dir("weights") / calibration.FILE_NAME
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert facts["pairs"]["anchor"] >= 200
    for name in ("triplets", "drawings", "unrelated_at_most_1.5"):
        assert facts["checks"][name]["right"] >= 0.95, name
    assert 8.5 <= facts["kinds"]["seed"]["check"]["grade"] <= 9.5
    assert facts["kinds"]["unrelated"]["check"]["grade"] < 1
    rungs = calibration.read(path).ladder
    assert rungs[0] == ("the same picture", 10.0)
    assert [grade for _, grade in rungs] == sorted((grade for _, grade in rungs), reverse=True)
