"""Calibrate the grade: `python scripts/calibrate_grade.py PICTURES [--output weights/grade.json]`.

PICTURES is the folder that `scripts/paint_grade_pictures.py` fills. Its pairs for the anchors say which distance gets
which grade; its other pairs, whose motifs the anchors never see, say how often the order of the grades is right. The
output gets both, and the table of docs/guides/grade.md is printed. Distances are kept in PICTURES, so that a run that
was stopped goes on.
"""

import collections
import dataclasses
import functools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.progress import track

from nst_jax.cli.program import run_script
from nst_jax.files import append_line, bundled_dir
from nst_jax.grading import calibration, weights
from nst_jax.grading.appearance import SIDE, code, features
from nst_jax.grading.calibration import Anchors, Calibration
from nst_jax.grading.distances import NAMES, Distances, code_distances, feature_distances
from nst_jax.grading.grades import exact_grades
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import load_network
from nst_jax.training.grade_anchors import CLOSE_UNRELATED, fit_anchors
from nst_jax.training.grade_pairs import DRAWINGS, PairMeasure, digest_of, read_pairs

# The rungs of the ladder: kinds of pairs, and what they are called.
LADDER = {
    "copy shifted": "a copy that is shifted by two pixels",
    "seed": "the same method with another seed",
    "method": "the two methods",
    "painting by hand": f"a patient painting by hand of {DRAWINGS['painting by hand']} strokes",
    "careful drawing": f"a careful drawing of {DRAWINGS['careful drawing']} strokes",
    "other style": "the same photograph in two styles",
    "sketch": f"a sketch of {DRAWINGS['sketch']} strokes",
    "other content": "two photographs in the same style",
    "scribble": f"a scribble of {DRAWINGS['scribble']} strokes",
    "unrelated": "two unrelated pictures",
}
# The file of distances by features, which take the most time, in the folder of the pictures.
CACHE_FILE = "distances.jsonl"
Found = Mapping[str, Sequence[Distances]]


@dataclasses.dataclass(frozen=True)
class Command:
    """Calibrate the grade with pairs of pictures whose grades are known in advance."""

    pictures: Annotated[Path, tyro.conf.Positional]
    """Folder that scripts/paint_grade_pictures.py has filled."""

    output: Path = bundled_dir("weights") / calibration.FILE_NAME
    """File for the calibration (.json)."""

    encoder: Path = bundled_dir("weights") / weights.FILE_NAME
    """File of the encoder (.npz)."""

    network: str = "embedded"
    """Network whose features are compared."""


def main(command: Command) -> None:
    """Measure, fit, check and write."""
    encoder, network = weights.read(command.encoder), load_network(command.network)
    pairs = read_pairs(command.pictures)
    see = functools.partial(features, side=SIDE, network=VGG.of(network, padding="edges"))
    encode = functools.partial(code, side=SIDE, encoder=encoder.parameters)
    by_features = PairMeasure(command.pictures, pairs, see, feature_distances)
    by_codes = PairMeasure(command.pictures, pairs, encode, code_distances)
    cache = read_cache(command.pictures / CACHE_FILE)
    found: dict[str, list[Found]] = {"anchor": [], "check": []}
    for pair in track(pairs, "measuring"):
        key = digest_of(command.pictures, pair, network.sha256)
        if key not in cache:
            cache[key] = by_features(pair)
            append_line(command.pictures / CACHE_FILE, json.dumps({key: cache[key]}))
        codes = by_codes(pair)
        kinds = {kind: zip(values, codes[kind], strict=True) for kind, values in cache[key].items()}
        found[pair.part].append({kind: [Distances(**a, **b) for a, b in values] for kind, values in kinds.items()})
    anchors = fitted(found["anchor"])
    grades = {part: [graded(kinds, anchors) for kinds in pairs] for part, pairs in found.items()}
    table = summarized(found, grades)
    rungs = [(label, table[kind]["check"]["grade"]) for kind, label in LADDER.items()]
    ladder = [("the same picture", calibration.BEST), *sorted(rungs, key=lambda rung: -rung[1])]
    evidence = {
        "pairs": {part: len(pairs) for part, pairs in found.items()},
        "checks": checked(grades["check"]),
        "kinds": table,
    }
    rules = Calibration(encoder.sha256, network.sha256, anchors, tuple(ladder))
    calibration.write(command.output, rules, evidence)
    report(evidence)


