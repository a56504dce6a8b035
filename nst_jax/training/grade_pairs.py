"""Distances of pairs of pictures whose grades are known in advance, from the pictures of `paint_grade_pictures.py`."""

import dataclasses
import functools
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.grading.appearance import Appearance
from nst_jax.grading.distances import Distances, distances
from nst_jax.images.picture import RGB
from nst_jax.training.hand_drawings import hand_drawing

# Numbers of strokes of the simulated drawings.
DRAWINGS = {"careful drawing": 400, "sketch": 100, "scribble": 12}
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
# Appearances that are kept in memory, of half a megabyte each.
REMEMBERED = 2000


@dataclasses.dataclass(frozen=True)
class Pair:
    """A painted pair.

    Attributes:
        number: of the pair.
        part: "anchor" or "check".
        motifs: the names of the content, the style, the other content and the other style.
    """

    number: int
    part: str
    motifs: tuple[str, ...]


class PaintedPairs:
    """The pairs of a folder of painted pictures.

    Args:
        folder: the folder.
        describe: the function that describes pictures.
        key: what the distances depend on beside the pictures, such as the hashes of the encoder and the network.

    Raises:
        InputError: when the folder has no list of pairs.
    """

    def __init__(self, folder: Path, describe: Callable[[RGB], Appearance], key: str):
        self._folder, self._describe, self._key = folder, describe, key
        # Pictures are met again as strangers of other pairs.
        self._seen = functools.lru_cache(REMEMBERED)(self._read_and_describe)
        try:
            listed = json.loads((folder / PAIRS_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{folder} has no list of pairs; paint them with paint_grade_pictures.py.") from error
        self.pairs = [Pair(number, each["part"], tuple(each["motifs"])) for number, each in enumerate(listed)]

    def distances(self, pair: Pair) -> dict[str, list[Distances]]:
        """Compute the distances of a pair, by the kinds of RELATIONS and some more that are made here."""
        target = images.read(self._path(pair, "fast")).rgb
        names = dict.fromkeys(name for names in RELATIONS.values() for name in names)
        seen = {name: self._seen(self._path(pair, name)) for name in names if self._path(pair, name).exists()}
        found = {
            kind: [distances(seen[one], seen[other])]
            for kind, (one, other) in RELATIONS.items()
            if one in seen and other in seen
        }
        generator = np.random.default_rng(pair.number)
        variants = _copies(target) | {
            kind: hand_drawing(target, strokes, generator) for kind, strokes in DRAWINGS.items()
        }
        found |= {kind: [distances(seen["fast"], self._describe(each))] for kind, each in variants.items()}
        strangers = [each for each in self.pairs if each.part == pair.part and not set(each.motifs) & set(pair.motifs)]
        found["unrelated"] = [
            distances(seen[mine], self._seen(self._path(strangers[generator.integers(len(strangers))], theirs)))
            for mine, theirs in STRANGERS
        ]
        return found

    def _path(self, pair: Pair, name: str) -> Path:
        return self._folder / f"{pair.part}-{pair.number:03d}-{name}.png"

    def _read_and_describe(self, path: Path) -> Appearance:
        return self._describe(images.read(path).rgb)

    def digest(self, pair: Pair) -> str:
        """Hash the pictures of a pair, and what else its distances depend on, for a cache of distances."""
        digest = hashlib.sha256(f"{self._key} {pair} {DRAWINGS}".encode())
        for name in sorted({name for names in RELATIONS.values() for name in names}):
            path = self._path(pair, name)
            digest.update(path.read_bytes() if path.exists() else b"-")
        return digest.hexdigest()


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
