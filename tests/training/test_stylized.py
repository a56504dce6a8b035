"""Training images that the student stylizes."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.vgg import VGG
from nst_jax.training.stylized import LIFETIME, MARGIN, STEPS, StylizedCrops


@pytest.mark.slow
def test_stylized_images_depart_from_their_contents_with_age_and_are_replaced(tiny_network, images):
    source = itertools.repeat(np.asarray(jnp.concatenate([images, images[::-1]])))
    stream = StylizedCrops(source, 32 - MARGIN, np.random.default_rng(0))
    network = VGG.of(tiny_network)
    batches = [stream.next(network) for _ in range(LIFETIME // STEPS + 1)]
    assert all(batch.shape == (4, 24, 24, 3) and batch.dtype == np.float32 for batch in batches)
    assert all(batch.min() >= 0 and batch.max() <= 1 for batch in batches)
    ages = stream._run.ages
    assert len(set(ages)) == 4
    assert max(ages) <= LIFETIME
    distances = [np.abs(np.asarray(stream._run.pictures)[i] - np.asarray(images)[i]).mean() for i in range(4)]
    assert distances[np.argmax(ages)] > distances[np.argmin(ages)] > 0


@pytest.mark.slow
def test_stylized_crops_begin_at_every_offset_below_the_margin(tiny_network, images):
    class Corners:
        """A generator that records the corners."""

        def __init__(self):
            self.real, self.recorded = np.random.default_rng(0), []

        def uniform(self, *arguments):
            return self.real.uniform(*arguments)

        def integers(self, high, size):
            values = self.real.integers(high, size=size)
            self.recorded.extend(values.tolist())
            return values

    corners = Corners()
    stream = StylizedCrops(itertools.repeat(np.asarray(images)), 32 - MARGIN, corners)
    for _ in range(20):
        stream.next(VGG.of(tiny_network))
    assert {row for row, _ in corners.recorded} == {column for _, column in corners.recorded} == set(range(MARGIN))
