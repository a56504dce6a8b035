"""The anchors of the grade: from measured distances of pairs whose grades are known in advance."""

from collections.abc import Mapping, Sequence

import numpy as np

from nst_jax.grading.calibration import BEST, Anchors

# The grade of the median distance of each kind of pair, and of the distance that 5% of the unrelated pairs come below.
COPY, SEED, METHOD, UNRELATED, CLOSE_UNRELATED = 9.5, 9.0, 6.0, 0.5, 1.5
# The part of the unrelated pairs that are closer than the anchor CLOSE_UNRELATED.
CLOSE = 0.05
# Kinds whose distances differ by less than this factor are pooled, or a grade would fall steeply between them.
LEAST_RATIO = 1.1


def fit_anchors(distances: Mapping[str, Sequence[float]]) -> Anchors:
    """Choose the anchors of one measure.

    Where the medians do not rise from kind to kind, or hardly so, the kinds are pooled, as in an isotonic regression:
    they get the mean of their distances and of their grades. Equal pictures are never pooled with others.

    Args:
        distances: of pairs of each kind: "seed", "method", "unrelated", and some whose names begin with "copy"; all
            others are ignored. Of the copies, the kind that is farthest counts.
    """
    medians = {kind: float(np.median(values)) for kind, values in distances.items()}
    unrelated = np.asarray(distances["unrelated"])
    points = [
        (0.0, BEST),
        (max(value for kind, value in medians.items() if kind.startswith("copy")), COPY),
        (medians["seed"], SEED),
        (medians["method"], METHOD),
        (float(np.quantile(unrelated, CLOSE)), CLOSE_UNRELATED),
        (medians["unrelated"], UNRELATED),
        (float(unrelated.max()) + 1e-6, 0.0),
    ]
    pools: list[list[tuple[float, float]]] = []
    for point in points:
        pools.append([point])
        while len(pools) > 1 and LEAST_RATIO * _mean(pools[-2])[0] >= _mean(pools[-1])[0] > 0:
            pools[-2:] = [pools[-2] + pools[-1]]
    means = [_mean(pool) for pool in pools]
    return Anchors(tuple(round(d, 5) for d, _ in means), tuple(round(g, 3) for _, g in means))


def _mean(pool: list[tuple[float, float]]) -> tuple[float, float]:
    distance, grade = np.mean(pool, 0)
    return float(distance), float(grade)
