"""Stylization of a folder: batch after batch, with files read and written while the device computes."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from nst_jax.batch.batch_size import max_batch_size
from nst_jax.batch.jobs import Job
from nst_jax.batch.prefetch import prefetch, read_results
from nst_jax.batch.progress import FolderProgress, Tally
from nst_jax.devices import is_out_of_memory
from nst_jax.engine.problem import Problem
from nst_jax.engine.result import Progress, Result
from nst_jax.engine.run import run_problem
from nst_jax.errors import NO_MEMORY, describe_exception
from nst_jax.images.picture import Picture
from nst_jax.networks.weights.of_recipe import AnyWeights
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# Threads that encode and write results.
WRITERS = 2
DIVERGED_REASON = "the loss was not finite; try other settings"


def stylize_jobs(
    jobs: Sequence[Job],
    styles: Sequence[Picture],
    recipe: Recipe,
    weights: AnyWeights,
    batch_size: int = 0,
    save: Callable[[Result, Path], None] = Result.save,
    run: Callable[[Problem], Iterator[list[Progress]]] = run_problem,
    announce: Callable[[Sequence[Job]], None] = lambda _: None,
    reading_threads: int = 1,
) -> Generator[FolderProgress, None, None]:
    """Stylize all jobs in batches, and write the results of each batch while the next one is computed.

    Whatever goes wrong with one image is that image's failure: contents that cannot be read, runs that diverge (their
    images are not written), results that cannot be written, and any other exception. If a batch does not fit into
    memory, the batch size of its bucket is halved and the batch is tried again; after any other exception, the images
    of the batch are tried one by one.

    Args:
        jobs: contents and targets; missing folders of the targets are created.
        styles: one style, or several to be mixed.
        recipe: the settings.
        weights: the network's parameters.
        batch_size: the most images in a batch; 0 estimates how many fit into memory.
        save: writes a result to a file.
        run: stylizes a batch.
        announce: called with the jobs of a batch before the first of its contents is read.
        reading_threads: threads that read contents; one is enough unless a device takes less time than a decoder.

    Yields:
        The progress, about twice a second, and once at the end. When the generator is closed early, results that wait
        to be written are still written.
    """
    tally = Tally(len(jobs))
    limits: dict[Scale, int] = {}

    def batch_limit(size: Scale) -> int:
        if size not in limits:
            limits[size] = batch_size or max_batch_size(weights, size, recipe)
        return limits[size]

    with ThreadPoolExecutor(reading_threads) as readers, ThreadPoolExecutor(WRITERS) as writers:
        pending: dict[Future[None], Job] = {}
        for batch in prefetch(jobs, recipe, batch_limit, tally, readers, announce):
            remaining = list(read_results(batch, tally))
            one_by_one = False
            while remaining:
                examples = remaining[: 1 if one_by_one else batch_limit(batch.size)]
                try:
                    contents = [example.content for example in examples]
                    made = yield from _stylize_batch(contents, styles, recipe, weights, tally, run)
                except Exception as error:
                    out_of_memory = is_out_of_memory(error)
                    if len(examples) == 1:
                        del remaining[0]
                        tally.fail(examples[0].job, NO_MEMORY if out_of_memory else describe_exception(error))
                    elif out_of_memory:
                        limits[batch.size] = len(examples) // 2
                    else:
                        one_by_one = True
                    continue
                del remaining[: len(examples)]
                # Waiting for the writes of the last batch bounds the memory to one batch.
                _finish_writes(pending, tally)
                for example, progress in zip(examples, made, strict=True):
                    if progress.diverged:
                        tally.fail(example.job, DIVERGED_REASON)
                    else:
                        pending[writers.submit(_write, progress, example.job.target, save)] = example.job
                del made
                tally.writing = len(pending)
        _finish_writes(pending, tally)
    yield tally.report()


def _write(progress: Progress, target: Path, save: Callable[[Result, Path], None]) -> None:
    """Make the image of a result, which may be large, and save it; it is kept no longer than that."""
    save(progress.make_result(), target)


def _finish_writes(pending: dict[Future[None], Job], tally: Tally) -> None:
    """Wait for pending writes, count them as written or failed, and empty the dictionary."""
    for future, job in pending.items():
        error = future.exception()
        if error is None:
            tally.write(job)
        elif isinstance(error, Exception):
            tally.fail(job, describe_exception(error))
        else:
            raise error
    pending.clear()
    tally.writing = 0


def _stylize_batch(
    pictures: list[Picture],
    styles: Sequence[Picture],
    recipe: Recipe,
    weights: AnyWeights,
    tally: Tally,
    run: Callable[[Problem], Iterator[list[Progress]]],
) -> Generator[FolderProgress, None, list[Progress]]:
    """Stylize a batch: yield the progress after each chunk of steps, and return the last one of each picture.

    The batch is padded to a power of two with copies of its last image, because each batch size is compiled anew.
    """
    spare = (1 << (len(pictures) - 1).bit_length()) - len(pictures)
    tally.batch, tally.batch_fraction = len(pictures), 0.0
    contents = [*pictures, *pictures[-1:] * spare]
    problem = Problem(
        contents=contents,
        styles=styles,
        recipe=recipe,
        weights=weights,
        original_shapes=[content.info.shape for content in contents],
    )
    batch: list[Progress] = []
    try:
        for batch in run(problem):
            tally.batch_fraction = batch[0].fraction
            yield tally.report()
    finally:
        tally.batch, tally.batch_fraction = 0, 0.0
    return batch[: len(pictures)]
