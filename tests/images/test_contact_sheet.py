"""Contact sheets: every image in its place, with its label below."""

import numpy as np

from nst_jax.images.contact_sheet import GAP, Cell, sheet


def test_a_sheet_has_each_image_in_its_place():
    one, other = np.full((20, 40, 3), 0.2, np.float32), np.full((40, 20, 3), 0.6, np.float32)
    made = sheet([[Cell(one), Cell(other)], [None, Cell(one)]], 40)
    assert made.shape == (40 + 20 + 3 * GAP, 80 + 3 * GAP, 3)
    np.testing.assert_allclose(made[GAP + 10 : GAP + 30, GAP : GAP + 40], 0.2, atol=0.01)
    np.testing.assert_allclose(made[GAP : GAP + 40, 2 * GAP + 50 : 2 * GAP + 70], 0.6, atol=0.01)
    np.testing.assert_array_equal(made[2 * GAP + 40 :, : GAP + 40], 1)


def test_labels_are_below_and_wrapped():
    plain = np.full((40, 40, 3), 0.5, np.float32)
    bare, short, long = (sheet([[Cell(plain, label)]], 40) for label in ("", "one", "a label of several words"))
    assert bare.shape[0] < short.shape[0] < long.shape[0]
    assert short.shape[1] == long.shape[1] == 40 + 2 * GAP
    assert short[GAP + 40 :].min() < 0.5
