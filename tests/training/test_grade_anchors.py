"""The anchors of the grade."""

import numpy as np
import pytest

from nst_jax.training.grade_anchors import fit_anchors

KINDS = {
    "copy as JPEG": [0.01, 0.02, 0.03],
    "copy shifted": [0.04, 0.05, 0.06],
    "seed": [0.1, 0.15, 0.2],
    "seed from noise": [0.7, 0.7, 0.7],
    "method": [0.3, 0.4, 0.5],
    "unrelated": list(np.linspace(0.8, 1.2, 101)),
    "scribble": [0.0],
}


def test_medians_get_the_grades_that_they_stand_for():
    anchors = fit_anchors(KINDS)
    assert anchors.grade(0) == 10
    assert anchors.grade(0.05) == pytest.approx(9.5)
    assert anchors.grade(0.15) == pytest.approx(9)
    assert anchors.grade(0.4) == pytest.approx(6)
    assert anchors.grade(0.82) == pytest.approx(1.5)
    assert anchors.grade(1.0) == pytest.approx(0.5)
    assert anchors.grade(1.3) == 0


def test_kinds_in_the_wrong_order_are_pooled():
    anchors = fit_anchors(KINDS | {"copy shifted": [0.2, 0.2]})
    assert (np.diff(anchors.distances) > 0).all()
    assert (np.diff(anchors.grades) <= 0).all()
    assert anchors.grade(0.175) == pytest.approx(9.25)


def test_even_complete_disorder_gives_a_mapping():
    anchors = fit_anchors(KINDS | {"method": [2.0], "copy shifted": [3.0]})
    assert anchors.distances[0] == 0
    assert (np.diff(anchors.distances) > 0).all()
    assert (np.diff(anchors.grades) <= 0).all()
