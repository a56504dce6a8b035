"""Stylization of a folder: batch after batch, with files read and written while the device computes."""

import dataclasses
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import jax

from nst_jax import images
from nst_jax.batch.batch_size import max_batch_size
from nst_jax.batch.buckets import bucket, pad_to_bucket
from nst_jax.batch.jobs import Job
from nst_jax.devices import is_out_of_memory
from nst_jax.engine.multiscale import run_multiscale
from nst_jax.engine.problem import Problem
from nst_jax.engine.result import Progress, Result
from nst_jax.errors import InputError
from nst_jax.images.picture import Picture, SourceInfo
from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# The number of files whose shapes are read ahead; images of the same bucket among these form batches.
WINDOW = 512
# Threads that encode and write results.
WRITERS = 2


@dataclasses.dataclass(frozen=True)
class Failure:
    """A content that could not be stylized, or whose run diverged, and the reason."""

    path: Path
    reason: str


@dataclasses.dataclass
class Tally:
    """The progress of a run over a folder.

    Attributes:
        total: the number of images to stylize.
        done: the number of images stylized and handed to the writers.
        failures: the failures so far, in order of occurrence.
        batch: the number of images in the current batch.
        progress: the fraction of the current batch that is done, from 0 to 1.
    """

    total: int
    done: int = 0
    failures: list[Failure] = dataclasses.field(default_factory=list)
    batch: int = 0
    progress: float = 0.0


def stylize_jobs(
    jobs: Sequence[Job],
    styles: Sequence[Picture],
    recipe: Recipe,
    weights: NetworkWeights,
    batch_size: int = 0,
    save: Callable[[Result, Path], None] = Result.save,
    run: Callable[[Problem], Iterator[list[Progress]]] = run_multiscale,
) -> Generator[Tally, None, None]:
    """Stylize all jobs in batches, and write the results of each batch while the next one is computed.

    Contents that cannot be read are recorded as failures and skipped. If a batch does not fit into memory, the batch
    size of its bucket is halved and the batch is tried again.

    Args:
        jobs: contents and targets; missing folders of the targets are created.
        styles: one style, or several to be mixed.
        recipe: the settings.
        weights: the network's parameters.
        batch_size: the most images in a batch; 0 estimates how many fit into memory.
        save: writes a result to a file.
        run: stylizes a batch.

    Yields:
        The same `Tally` object, updated, about twice a second.

    Raises:
        InputError: when a result cannot be written.
        MemoryError: when a single image does not fit into the host's memory.
        jax.errors.JaxRuntimeError: when a single image does not fit into the device's memory.
    """
    tally = Tally(len(jobs))
    network = build_network(weights, recipe)
    limits: dict[Scale, int] = {}

    def batch_limit(size: Scale) -> int:
        if size not in limits:
            limits[size] = batch_size or max_batch_size(network, size, recipe)
        return limits[size]

    with ThreadPoolExecutor(1) as readers, ThreadPoolExecutor(WRITERS) as writers:
        pending_writes: list[Future[None]] = []
        for batch in _prefetch(_batches(jobs, recipe, batch_limit, tally), recipe, readers):
            remaining = list(_read_results(batch, tally))
            while remaining:
                examples = remaining[: batch_limit(batch.size)]
                try:
                    contents = [example.content for example in examples]
                    results = yield from _stylize_batch(contents, styles, recipe, weights, tally, run)
                except (MemoryError, jax.errors.JaxRuntimeError) as error:
                    if not is_out_of_memory(error) or len(examples) == 1:
                        raise
                    limits[batch.size] = len(examples) // 2
                    continue
                del remaining[: len(examples)]
                _wait_for_writes(pending_writes)
                for example, result in zip(examples, results, strict=True):
                    pending_writes.append(writers.submit(_write, example, result, recipe, save))
                    if result.diverged:
                        tally.failures.append(
                            Failure(example.job.content, "the loss was not finite; try other settings")
                        )
                    else:
                        tally.done += 1
        _wait_for_writes(pending_writes)
    yield tally


