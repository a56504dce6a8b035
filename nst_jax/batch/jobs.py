"""Jobs for folders of images: which content goes into which file, and which settings an output folder belongs to."""

import dataclasses
import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from nst_jax import images
from nst_jax.batch.listing import SETTINGS_NAME, Content
from nst_jax.engine.provenance import describe_difference
from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.images.writing import read_provenance


@dataclasses.dataclass(frozen=True)
class Job:
    """A content image and the file for its result; the suffix of `target` chooses the format."""

    content: Path
    target: Path


def jobs_for(contents: Sequence[Content], output: Path, suffix: str) -> list[Job]:
    """Return a job for each content: its path, and the file for its result (the target). All targets are distinct.

    A target is the content's path relative to the folder that it was found in (see `Content.relative`), with another
    suffix, below `output`; for a content that was given as a file, this path is its name. Contents whose targets would
    be the same, as those of `a.jpg` and `a.png`, keep their suffix: `a.jpg.png` and `a.png.png`; if a target is the
    same even then, a number is added. Names that differ only in case or in Unicode normalization count as the same,
    because they are the same file on some systems. The targets do not depend on the order of the contents.

    Args:
        contents: the contents.
        output: the folder of results.
        suffix: the suffix of the results, such as ".png".

    Returns:
        The jobs, in the order of the contents.
    """
    order = sorted(range(len(contents)), key=lambda index: contents[index].relative)
    short = [content.relative.with_name(content.relative.stem + suffix) for content in contents]
    counts = Counter(map(_key, short))
    targets: dict[int, PurePath] = {index: short[index] for index in order if counts[_key(short[index])] == 1}
    taken = set(map(_key, targets.values()))
    for index in order:
        if index in targets:
            continue
        relative = contents[index].relative
        candidate, number = relative.with_name(relative.name + suffix), 2
        while _key(candidate) in taken:
            candidate, number = relative.with_name(f"{relative.name}-{number}{suffix}"), number + 1
        targets[index] = candidate
        taken.add(_key(candidate))
    return [Job(content.path, output / targets[index]) for index, content in enumerate(contents)]


def _key(path: str | PurePath) -> str:
    """Return what is the same for names that are the same file on some system."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def style_folders(styles: Sequence[Path], output: Path) -> list[Path]:
    """Return the output folder of each style: `output` for a single style, else a subfolder named after the style.

    Styles whose names differ only in the suffix keep it.

    Raises:
        InputError: when two style files have the same name up to case.
    """
    if len(styles) == 1:
        return [output]
    stems = Counter(_key(style.stem) for style in styles)
    names = [style.stem if stems[_key(style.stem)] == 1 else style.name for style in styles]
    counts = Counter(map(_key, names))
    for name in names:
        if counts[_key(name)] > 1:
            raise InputError(f"Two styles are called {name}, so their pictures would mix; rename one.")
    return [output / name for name in names]


def is_outdated(job: Job) -> bool:
    """Return whether an existing result was made from other pixels than the content file has now.

    If the content file was not changed or moved since the result was written, by the times of the files, the answer is
    no without reading any pixels, so that a rerun over finished results is fast. Otherwise the pixels are compared, by
    the hash in the result's provenance; then a content that cannot be read counts as outdated, so that the run tries it
    and reports the error, and so does a result without provenance, because there is no hash to compare. Only the
    content is checked; `claim_output_folder` checks settings and styles.
    """
    content, result = job.content.stat(), job.target.stat()
    # The time of the last change of status is that of a file that was moved here with its old time of modification.
    if max(content.st_mtime_ns, content.st_ctime_ns) <= result.st_mtime_ns:
        return False
    try:
        made_from = read_provenance(job.target).get("content", {}).get("sha256")
        return made_from != images.read(job.content).sha256
    except (InputError, OSError, AttributeError):
        return True


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
