"""Jobs for folders of images: which content goes into which file, and which settings an output folder belongs to."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nst_jax import images
from nst_jax.batch.listing import SETTINGS_NAME, Content
from nst_jax.batch.targets import key_of, target_names, with_suffix
from nst_jax.engine.provenance import describe_difference, provenance, run_inputs
from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.images.picture import Picture
from nst_jax.images.writing import read_provenance
from nst_jax.networks.weights.of_recipe import AnyWeights
from nst_jax.recipes.memory import MEMORY_SETTINGS
from nst_jax.recipes.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class Job:
    """A content image and the file for its result; the suffix of `target` chooses the format."""

    content: Path
    target: Path


def jobs_for(contents: Sequence[Content], output: Path, suffix: str) -> list[Job]:
    """Return a job for each content: its path, and the file for its result (the target). All targets are distinct.

    A target is the content's path relative to the folder that it was found in (see `Content.relative`), with another
    suffix, below `output`; for a content that was given as a file, this path is its name. See `target_names`.

    Args:
        contents: the contents.
        output: the folder of results.
        suffix: the suffix of the results, such as ".png".

    Returns:
        The jobs, in the order of the contents.
    """
    names = target_names([content.relative.as_posix() for content in contents], suffix)
    return [Job(content.path, output / name) for content, name in zip(contents, names, strict=True)]


def style_folders(styles: Sequence[Path], output: Path) -> list[Path]:
    """Return the output folder of each style: `output` for a single style, else a subfolder named after the style.

    Styles whose names differ only in the suffix keep it.

    Raises:
        InputError: when two style files have the same name up to case.
    """
    return [output / name for name in style_folder_names([style.name for style in styles])]


def style_folder_names(styles: Sequence[str]) -> list[str]:
    """Return the name of the subfolder for each style, by the name of its file; empty for a single style.

    Raises:
        InputError: as `style_folders`.
    """
    if len(styles) == 1:
        return [""]
    stems = [with_suffix(style, "") for style in styles]
    counts = Counter(map(key_of, stems))
    names = [stem if counts[key_of(stem)] == 1 else style for stem, style in zip(stems, styles, strict=True)]
    counts = Counter(map(key_of, names))
    for name in names:
        if counts[key_of(name)] > 1:
            raise InputError(f"Two styles are called {name}, so their pictures would mix; rename one.")
    return names


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


def folder_settings(recipe: Recipe, weights: AnyWeights, styles: Sequence[Picture]) -> dict[str, Any]:
    """Return the settings that all images of an output folder share, with the types that JSON gives them.

    Those of the memory are left out, because they change no image.
    """
    facts = provenance(recipe, run_inputs(weights, styles[0], styles))
    settings = {name: value for name, value in facts["recipe"].items() if name not in MEMORY_SETTINGS}
    kept = {"recipe": settings, "network": facts["network"], "style": facts["style"]}
    # Left out if empty, as in folders of versions that did not record it.
    return json.loads(json.dumps(kept | ({"chosen": facts["chosen"]} if facts["chosen"] else {})))


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
