"""Distances of pairs of pictures whose grades are known in advance, from the pictures of `paint_grade_pictures.py`."""

import dataclasses
import functools
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from PIL import Image

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images.picture import RGB
from nst_jax.training.hand_drawings import hand_drawing

# Numbers of strokes of the simulated drawings.
DRAWINGS = {"painting by hand": 400, "careful drawing": 200, "sketch": 60, "scribble": 12}
# What both pictures of unrelated pairs are.
STRANGERS = (("fast", "fast"), ("fast", "content"), ("content", "content"), ("style", "style"))
# The kinds of pairs, the best first, with names of the two pictures; others are made in `_relations`.
RELATIONS = {
    "seed": ("fast", "fast-seed"),
    "seed from noise": ("noise", "noise-seed"),
    "method": ("fast", "optimize"),
    "other style": ("fast", "fast-style"),
    "other content": ("fast", "fast-content"),
    "photograph": ("fast", "content"),
    "painting": ("fast", "style"),
    "photograph, optimized": ("optimize", "content"),
    "painting, optimized": ("optimize", "style"),
}
PAIRS_FILE = "pairs.json"
# Descriptions that are kept in memory, of up to half a megabyte each.
REMEMBERED = 2000
Description = TypeVar("Description")


@dataclasses.dataclass(frozen=True)
class Pair:
    """A painted pair.

    Attributes:
        number: of the pair.
        label: with which the names of its pictures begin.
        part: "anchor" or "check".
        motifs: the names of the content, the style, the other content and the other style.
    """

    number: int
    label: str
    part: str
    motifs: tuple[str, ...]


def read_pairs(folder: Path) -> list[Pair]:
    """Read the list of the pairs that were painted into a folder.

    Raises:
        InputError: when the folder has none.
    """
    try:
        listed = json.loads((folder / PAIRS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} has no list of pairs; paint them with paint_grade_pictures.py.") from error
    return [
        Pair(number, f"{each['part']}-{number:03d}", each["part"], tuple(each["motifs"]))
        for number, each in enumerate(listed)
    ]


def files_of(folder: Path, pair: Pair) -> dict[str, Path]:
    """Return the pictures of a pair that are there, by their names."""
    names = dict.fromkeys(name for names in RELATIONS.values() for name in names)
    paths = {name: folder / f"{pair.label}-{name}.png" for name in names}
    return {name: path for name, path in paths.items() if path.exists()}


def digest_of(folder: Path, pair: Pair, key: str) -> str:
    """Hash what the distances of a pair depend on: its pictures, and a key for the rest."""
    digest = hashlib.sha256(f"{key} {pair} {DRAWINGS}".encode())
    for name, path in files_of(folder, pair).items():
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()


class PairMeasure(Generic[Description]):
    """Measures the distances of painted pairs.

    Args:
        folder: the folder of the pictures.
        pairs: from `read_pairs`.
        describe: describes a picture.
        compare: returns the distances of two descriptions by their names.
    """

    def __init__(
        self,
        folder: Path,
        pairs: list[Pair],
        describe: Callable[[RGB], Description],
        compare: Callable[[Description, Description], dict[str, float]],
    ):
        self._folder, self._pairs, self._describe, self._compare = folder, pairs, describe, compare
        # Pictures are met again as strangers of other pairs.
        self._seen = functools.lru_cache(REMEMBERED)(lambda path: describe(images.read(path).rgb))

    def __call__(self, pair: Pair) -> dict[str, list[dict[str, float]]]:
        """Return the distances of a pair, by the kinds of RELATIONS and some more that are made here."""
        files = files_of(self._folder, pair)
        seen = {name: self._seen(path) for name, path in files.items()}
        found = {
            kind: [self._compare(seen[one], seen[other])]
            for kind, (one, other) in RELATIONS.items()
            if one in seen and other in seen
        }
        generator = np.random.default_rng(pair.number)
        target = images.read(files["fast"]).rgb
        drawings = {kind: hand_drawing(target, strokes, generator) for kind, strokes in DRAWINGS.items()}
        for kind, variant in (_copies(target) | drawings).items():
            found[kind] = [self._compare(seen["fast"], self._describe(variant))]
        strangers = [each for each in self._pairs if each.part == pair.part and not {*each.motifs} & {*pair.motifs}]
        found["unrelated"] = []
        for mine, theirs in STRANGERS:
            stranger = files_of(self._folder, strangers[generator.integers(len(strangers))])[theirs]
            found["unrelated"].append(self._compare(seen[mine], self._seen(stranger)))
        return found


def _copies(picture: RGB) -> dict[str, RGB]:
    """Return copies of a picture that most people would not tell from it."""
    stream = io.BytesIO()
    Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).save(stream, "JPEG", quality=85)
    height, width = picture.shape[:2]
    small = images.resize(picture, height * 3 // 4, width * 3 // 4)
    return {
        "copy as JPEG": np.asarray(Image.open(stream), np.float32) / 255,
        "copy shifted": np.pad(picture, ((2, 0), (2, 0), (0, 0)), mode="edge")[:-2, :-2],
        "copy shrunk": images.resize(small, height, width),
    }
