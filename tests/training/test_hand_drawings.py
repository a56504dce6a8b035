"""Simulated drawings by hand."""

from itertools import pairwise

import numpy as np

from nst_jax.training.hand_drawings import hand_drawing
from tests.conftest import picture


def drawn(target: np.ndarray, strokes: int) -> np.ndarray:
    return hand_drawing(target, strokes, np.random.default_rng(0))


def test_a_drawing_without_strokes_is_paper():
    page = drawn(picture(1, 40, 60), 0)
    assert page.shape == (40, 60, 3)
    assert page.dtype == np.float32
    assert np.ptp(page.reshape(-1, 3), 0).max() == 0
    assert page.min() > 0.95


def test_more_strokes_come_closer_to_the_picture():
    target = picture(1, 64, 64)
    errors = [np.mean((drawn(target, strokes) - target) ** 2) for strokes in (0, 12, 100, 500)]
    assert all(more > less for more, less in pairwise(errors)), errors


def test_a_seed_gives_one_drawing():
    target = picture(2, 40, 40)
    assert np.array_equal(drawn(target, 30), drawn(target, 30))
    assert not np.array_equal(drawn(target, 30), hand_drawing(target, 30, np.random.default_rng(1)))
