"""What the server and the painter tell each other: plain data, one dictionary for each message.

To the painter: a `PaintTask` or a `GradeTask` as "paint" or "grade"; "cancel" and "stop", with the identifier of the
job; and "leave", to keep the state of the present job and end.

From the painter: "ready" and "broken"; of a job "progress", "preview" and "saving"; and as the last word on each task
one of "done", "cancelled", "failed" and "graded".
"""

from pathlib import Path
from typing import Any, NamedTuple

from nst_jax.recipes.recipe import Recipe

Message = dict[str, Any]


class PainterOptions(NamedTuple):
    """What a painter is started with.

    Attributes:
        lock: the file that only one painter of a data folder holds.
        log: the file for warnings and tracebacks.
        device: the platform to compute on, as JAX_PLATFORMS takes it; empty for the best one.
    """

    lock: Path
    log: Path
    device: str = ""


class NamedPicture(NamedTuple):
    """A picture file, and the name that the provenance of a result gives it."""

    path: Path
    name: str


class PaintTask(NamedTuple):
    """A picture to be made.

    Attributes:
        job: the identifier of the job.
        recipe: all settings.
        content: the photograph.
        styles: the styles.
        content_mask: the mask of the photograph, or None.
        style_masks: the masks of all styles, or empty.
        checkpoint: the file to keep the state in, and to go on from if it exists.
        result: the path of the result without its suffix.
        stop: whether to stop after the first report, because the user has asked for it before.
    """

    job: str
    recipe: Recipe
    content: NamedPicture
    styles: list[NamedPicture]
    content_mask: NamedPicture | None
    style_masks: list[NamedPicture]
    checkpoint: Path
    result: Path
    stop: bool = False


class GradeTask(NamedTuple):
    """Pictures to be graded against each other.

    Attributes:
        experiment: the identifier of the experiment.
        pictures: the pictures by name: "drawing", "fast" and "optimize".
    """

    experiment: str
    pictures: dict[str, Path]
