"""Crops of a folder of pictures to learn from, and pictures kept back to be judged by."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nst_jax.errors import InputError
from nst_jax.images.reading import read
from nst_jax.images.resizing import resize

Crops = Float[np.ndarray, "n side side 3"]


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures of a folder and its subfolders: those to train on, and every tenth, which is kept back.

    Raises:
        InputError: when there are too few.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    if len(files) < 10:
        raise InputError(f"There are {len(files)} pictures in {folder}; some hundreds are needed.")
    training = [file for number, file in enumerate(files) if number % 10 != 5]
    return training, [file for number, file in enumerate(files) if number % 10 == 5]


def crops(files: list[Path], count: int, side: int, generator: np.random.Generator) -> Iterator[Crops]:
    """Endless batches of square crops, float32 in [0, 1].

    Each shows a part of a picture of random size, from a detail to all of it, half of them mirrored and half with
    brightness and the balance of colors changed a little.

    Args:
        files: the pictures; all are kept in memory.
        count: crops in a batch.
        side: of a crop in pixels.
        generator: of the random choices.
    """
    pictures = [(read(file).rgb * 255).astype(np.uint8) for file in files]
    while True:
        indices = generator.integers(len(pictures), size=count)
        yield np.stack([_crop(pictures[index], side, generator) for index in indices])


def _crop(picture: np.ndarray, side: int, generator: np.random.Generator) -> np.ndarray:
    short = min(picture.shape[:2])
    # The power makes details more frequent than whole pictures; nothing is enlarged more than twice.
    wanted = round(short * generator.uniform(min(1.0, side / short), 1.0) ** 1.5)
    length = int(np.clip(wanted, min(short, side // 2), short))
    top, left = (int(generator.integers(extent - length + 1)) for extent in picture.shape[:2])
    part = picture[top : top + length, left : left + length].astype(np.float32) / 255
    part = resize(part, side, side)
    if generator.random() < 0.5:
        part = part[:, ::-1]
    if generator.random() < 0.5:
        gain, shift = generator.uniform(0.7, 1.3, 3), generator.uniform(-0.1, 0.1)
        part = np.clip(part * gain.astype(np.float32) + np.float32(shift), 0, 1)
    return part
