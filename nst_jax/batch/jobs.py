"""Jobs for folders of images: which content goes into which file, and which settings an output folder belongs to."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nst_jax.engine.provenance import describe_difference
from nst_jax.errors import InputError
from nst_jax.files import atomic_write

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")
# A file in the output folder with the settings of its images, so that results of other settings are not mixed in.
SETTINGS_NAME = ".nst-jax.json"


@dataclasses.dataclass(frozen=True)
class Job:
    """A content image and the file for its result; the suffix of `target` chooses the format."""

    content: Path
    target: Path


def contents_in(folder: Path, output: Path) -> list[Path]:
    """List the images in a folder and its subfolders, sorted, except hidden files and files within `output`.

    Raises:
        InputError: when there are no images.
    """
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in PICTURE_SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not (output != folder and path.resolve().is_relative_to(output.resolve()))
    ]
    if not files:
        raise InputError(f"There are no pictures in {folder}; JPEG, PNG, WebP, TIFF, BMP and GIF files are looked for.")
    return files


def jobs_for(contents: Sequence[Path], folder: Path, output: Path, suffix: str) -> list[Job]:
    """Return a job for each content; the subfolders of `folder` are kept in `output`.

    Contents whose names differ only in the suffix keep it: `a.jpg` and `a.png` become `a.jpg.png` and `a.png.png`.

    Args:
        contents: files within `folder`.
        folder: the folder of contents.
        output: the folder of results.
        suffix: the suffix of the results, such as ".png".
    """
    counts = Counter(path.with_suffix("") for path in contents)
    jobs = []
    for path in contents:
        relative = path.relative_to(folder)
        name = f"{relative.name if counts[path.with_suffix('')] > 1 else relative.stem}{suffix}"
        jobs.append(Job(path, output / relative.with_name(name)))
    return jobs


def style_folders(styles: Sequence[Path], output: Path) -> list[Path]:
    """Return the output folder of each style: `output` for a single style, else a subfolder named after the style.

    Raises:
        InputError: when two style files have the same name up to their suffix.
    """
    if len(styles) == 1:
        return [output]
    stems = Counter(style.stem for style in styles)
    for stem, count in stems.items():
        if count > 1:
            raise InputError(f"Two styles are called {stem}, so their pictures would mix; rename one.")
    return [output / style.stem for style in styles]


def claim_output_folder(output: Path, settings: dict[str, Any]) -> None:
    """Create the output folder and note the settings in it, or check that its images were made with these settings.

    Args:
        output: the folder of results.
        settings: plain data, as JSON can store it.

    Raises:
        InputError: when the folder belongs to other settings, or cannot be written to.
    """
    path = output / SETTINGS_NAME
    try:
        output.mkdir(parents=True, exist_ok=True)
        if path.exists():
            existing = json.loads(path.read_text())
            if existing != settings:
                raise InputError(
                    f"{output} holds pictures made with {describe_difference(existing, settings)}; "
                    "choose another folder with -o, or the same settings to go on."
                )
            return
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(settings))
    except OSError as error:
        raise InputError(f"Nothing can be written to {output} ({error.strerror}); choose another folder.") from error
    except ValueError as error:
        raise InputError(f"{path} is damaged; delete it if the pictures beside it may stay as they are.") from error
