"""Memory of a process that stylizes pictures of many shapes, each of which needs compiled programs of its own."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from nst_jax.api import stylize
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective import programs

# Sides of the pictures in pixels. The memory that programs take does not depend on them, only the time does.
SIDES = range(48, 112, 4)


class Row(NamedTuple):
    """Memory after a number of shapes.

    Attributes:
        shapes: the number of shapes so far.
        megabytes: memory of the process that is resident now.
        highest: the most of it after any shape so far.
        over_start: `highest` without what the process took before the first picture.
        programs: the number of compiled programs in memory.
    """

    shapes: int
    megabytes: int
    highest: int
    over_start: int
    programs: int


def measure(weights: NetworkWeights, counts: Sequence[int], keep: int | None = None) -> Iterator[Row]:
    """Stylize pictures of distinct shapes, in a few steps each.

    Args:
        weights: the network.
        counts: the numbers of shapes after which to yield a row, at most the square of the number of SIDES.
        keep: the number of problems whose programs are kept; None for the package's own.
    """
    programs.MOST_PROBLEMS = programs.MOST_PROBLEMS if keep is None else keep
    generator = np.random.default_rng(0)
    style = generator.random((70, 50, 3), np.float32)
    start = highest = _megabytes()
    shapes = itertools.islice(itertools.product(SIDES, SIDES), max(counts))
    for number, shape in enumerate(shapes, start=1):
        content = generator.random((*shape, 3), np.float32)
        stylize(content, style, network=weights, size=0, scales=1, steps=2)
        highest = max(highest, _megabytes())
        if number in counts:
            live = len(jax.devices()[0].client.live_executables())
            yield Row(number, round(_megabytes()), round(highest), round(highest - start), live)


def _megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
