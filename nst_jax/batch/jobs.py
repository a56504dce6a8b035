"""What is to be painted from folders: which content with which style into which file, and what is already there."""

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
# Beside the pictures: what they were made with, so that a run with other settings does not mix with them.
SETTINGS_NAME = ".nst-jax.json"


@dataclasses.dataclass(frozen=True)
class Job:
    """A content and where its picture goes; the file's ending says how it is written."""

    content: Path
    target: Path


def contents_in(folder: Path, output: Path) -> list[Path]:
    """The pictures in a folder and its subfolders, sorted; without hidden files and without what lies in `output`.

    Raises:
        InputError: when there are none.
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
    """A job for each content, with the folders of `folder` kept.

    Contents that differ only in their endings keep them: `a.jpg` and `a.png` become `a.jpg.png` and `a.png.png`.
    """
    counts = Counter(path.with_suffix("") for path in contents)
    jobs = []
    for path in contents:
        relative = path.relative_to(folder)
        name = f"{relative.name if counts[path.with_suffix('')] > 1 else relative.stem}{suffix}"
        jobs.append(Job(path, output / relative.with_name(name)))
    return jobs


def style_folders(styles: Sequence[Path], output: Path) -> list[Path]:
    """Where each style's pictures go: into `output` if there is one style, else into a folder of the style's name.

    Raises:
        InputError: when two styles have the same name.
    """
    if len(styles) == 1:
        return [output]
    stems = Counter(style.stem for style in styles)
    for stem, count in stems.items():
        if count > 1:
            raise InputError(f"Two styles are called {stem}, so their pictures would mix; rename one.")
    return [output / style.stem for style in styles]


def claim_output_folder(output: Path, settings: dict[str, Any]) -> None:
    """Makes the folder for pictures of these settings, or makes sure that what it holds was made with them.

    Raises:
        InputError: when it was made with others, or cannot be written to.
    """
    path = output / SETTINGS_NAME
    try:
        output.mkdir(parents=True, exist_ok=True)
        if path.exists():
            found = json.loads(path.read_text())
            if found != settings:
                raise InputError(
                    f"{output} holds pictures made with {describe_difference(found, settings)}; "
                    "choose another folder with -o, or the same settings to go on."
                )
            return
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(settings))
    except OSError as error:
        raise InputError(f"Nothing can be written to {output} ({error.strerror}); choose another folder.") from error
    except ValueError as error:
        raise InputError(f"{path} is damaged; delete it if the pictures beside it may stay as they are.") from error
