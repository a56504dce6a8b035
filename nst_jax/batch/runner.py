"""A folder of pictures in one style: batch after batch, with files read and written while the device works."""

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

# So many files are looked at before the first is painted; of these, those of one shape are painted together.
WINDOW = 512
WRITERS = 2


@dataclasses.dataclass(frozen=True)
class Failure:
    """A content that could not be painted, or not well, and why."""

    path: Path
    reason: str


@dataclasses.dataclass
class Tally:
    """Where a run over a folder stands.

    Attributes:
        total: pictures to be painted.
        done: painted and written.
        failures: in the order in which they were met.
        batch: pictures in the present batch.
        progress: of the present batch, from 0 to 1.
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
) -> Iterator[Tally]:
    """Paints all jobs and writes each picture as soon as it is done.

    What cannot be read is noted and passed over.

    Args:
        jobs: contents and targets; the targets' folders are made.
        styles: the one style, or several to be mixed.
        recipe: settings.
        weights: the network.
        batch_size: pictures at once; 0 finds what fits into memory.
        save: writes a result.

    Yields:
        The same tally, brought up to date, about twice a second.

    Raises:
        InputError: when a picture cannot be written, or one picture alone does not fit into memory.
    """
    tally = Tally(len(jobs))
    network = build_network(weights, recipe)
    limits: dict[Scale, int] = {}

    def limit_of(size: Scale) -> int:
        if size not in limits:
            limits[size] = batch_size or max_batch_size(network, size, recipe)
        return limits[size]

    with ThreadPoolExecutor(1) as readers, ThreadPoolExecutor(WRITERS) as writers:
        on_their_way: list[Future[None]] = []
        for batch in _read_ahead(_batches(jobs, recipe, limit_of, tally), recipe, readers):
            waiting = list(_loaded(batch, tally))
            while waiting:
                part = waiting[: limit_of(batch.size)]
                try:
                    results = yield from _paint([each.content for each in part], styles, recipe, weights, tally)
                except (MemoryError, jax.errors.JaxRuntimeError) as error:
                    if not is_out_of_memory(error) or len(part) == 1:
                        raise
                    limits[batch.size] = len(part) // 2
                    continue
                del waiting[: len(part)]
                _wait_for(on_their_way)
                for loaded, result in zip(part, results, strict=True):
                    on_their_way.append(writers.submit(_write, loaded, result, recipe, save))
                    if result.diverged:
                        tally.failures.append(
                            Failure(loaded.job.content, "the loss was not finite; try other settings")
                        )
                    else:
                        tally.done += 1
        _wait_for(on_their_way)
    yield tally


def _wait_for(futures: list[Future[None]]) -> None:
    """So that no more than one batch waits in memory to be written, and what went wrong is heard of."""
    while futures:
        futures.pop().result()


class _Batch(NamedTuple):
    """Jobs of one bucket, and their pictures, on the way from the disk."""

    size: Scale
    jobs: list[Job]
    pictures: list[Future[Picture]]


class _Loaded(NamedTuple):
    """A job and its content, resized and padded to the shape of its bucket."""

    job: Job
    content: Picture


def _batches(
    jobs: Sequence[Job], recipe: Recipe, limit_of: Callable[[Scale], int], tally: Tally
) -> Iterator[tuple[Scale, list[Job]]]:
    """Jobs of one bucket each, as many as fit into memory; those whose files are no pictures are noted."""
    for begin in range(0, len(jobs), WINDOW):
        groups: dict[Scale, list[Job]] = {}
        for job in jobs[begin : begin + WINDOW]:
            try:
                groups.setdefault(bucket(images.shape_of(job.content), recipe), []).append(job)
            except InputError as error:
                tally.failures.append(Failure(job.content, str(error)))
        for shape, group in groups.items():
            while group:
                count = limit_of(shape)
                yield shape, group[:count]
                group = group[count:]


def _read_ahead(
    batches: Iterator[tuple[Scale, list[Job]]], recipe: Recipe, readers: ThreadPoolExecutor
) -> Iterator[_Batch]:
    """The batches, each handed out when the next one is already being read."""
    waiting = None
    for shape, jobs in batches:
        batch = _Batch(shape, jobs, [readers.submit(_read, job.content, recipe) for job in jobs])
        if waiting:
            yield waiting
        waiting = batch
    if waiting:
        yield waiting


def _read(path: Path, recipe: Recipe) -> Picture:
    """Reads an image and pads it to its bucket; the pixels of the original are not kept."""
    return pad_to_bucket(images.read(path), recipe)


def _loaded(batch: _Batch, tally: Tally) -> Iterator[_Loaded]:
    """Those that could be read; the others are noted."""
    for job, future in zip(batch.jobs, batch.pictures, strict=True):
        try:
            yield _Loaded(job, future.result())
        except InputError as error:
            tally.failures.append(Failure(job.content, str(error)))


def _paint(
    pictures: list[Picture], styles: Sequence[Picture], recipe: Recipe, weights: NetworkWeights, tally: Tally
) -> Generator[Tally, None, list[Result]]:
    """The results. Another number of lanes is another program, so it is filled up to a power of two."""
    spare = (1 << (len(pictures) - 1).bit_length()) - len(pictures)
    tally.batch, tally.progress = len(pictures), 0.0
    # Resized to the original size only after the padding is removed.
    unscaled = dataclasses.replace(recipe, upscale_to_original=False)
    problem = Problem(contents=[*pictures, *pictures[-1:] * spare], styles=styles, recipe=unscaled, weights=weights)
    batch: list[Progress] = []
    for batch in run_multiscale(problem):
        tally.progress = batch[0].fraction
        yield tally
    return [progress.partial_result for progress in batch[: len(pictures)]]


def _write(loaded: _Loaded, result: Result, recipe: Recipe, save: Callable[[Result, Path], None]) -> None:
    """Removes the padding of the bucket and saves."""
    original: SourceInfo = loaded.content.info
    height, width = images.fitted_size(original.shape, recipe.size, recipe.resize)
    final = original.shape if recipe.upscale_to_original else (height, width)
    finished = dataclasses.replace(
        result,
        picture=images.resize(result.picture[:height, :width], *final),
        alpha=None if result.alpha is None else images.resize(result.alpha[:height, :width], *final),
        dpi=original.dpi,
        recipe=recipe,
    )
    loaded.job.target.parent.mkdir(parents=True, exist_ok=True)
    save(finished, loaded.job.target)
