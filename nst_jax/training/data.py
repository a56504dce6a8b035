"""Training data: random crops of a folder of images, and a split into training and validation images."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nst_jax.errors import InputError
from nst_jax.images.reading import read
from nst_jax.images.resizing import resize

Crops = Float[np.ndarray, "n side side 3"]


def picture_files(folder: Path, pattern: str = "*") -> list[Path]:
    """Return the .jpg, .jpeg, .png and .webp files of a folder that match a pattern, sorted by path."""
    return sorted(path for path in folder.glob(pattern) if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """Split the images of a folder and its subfolders into a training set and a validation set.

    Args:
        folder: the folder; .jpg, .jpeg, .png and .webp files are used, sorted by path.

    Returns:
        The files to train on, and every tenth file, which is held out for validation.

    Raises:
        InputError: if there are fewer than ten images.
    """
    files = picture_files(folder, "**/*")
    if len(files) < 10:
        raise InputError(f"There are {len(files)} pictures in {folder}; some hundreds are needed.")
    training = [file for number, file in enumerate(files) if number % 10 != 5]
    return training, [file for number, file in enumerate(files) if number % 10 == 5]


def crops(files: list[Path], count: int, side: int, generator: np.random.Generator) -> Iterator[Crops]:
    """Generate endless batches of square crops with random augmentation.

    A crop shows a square of random size and position, from a small detail to the full short side of the image, resized
    to `side`. Half of the crops are mirrored; half have their color channels scaled and their brightness shifted.

    Args:
        files: the images; all are kept in memory.
        count: crops in a batch.
        side: side of a crop in pixels.
        generator: source of the random choices.

    Yields:
        Batches, (count, side, side, 3) float32 in [0, 1].
    """
    pictures = [(read(file).rgb * 255).astype(np.uint8) for file in files]
    while True:
        indices = generator.integers(len(pictures), size=count)
        yield np.stack([_crop(pictures[index], side, generator) for index in indices])


def _crop(picture: np.ndarray, side: int, generator: np.random.Generator) -> np.ndarray:
    short = min(picture.shape[:2])
    # The power makes small squares more frequent than large ones. No square is enlarged more than twice.
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
