"""Listing of the images in folders, with a count of the files that are passed over."""

import dataclasses
import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

from nst_jax import images
from nst_jax.errors import InputError

# A file in each output folder with the settings of its images, so that results of other settings are not mixed in. It
# also marks the folder as one of results, which are no contents.
SETTINGS_NAME = ".nst-jax.json"


@dataclasses.dataclass(frozen=True)
class Content:
    """A content image, and its path relative to the folder that it was found in, which its result keeps."""

    path: Path
    relative: PurePath


@dataclasses.dataclass(frozen=True)
class Listing:
    """The files of a folder.

    Attributes:
        contents: the images, sorted by their path.
        skipped: files that are not images by their suffix, folders of results, and links that lead nowhere or in
            circles; hidden files are not counted.
    """

    contents: list[Content]
    skipped: list[Path]


def list_images(folder: Path, outputs: Collection[Path] = ()) -> Listing:
    """List the images in a folder and its subfolders, through symbolic links too.

    Hidden files and folders, and everything within `outputs`, are left out without being counted. Subfolders of
    results (see SETTINGS_NAME) are skipped.

    Args:
        folder: the folder.
        outputs: the folders that results will be written to.

    Raises:
        InputError: when the folder cannot be read, is a folder of results, or contains no images.
    """
    if (folder / SETTINGS_NAME).is_file():
        raise InputError(
            f"{folder} is a folder of results (it has a file {SETTINGS_NAME}); give the folder of the originals, or "
            "delete that file to stylize the results once more."
        )
    resolved_outputs = {output.resolve() for output in outputs if output.resolve() != folder.resolve()}
    contents: list[Content] = []
    skipped: list[Path] = []
    try:
        for path, is_image in _walk(folder, resolved_outputs, (folder.resolve(),)):
            if is_image:
                contents.append(Content(path, PurePath(path.relative_to(folder))))
            else:
                skipped.append(path)
    except OSError as error:
        raise InputError(f"{error.filename or folder} cannot be read: {error.strerror}; check its rights.") from error
    if not contents:
        kinds = "JPEG, PNG, WebP, TIFF, BMP, GIF and other files with the suffix of a picture"
        others = f" among its {len(skipped)} files" if skipped else ""
        raise InputError(f"There are no pictures in {folder}{others}; {kinds} are looked for.")
    return Listing(contents, skipped)


def _walk(folder: Path, outputs: Collection[Path], ancestors: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """Yield the files below a folder, sorted, and whether each is an image; skipped folders are yielded as one file.

    Args:
        folder: the folder.
        outputs: resolved paths of folders to leave out.
        ancestors: the resolved paths of `folder` and the folders above it, to notice links that lead in circles.
    """
    suffixes = images.readable_suffixes()
    with os.scandir(folder) as entries:
        found = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    for entry in found:
        path = folder / entry.name
        if entry.is_dir():
            resolved = path.resolve()
            if resolved in outputs:
                continue
            if resolved in ancestors or (path / SETTINGS_NAME).is_file():
                yield path, False
            else:
                yield from _walk(path, outputs, (*ancestors, resolved))
        else:
            yield path, entry.is_file() and path.suffix.lower() in suffixes
