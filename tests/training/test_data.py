"""Training data: the split of a folder, and crops."""

import numpy as np

from nst_jax.training.data import crops, split


def test_every_tenth_picture_is_held_out(folder):
    training, held_out = split(folder)
    assert len(training) == 18
    assert len(held_out) == 2
    assert not set(training) & set(held_out)
    assert split(folder) == (training, held_out)


def test_crops_are_in_the_range_of_pixels_and_determined_by_the_seed(folder):
    files, _ = split(folder)
    first, second = (next(crops(files, 3, 32, np.random.default_rng(5))) for _ in range(2))
    assert first.shape == (3, 32, 32, 3)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    np.testing.assert_array_equal(first, second)
