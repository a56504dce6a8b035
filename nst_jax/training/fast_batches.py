"""The batches that the fast network is trained with, made in threads while the device computes."""

import collections
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

from nst_jax.devices import usable_cores
from nst_jax.training.data import Crops
from nst_jax.training.fast_contents import content_crops
from nst_jax.training.fast_styles import style_picture

# Share of the pairs whose style is a mixture of two.
MIXTURES = 0.2
# Batches that are made ahead of the one in use.
AHEAD = 32

Made = TypeVar("Made")


class Batch(NamedTuple):
    """The random choices of one training step.

    Attributes:
        contents: crops, (n, side, side, 3).
        styles: where in the pool of styles the first and the second style of each pair are, (2, n), in [0, 1).
        parts: the weight of the second style of each pair, in [0, 1].
        itself: 1 if the first crop is its own style, else 0. The probability is n / 8, at most 1: one crop in eight for
            batches of up to eight crops, one in each batch for larger ones.
        key: seed of the random numbers of the decoder.
        picture: a new style picture for the pool, or None.
    """

    contents: Crops
    styles: Float[np.ndarray, "2 n"]
    parts: Float[np.ndarray, " n"]
    itself: np.float32
    key: np.uint32
    picture: Float[np.ndarray, "side side 3"] | None


def draw(
    photographs: list[np.ndarray],
    paintings: list[np.ndarray],
    count: int,
    side: int,
    styles_per_step: float,
    generator: np.random.Generator,
) -> Batch:
    """Draw a batch.

    Args:
        photographs: uint8 pictures (height, width, 3).
        paintings: likewise.
        count: number of pairs.
        side: side of the crops in pixels.
        styles_per_step: probability that the batch has a new style picture.
        generator: source of the random choices.
    """
    picture = style_picture(paintings, photographs, generator) if generator.random() < styles_per_step else None
    return Batch(
        content_crops(photographs, paintings, count, side, generator),
        generator.random((2, count)),
        np.asarray(generator.uniform(0, 1, count) * (generator.random(count) < MIXTURES), np.float32),
        np.float32(generator.random() < count / 8),
        np.uint32(generator.integers(2**31)),
        picture,
    )


def made_ahead(make: Callable[[int], Made], first: int, stop: int) -> Iterator[Made]:
    """Yield `make(number)` for each number from `first` below `stop`, in order, computed ahead in threads."""
    waiting: collections.deque[Future[Made]] = collections.deque()
    with ThreadPoolExecutor(len(usable_cores())) as threads:
        try:
            for number in range(first, stop):
                waiting.append(threads.submit(make, number))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
