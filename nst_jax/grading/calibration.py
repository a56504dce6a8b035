"""From distances to grades: the file that `scripts/calibrate_grade.py` writes, and what is read from it."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.grading.distances import NAMES

FILE_NAME = "grade.json"
BEST = 10.0


@dataclasses.dataclass(frozen=True)
class Anchors:
    """Distances whose grades are known; those between are interpolated linearly, those beyond have the last grade.

    Attributes:
        distances: rising, the first is 0.
        grades: falling from BEST, as many.
    """

    distances: tuple[float, ...]
    grades: tuple[float, ...]

    def grade(self, distance: float) -> float:
        """Return the grade of a distance, in [0, 10]."""
        return float(np.interp(distance, self.distances, self.grades))


@dataclasses.dataclass(frozen=True)
class Calibration:
    """How distances become grades.

    Attributes:
        encoder: the hash of the encoder that the distances were measured with.
        network: that of the network.
        anchors: for each name in `distances.NAMES`.
        ladder: (label, grade) of pairs of pictures that anybody can imagine, from the best grade to the worst.
    """

    encoder: str
    network: str
    anchors: Mapping[str, Anchors]
    ladder: tuple[tuple[str, float], ...]


def read(path: Path) -> Calibration:
    """Read a calibration and check it.

    Raises:
        InputError: when the file is missing or damaged.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        anchors = {
            name: Anchors(tuple(map(float, each["distances"])), tuple(map(float, each["grades"])))
            for name, each in facts["anchors"].items()
        }
        ladder = tuple((str(rung["label"]), float(rung["grade"])) for rung in facts["ladder"])
        calibration = Calibration(str(facts["encoder"]), str(facts["network"]), anchors, ladder)
    except FileNotFoundError as error:
        raise InputError(f"The grade's file {path} is missing; install nst-jax again.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a calibration of the grade, or it is damaged; install it again.") from error
    if set(anchors) != set(NAMES) or not all(map(_is_valid, anchors.values())):
        raise InputError(f"{path} does not have the anchors of a calibration of the grade; install it again.")
    return calibration


def write(path: Path, calibration: Calibration, evidence: Mapping[str, Any]) -> None:
    """Write a calibration.

    Args:
        path: the file.
        calibration: what `read` is to return.
        evidence: what it rests on, for people: JSON values by names.
    """
    facts = {
        "encoder": calibration.encoder,
        "network": calibration.network,
        "anchors": {name: dataclasses.asdict(each) for name, each in calibration.anchors.items()},
        "ladder": [{"label": label, "grade": grade} for label, grade in calibration.ladder],
        **evidence,
    }
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _is_valid(anchors: Anchors) -> bool:
    distances, grades = (np.asarray(values) for values in (anchors.distances, anchors.grades))
    return (
        len(distances) == len(grades) > 1
        and bool(np.isfinite(distances).all() and np.isfinite(grades).all())
        and distances[0] == 0
        and grades[0] == BEST
        and bool((np.diff(distances) > 0).all() and (np.diff(grades) <= 0).all())
        and grades[-1] >= 0
    )