def _wait_for_writes(futures: list[Future[None]]) -> None:
    """Wait for pending writes and empty the list; this bounds memory to one batch and re-raises write errors."""
    while futures:
        futures.pop().result()


class _Batch(NamedTuple):
    """Jobs of one bucket, and their contents, which are being read in the background."""

    size: Scale
    jobs: list[Job]
    pictures: list[Future[Picture]]


class _Example(NamedTuple):
    """A job and its content, resized and padded to the shape of its bucket."""

    job: Job
    content: Picture


def _batches(
    jobs: Sequence[Job], recipe: Recipe, batch_limit: Callable[[Scale], int], tally: Tally
) -> Iterator[tuple[Scale, list[Job]]]:
    """Group the jobs by bucket, and yield them in batches of at most `batch_limit` jobs.

    Files whose shape cannot be read are recorded as failures.
    """
    for begin in range(0, len(jobs), WINDOW):
        groups: dict[Scale, list[Job]] = {}
        for job in jobs[begin : begin + WINDOW]:
            try:
                groups.setdefault(bucket(images.shape_of(job.content), recipe), []).append(job)
            except InputError as error:
                tally.failures.append(Failure(job.content, str(error)))
        for shape, group in groups.items():
            while group:
                count = batch_limit(shape)
                yield shape, group[:count]
                group = group[count:]


def _prefetch(
    batches: Iterator[tuple[Scale, list[Job]]], recipe: Recipe, readers: ThreadPoolExecutor
) -> Iterator[_Batch]:
    """Yield each batch after reading of the next one has started."""
    previous = None
    for shape, jobs in batches:
        batch = _Batch(shape, jobs, [readers.submit(_read, job.content, recipe) for job in jobs])
        if previous:
            yield previous
        previous = batch
    if previous:
        yield previous


def _read(path: Path, recipe: Recipe) -> Picture:
    """Read an image and pad it to its bucket; the pixels of the original are not kept in memory."""
    return pad_to_bucket(images.read(path), recipe)


def _read_results(batch: _Batch, tally: Tally) -> Iterator[_Example]:
    """Wait for the contents of a batch, and yield those that could be read; record the others as failures."""
    for job, future in zip(batch.jobs, batch.pictures, strict=True):
        try:
            yield _Example(job, future.result())
        except InputError as error:
            tally.failures.append(Failure(job.content, str(error)))


def _stylize_batch(
    pictures: list[Picture],
    styles: Sequence[Picture],
    recipe: Recipe,
    weights: NetworkWeights,
    tally: Tally,
    run: Callable[[Problem], Iterator[list[Progress]]],
) -> Generator[Tally, None, list[Result]]:
    """Stylize a batch: yield the updated tally after each chunk of steps, and return the results.

    The batch is padded to a power of two with copies of its last image, because each batch size is compiled anew.
    """
    spare = (1 << (len(pictures) - 1).bit_length()) - len(pictures)
    tally.batch, tally.progress = len(pictures), 0.0
    # Results are resized to the original size only after the padding of the bucket is removed, in `_write`.
    unscaled = dataclasses.replace(recipe, upscale_to_original=False)
    problem = Problem(contents=[*pictures, *pictures[-1:] * spare], styles=styles, recipe=unscaled, weights=weights)
    batch: list[Progress] = []
    for batch in run(problem):
        tally.progress = batch[0].fraction
        yield tally
    return [progress.partial_result for progress in batch[: len(pictures)]]


def _write(example: _Example, result: Result, recipe: Recipe, save: Callable[[Result, Path], None]) -> None:
    """Remove the padding of the bucket from a result, resize it if the recipe says so, and save it."""
    original: SourceInfo = example.content.info
    height, width = images.fitted_size(original.shape, recipe.size, recipe.resize)
    final = original.shape if recipe.upscale_to_original else (height, width)
    finished = dataclasses.replace(
        result,
        picture=images.resize(result.picture[:height, :width], *final),
        alpha=None if result.alpha is None else images.resize(result.alpha[:height, :width], *final),
        dpi=original.dpi,
        recipe=recipe,
    )
    example.job.target.parent.mkdir(parents=True, exist_ok=True)
    save(finished, example.job.target)
