"""The batches of the fast network's training, and their making ahead."""

import threading

import numpy as np
import pytest

from nst_jax.training import fast_batches, fast_styles
from nst_jax.training.fast_batches import AHEAD, draw, made_ahead
from tests.conftest import picture

PICTURES = [np.uint8(picture(seed, 70, 80) * 255) for seed in (1, 2, 3)]


def drawn(seed: int, styles_per_step: float = 0.5) -> fast_batches.Batch:
    return draw(PICTURES, PICTURES, 4, 32, styles_per_step, np.random.default_rng(seed))


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(fast_styles, "SIDE", 64)


def test_a_batch_has_the_stated_shapes_and_ranges_and_depends_on_the_seed_alone():
    for seed in range(8):
        batch, again = drawn(seed), drawn(seed)
        assert batch.contents.shape == (4, 32, 32, 3)
        assert batch.styles.shape == (2, 4)
        assert batch.parts.shape == (4,)
        assert batch.parts.dtype == batch.itself.dtype == batch.contents.dtype == np.float32
        assert ((batch.styles >= 0) & (batch.styles < 1)).all()
        assert ((batch.parts >= 0) & (batch.parts <= 1)).all()
        for one, other in zip(batch, again, strict=True):
            np.testing.assert_array_equal(one, other)
    assert (drawn(1).contents != drawn(2).contents).any()


def test_shares_of_new_styles_mixtures_and_pictures_by_themselves():
    batches = [drawn(seed, 0.25) for seed in range(200)]
    assert 25 <= sum(batch.picture is not None for batch in batches) <= 80
    assert 60 <= sum(int(batch.itself) for batch in batches) <= 140
    assert 0.1 < np.mean([batch.parts > 0 for batch in batches]) < 0.3
    assert all(drawn(seed, 1.0).picture.shape == (64, 64, 3) for seed in range(3))
    assert all(drawn(seed, 0.0).picture is None for seed in range(3))


def test_results_come_in_order_and_are_made_ahead_but_not_too_far():
    begun, gate = [], threading.Event()

    def make(number: int) -> int:
        begun.append(number)
        if number == 5:
            gate.wait(60)
        gate.set()
        return number * number

    results = made_ahead(make, 3, 200)
    assert next(results) == 9
    assert max(begun) <= 3 + AHEAD + 1
    assert list(results) == [number * number for number in range(4, 200)]
    assert sorted(begun) == list(range(3, 200))
    assert list(made_ahead(make, 7, 7)) == []


def test_an_error_reaches_the_caller_and_a_caller_may_stop():
    def make(number: int) -> float:
        return 1 / (number - 40)

    results = made_ahead(make, 0, 10**9)
    assert next(results) == -1 / 40
    with pytest.raises(ZeroDivisionError):
        list(results)
    results = made_ahead(float, 0, 10**9)
    assert next(results) == 0.0
    results.close()
