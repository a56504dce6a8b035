"""The making of one picture in the painter process, with previews, checkpoints and requests in between."""

import dataclasses
import itertools
import logging
import math
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nst_jax
from nst_jax.devices import out_of_memory_as_input_error
from nst_jax.errors import InputError
from nst_jax.grading import grade_pictures, ladder
from nst_jax.studio.painter_messages import GradeTask, Message, NamedPicture, PaintTask
from nst_jax.studio.painter_requests import Requests
from nst_jax.studio.preview import Previews, write_views
from nst_jax.studio.store import LossPoint

_log = logging.getLogger(__name__)

# The seconds between two checkpoints. A painter that is told to end writes one more; one that is killed loses the steps
# since the last.
CHECKPOINT_SECONDS = 10.0
# A curve of more points is no smoother on a screen.
CURVE_POINTS = 500
# The least seconds between two reports.
REPORT_SECONDS = 0.45

Send = Callable[[Message], None]


def paint(task: PaintTask, requests: Requests, send: Send) -> None:
    """Make a picture and tell the server about it; a painter that is to leave returns without a last word.

    Raises:
        InputError: when the pictures or settings do not fit, the memory is too small, or the result cannot be saved.
    """
    with warnings.catch_warnings(record=True) as caught, out_of_memory_as_input_error():
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        progress = _run(task, requests, send)
        if progress is None:
            return
        send({"type": "saving", "job": task.job})
        result = progress.partial_result
        if requests.is_cancelled(task.job):
            send({"type": "cancelled", "job": task.job})
            return
        result.save(task.result.with_suffix(".png"))
        result.save(task.result.with_suffix(".tif"), bit_depth=16)
        write_views(result, task.result)
    height, width = result.picture.shape[:2]
    send(
        {
            "type": "done",
            "job": task.job,
            "ending": result.ending,
            "width": width,
            "height": height,
            "seconds": result.seconds,
            "step": result.steps,
            "total_steps": result.total_steps,
            "losses": curve(result.losses),
            "notes": [str(each.message) for each in caught if issubclass(each.category, UserWarning)],
        }
    )


def _run(task: PaintTask, requests: Requests, send: Send) -> nst_jax.Progress | None:
    """Run all steps; return the last progress, or None if the job was cancelled or the painter is to leave."""
    content, *styles = [_read(each) for each in (task.content, *task.styles)]
    masks = [_read(each) for each in (task.content_mask, *task.style_masks) if each is not None]
    options: dict[str, Any] = {
        "content_mask": masks.pop(0) if task.content_mask else None,
        "style_masks": masks,
    }
    checkpoint = None
    if not task.recipe.fast:
        checkpoint = nst_jax.Checkpoint(task.checkpoint, CHECKPOINT_SECONDS)
        options["checkpoint"] = checkpoint

    def begin() -> Iterator[nst_jax.Progress]:
        return nst_jax.stylize_steps(content, styles, task.recipe, **options)

    steps = _begun_anew_without(task.checkpoint, begin)
    progress: nst_jax.Progress | None = None
    reported = 0.0
    with Previews(task.job, send) as previews:
        for progress in steps:
            now = time.monotonic()
            if progress.ending is not None or now - reported >= REPORT_SECONDS:
                reported = now
                send(_report(task.job, progress))
                previews.offer(progress)
            if requests.is_cancelled(task.job):
                send({"type": "cancelled", "job": task.job})
                return None
            if requests.is_stopped(task.job) or task.stop:
                break
            if requests.leaving.is_set() and checkpoint is not None and checkpoint.request():
                return None
    is_unfinished = progress is None or progress.ending is None
    return None if requests.leaving.is_set() and is_unfinished else progress


def _begun_anew_without(
    checkpoint: Path, begin: Callable[[], Iterator[nst_jax.Progress]]
) -> Iterator[nst_jax.Progress]:
    """Yield what a run yields; if it cannot go on from its checkpoint, delete that and begin the run again."""
    had_checkpoint = checkpoint.exists()
    steps = begin()
    try:
        yield next(steps)
    except InputError as error:
        if not (had_checkpoint and checkpoint.exists()):
            raise
        _log.warning("A run begins anew: %s", error)
        checkpoint.unlink()
        steps = begin()
    yield from steps


def curve(losses: Any) -> list[LossPoint]:
    """Return a loss curve as points (step, content, style, total), thinned to CURVE_POINTS.

    Args:
        losses: the `nst_jax.Losses` of a result.
    """
    total, count = losses.total, len(losses.content)
    every = max(1, -(-count // CURVE_POINTS))
    indices = sorted({*range(0, count, every), *([count - 1] if count else [])})
    return [
        (index + 1, _finite(losses.content[index]), _finite(losses.style[index]), _finite(total[index]))
        for index in indices
    ]


def grade(task: GradeTask) -> Message:
    """Grade the pictures of an experiment against each other.

    Returns:
        "grades", one for each pair, and "ladder", what other pairs get.

    Raises:
        InputError: when a picture cannot be read or is too small, or a file of the grade is missing or damaged.
    """
    # Read once, though each of them is in two pairs.
    pictures = {name: nst_jax.read_image(path) for name, path in task.pictures.items()}
    grades = []
    for first, second in itertools.combinations(pictures, 2):
        found = grade_pictures(pictures[first], pictures[second])
        grades.append({"first": first, "second": second} | {part: getattr(found, part) for part in _PARTS})
    return {"grades": grades, "ladder": [{"label": label, "grade": value} for label, value in ladder()]}


# What the page shows of a grade.
_PARTS = ("grade", "content", "style", "layout", "encoder")


def _read(picture: NamedPicture) -> Any:
    """Read a picture, with the name that it has for the user."""
    return dataclasses.replace(nst_jax.read_image(picture.path), name=picture.name)


def _finite(value: Any) -> float | None:
    # JSON has no other numbers.
    return float(value) if math.isfinite(value) else None


def _report(job: str, progress: Any) -> Message:
    losses = progress.losses
    loss = {"content": losses["content"], "style": losses["style"], "total": progress.total_loss} if losses else None
    return {
        "type": "progress",
        "job": job,
        "step": progress.step,
        "total_steps": progress.total_steps,
        "scale": progress.scale,
        "scales": progress.scales,
        "seconds": progress.seconds,
        "loss": {name: _finite(value) for name, value in loss.items()} if loss else None,
    }
