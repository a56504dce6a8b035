"""Batches of images of one shape, whose files are read in the background."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from nst_jax import images
from nst_jax.batch.buckets import bucket, pad_to_bucket
from nst_jax.batch.jobs import Job
from nst_jax.batch.progress import Tally
from nst_jax.engine.postprocess import final_shape
from nst_jax.errors import describe_exception
from nst_jax.files import check_name
from nst_jax.images.picture import Picture
from nst_jax.images.writing import check_dimensions
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# The number of files whose shapes are read ahead; images of the same bucket among these form batches.
WINDOW = 512


class Batch(NamedTuple):
    """Jobs of one bucket, and their contents, which are being read in the background."""

    size: Scale
    jobs: list[Job]
    pictures: list[Future[Picture]]


class Example(NamedTuple):
    """A job and its content, resized and padded to the shape of its bucket."""

    job: Job
    content: Picture


def prefetch(
    jobs: Sequence[Job],
    recipe: Recipe,
    batch_limit: Callable[[Scale], int],
    tally: Tally,
    readers: ThreadPoolExecutor,
    announce: Callable[[Sequence[Job]], None] = lambda _: None,
) -> Iterator[Batch]:
    """Group jobs into batches, and yield each batch after reading of the next one has started.

    Files whose shape cannot be read, and files whose results would be too large for their format, are counted as
    failures.

    Args:
        jobs: the jobs.
        recipe: the settings.
        batch_limit: returns the most images of a size in a batch.
        tally: where failures are counted.
        readers: reads the contents.
        announce: called with the jobs of a batch before the first of its contents is read.
    """
    previous = None
    for shape, group in _batches(jobs, recipe, batch_limit, tally):
        announce(group)
        batch = Batch(shape, group, [readers.submit(_read, job.content, recipe) for job in group])
        if previous:
            yield previous
        previous = batch
    if previous:
        yield previous


def read_results(batch: Batch, tally: Tally) -> Iterator[Example]:
    """Wait for the contents of a batch, and yield those that could be read; count the others as failures."""
    for job, future in zip(batch.jobs, batch.pictures, strict=True):
        try:
            yield Example(job, future.result())
        except Exception as error:
            tally.fail(job, describe_exception(error))


def _batches(
    jobs: Sequence[Job], recipe: Recipe, batch_limit: Callable[[Scale], int], tally: Tally
) -> Iterator[tuple[Scale, list[Job]]]:
    """Group the jobs by bucket, and yield them in batches of at most `batch_limit` jobs."""
    for begin in range(0, len(jobs), WINDOW):
        groups: dict[Scale, list[Job]] = {}
        for job in jobs[begin : begin + WINDOW]:
            try:
                check_name(job.target)
                shape = images.shape_of(job.content)
                check_dimensions(job.target, *final_shape(shape, recipe))
                groups.setdefault(bucket(shape, recipe), []).append(job)
            except Exception as error:
                tally.fail(job, describe_exception(error))
        for size, group in groups.items():
            while group:
                count = batch_limit(size)
                yield size, group[:count]
                group = group[count:]


def _read(path: Path, recipe: Recipe) -> Picture:
    """Read an image and pad it to its bucket; the pixels of the original are not kept in memory."""
    return pad_to_bucket(images.read(path), recipe)
