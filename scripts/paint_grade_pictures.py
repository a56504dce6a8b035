"""Paint what the grade is calibrated with: `python scripts/paint_grade_pictures.py PHOTOGRAPHS PAINTINGS OUT`.

Every fifth photograph and painting is used, those that no training has seen. Two thirds of them make the pairs for the
anchors, one third those for the check of the order; no picture is in both. For each pair, OUT gets

- `NUMBER-content.png` and `NUMBER-style.png`: the pair itself;
- `-fast` and `-fast-seed`: the fast network, with two seeds;
- `-fast-style` and `-fast-content`: the fast network with another style, and with another content;
- `-optimize`: the optimization, for every third pair;
- `-noise` and `-noise-seed`: the optimization from noise with two seeds, for every 27th pair.

Pictures that are there already are not painted again, so that a run that was stopped goes on.
"""

import dataclasses
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

import nst_jax
from nst_jax import images
from nst_jax.cli.program import run_script
from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.images.picture import RGB
from nst_jax.training.data import picture_files
from nst_jax.training.fast_validation import HELD_OUT
from nst_jax.training.grade_pairs import PAIRS_FILE

LEAST_PICTURES = 30
# Side of the painted pictures; that of the styles, which the programs resize themselves.
SIDE, STYLE_SIDE = 160, 256
# The pictures of a pair, and the number of pairs for each of which there is one.
EVERY = {
    "content": 1, "style": 1, "fast": 1, "fast-seed": 1, "fast-style": 1, "fast-content": 1,
    "optimize": 3, "noise": 27, "noise-seed": 27,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Command:
    """Paint pairs of pictures whose grades are known in advance."""

    photographs: Annotated[Path, tyro.conf.Positional]
    """Folder of content pictures."""

    paintings: Annotated[Path, tyro.conf.Positional]
    """Folder of style pictures."""

    output: Annotated[Path, tyro.conf.Positional]
    """Folder for the painted pictures."""

    anchors: int = 208
    """Number of pairs for the anchors."""

    checks: int = 104
    """Number of pairs for the check of the order, of other pictures than those for the anchors."""

    steps: int = 60
    """Steps of each optimization."""

    seed: int = 0
    """Seed of the choice of the pairs."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A content and a style, and others that have nothing to do with them."""

    content: Path
    style: Path
    other_content: Path
    other_style: Path


def unseen(folder: Path) -> list[Path]:
    """Return the pictures of a folder that no training uses, sorted by name."""
    files = picture_files(folder)
    if len(files) < LEAST_PICTURES:
        raise InputError(f"There are {len(files)} pictures in {folder}; at least {LEAST_PICTURES} are needed.")
    return files[HELD_OUT]


def pairs(contents: list[Path], styles: list[Path], count: int, generator: np.random.Generator) -> list[Pair]:
    """Choose pairs at random, none twice, while each picture is used about equally often."""
    if count > len(contents) * len(styles):
        raise InputError(f"{count} pairs cannot be made of {len(contents)} photographs and {len(styles)} paintings.")
    chosen = generator.permutation(len(contents) * len(styles))[:count]
    found = []
    for number in chosen:
        content, style = divmod(int(number), len(styles))
        others = (
            (content + int(generator.integers(1, len(contents)))) % len(contents),
            (style + int(generator.integers(1, len(styles)))) % len(styles),
        )
        found.append(Pair(contents[content], styles[style], contents[others[0]], styles[others[1]]))
    return found


def paint(pair: Pair, name: str, steps: int) -> RGB:
    """Paint one of the pictures of a pair."""

    def square(path: Path, side: int) -> RGB:
        return images.cover(images.read(path).rgb, side, side)

    content, style = square(pair.content, SIDE), square(pair.style, STYLE_SIDE)
    if name in ("content", "style"):
        return content if name == "content" else images.resize(style, SIDE, SIDE)
    if name.startswith("fast"):
        content = square(pair.other_content, SIDE) if name == "fast-content" else content
        style = square(pair.other_style, STYLE_SIDE) if name == "fast-style" else style
        return nst_jax.stylize_fast(content, style, size=SIDE, seed=int(name == "fast-seed")).picture
    if name == "optimize":
        return nst_jax.stylize(content, style, size=SIDE, steps=steps).picture
    return nst_jax.stylize(content, style, size=SIDE, steps=steps, init="noise", seed=int(name == "noise-seed")).picture


def main(command: Command) -> None:
    """Paint all pictures that are missing."""
    warnings.simplefilter("ignore", images.PictureWarning)
    generator = np.random.default_rng(command.seed)
    halves: list[list[list[Path]]] = []
    for folder in (command.photographs, command.paintings):
        files = unseen(folder)
        mixed = [files[index] for index in generator.permutation(len(files))]
        cut = round(len(files) * 2 / 3)
        halves.append([mixed[:cut], mixed[cut:]])
    (contents, other_contents), (styles, other_styles) = halves
    all_pairs = [
        *pairs(contents, styles, command.anchors, generator),
        *pairs(other_contents, other_styles, command.checks, generator),
    ]
    command.output.mkdir(parents=True, exist_ok=True)
    parts = ["anchor" if number < command.anchors else "check" for number in range(len(all_pairs))]
    listed = [
        {"part": part, "motifs": [path.name for path in dataclasses.astuple(pair)]}
        for part, pair in zip(parts, all_pairs, strict=True)
    ]
    with atomic_write(command.output / PAIRS_FILE) as temporary:
        temporary.write_text(json.dumps(listed, indent=1), encoding="utf-8")
    began = time.monotonic()
    # Kind after kind, so that a run that was stopped early has the quick kinds of all pairs.
    for name, every in EVERY.items():
        for number, pair in enumerate(all_pairs):
            path = command.output / f"{parts[number]}-{number:03d}-{name}.png"
            if number % every == 0 and not path.exists():
                images.save_image(path, paint(pair, name, command.steps))
                print(f"{time.monotonic() - began:6.0f} s  {path.name}", flush=True)


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