def read_cache(path: Path) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Read the distances by features that are known, by the hash of what they depend on."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {key: value for line in lines for key, value in json.loads(line).items()}


def fitted(pairs: Sequence[Found]) -> dict[str, Anchors]:
    """Choose the anchors of each measure."""
    values: dict[str, list[Distances]] = collections.defaultdict(list)
    for kinds in pairs:
        for kind, each in kinds.items():
            values[kind] += each
    return {
        name: fit_anchors({kind: [getattr(each, name) for each in many] for kind, many in values.items()})
        for name in NAMES
    }


def graded(kinds: Found, anchors: Mapping[str, Anchors]) -> dict[str, list[dict[str, float]]]:
    """Return the grades of one pair by kinds."""
    return {kind: [exact_grades(each, anchors) for each in values] for kind, values in kinds.items()}


def summarized(found: Mapping[str, Sequence[Found]], grades: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for each kind, the number of pairs, the median distances, and the median grades in both parts."""
    table: dict[str, Any] = {}
    for kind in dict.fromkeys(kind for pairs in found.values() for kinds in pairs for kind in kinds):
        row: dict[str, Any] = {}
        for part, pairs in found.items():
            many = [each for kinds in pairs for each in kinds.get(kind, ())]
            if part == "anchor":
                row |= {
                    "number": len(many),
                    "distances": {name: _median([getattr(each, name) for each in many], 4) for name in NAMES},
                }
            known = [each for pair in grades[part] for each in pair.get(kind, ())]
            row[part] = {name: _median([each[name] for each in known], 1) for name in ("grade", *NAMES)}
        table[kind] = row
    return table


def _median(values: Sequence[float], digits: int) -> float:
    return round(float(np.median(values)), digits)


def checked(pairs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how often the grades are in the right order, and how often those of unrelated pictures are low."""
    triplets: list[bool] = []
    drawings: list[bool] = []
    low: list[bool] = []
    low_encoder: list[bool] = []
    for pair in pairs:
        grade = {kind: values[0]["grade"] for kind, values in pair.items()}
        near = [grade[kind] for kind in ("seed", "method") if kind in grade]
        # The first unrelated pair is of the same kind as the others here, two results of the fast network.
        for shared in ("other style", "other content"):
            triplets += [each > grade[shared] > grade["unrelated"] for each in near]
        if "method" in grade:
            drawings.append(grade["scribble"] < grade["careful drawing"] < grade["method"])
        low += [each["grade"] <= CLOSE_UNRELATED for each in pair["unrelated"]]
        low_encoder += [each["encoder"] <= CLOSE_UNRELATED for each in pair["unrelated"]]
    names = ("triplets", "drawings", "unrelated_at_most_1.5", "unrelated_at_most_1.5_by_encoder")
    return {
        name: {"right": round(float(np.mean(values)), 4), "of": len(values)}
        for name, values in zip(names, (triplets, drawings, low, low_encoder), strict=True)
    }


def report(evidence: Mapping[str, Any]) -> None:
    """Print the table of docs/guides/grade.md, and the checks."""
    print("| pair | pairs | grade | content | style | layout | encoder |\n|---|---|---|---|---|---|---|")
    for kind, row in evidence["kinds"].items():
        values = " | ".join(f"{row['check'][name]:.1f}" for name in ("grade", *NAMES))
        print(f"| {LADDER.get(kind, kind)} | {row['number']} | {values} |")
    for name, check in evidence["checks"].items():
        print(f"{name}: {100 * check['right']:.1f}% of {check['of']}")


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command)), configure=True))
