"""Content crops for the training of the fast network."""

import numpy as np
import pytest

from nst_jax.training import fast_contents
from nst_jax.training.fast_contents import content_crops
from tests.conftest import picture

PHOTOGRAPHS = [(picture(seed, *shape) * 255).astype(np.uint8) for seed, shape in enumerate([(90, 60), (40, 130)])]
PAINTINGS = [(picture(9, 64, 64) * 255).astype(np.uint8)]


def crops(count: int, side: int, seed: int) -> np.ndarray:
    return content_crops(PHOTOGRAPHS, PAINTINGS, count, side, np.random.default_rng(seed))


@pytest.mark.parametrize("side", [16, 48, 128])
def test_crops_have_the_side_and_the_range_and_differ(side):
    batch = crops(20, side, 0)
    assert batch.shape == (20, side, side, 3)
    assert batch.dtype == np.float32
    assert np.isfinite(batch).all()
    assert batch.min() >= 0
    assert batch.max() <= 1
    assert len({each.tobytes() for each in batch}) == 20


def test_a_seed_gives_the_same_crops():
    np.testing.assert_array_equal(crops(6, 32, 3), crops(6, 32, 3))
    assert not np.array_equal(crops(6, 32, 3), crops(6, 32, 4))


def test_most_crops_are_of_photographs(monkeypatch):
    monkeypatch.setattr(fast_contents, "GRADIENTS", 0.0)
    black, white = np.zeros((50, 50, 3), np.uint8), np.full((50, 50, 3), 255, np.uint8)
    means = content_crops([black], [white], 300, 16, np.random.default_rng(0)).mean((1, 2, 3))
    paintings = (means > 0.5).mean()
    assert set(np.round(means[means < 0.5], 3)) == {0.0}
    assert 0.03 < paintings < 0.2


def test_some_crops_are_gradients(monkeypatch):
    """Smooth ones, which have no second differences to speak of."""
    monkeypatch.setattr(fast_contents, "GRADIENTS", 1.0)
    for each in crops(10, 32, 0):
        assert np.abs(np.diff(each, 2, axis=0)).mean() < 0.005
    monkeypatch.setattr(fast_contents, "GRADIENTS", 0.0)
    assert min(np.abs(np.diff(each, 2, axis=0)).mean() for each in crops(10, 32, 0)) > 0.005


def test_half_of_the_crops_are_mirrored(monkeypatch):
    monkeypatch.setattr(fast_contents, "GRADIENTS", 0.0)
    ramp = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 64, 0).repeat(3, -1)
    batch = content_crops([ramp], [ramp], 100, 16, np.random.default_rng(0))
    mirrored = (batch[:, :, 0].mean((1, 2)) > batch[:, :, -1].mean((1, 2))).mean()
    assert 0.3 < mirrored < 0.7
