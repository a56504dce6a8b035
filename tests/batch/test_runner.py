"""The runner: batches of one bucket, memory that runs out, and failures that are recorded."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import nst_jax
from nst_jax import images
from nst_jax.batch.jobs import Job
from nst_jax.batch.runner import stylize_jobs
from nst_jax.engine.multiscale import run_multiscale
from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture, save_image

RECIPE = Recipe(**QUICK | {"steps": 2})
STYLE = images.read(picture(2, *STYLE_SHAPE))


def make_jobs(count: int, shape: tuple[int, int] = CONTENT_SHAPE) -> list[Job]:
    """Write images of one shape and return their jobs."""
    for seed in range(count):
        save_image(Path(f"{seed}.png"), seed, shape)
    return [Job(Path(f"{seed}.png"), Path(f"out/{seed}.png")) for seed in range(count)]


def run_jobs(jobs, *arguments, **options) -> tuple[int, list[tuple[str, str]]]:
    """The number of results written, and the names and reasons of the failures."""
    reports = list(stylize_jobs(jobs, [STYLE], *arguments, **options))
    failures = [(failure.path.name, failure.reason) for report in reports for failure in report.failures]
    written = [job for report in reports for job in report.written]
    assert (reports[-1].total, reports[-1].done, reports[-1].failed) == (len(jobs), len(written), len(failures))
    assert {job.target for job in written} == set(filter(Path.exists, (job.target for job in jobs)))
    return len(written), failures


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()


def test_an_image_of_a_folder_is_what_it_is_alone(tiny_network):
    """Where nothing had to be padded; elsewhere the seam is a little different."""
    save_image(Path("even.png"), 7, (40, 60))
    save_image(Path("padded.png"), 2, (41, 60))
    save_image(Path("square.png"), 3, (60, 60))
    jobs = [Job(Path(f"{name}.png"), Path(f"out/{name}.png")) for name in ("even", "padded", "square")]
    assert run_jobs(jobs, RECIPE, tiny_network, batch_size=2) == (3, [])
    alone = nst_jax.stylize("even.png", STYLE, RECIPE, network=tiny_network)
    alone.save("alone.png")
    together = images.read("out/even.png").rgb
    np.testing.assert_allclose(together, images.read("alone.png").rgb, atol=1.5 / 255)
    difference = images.read("out/padded.png").rgb - images.resize(images.read("padded.png").rgb, 33, 48)
    assert np.abs(difference).mean() < 0.2


@pytest.mark.parametrize("upscale", [False, True])
@pytest.mark.parametrize(("rule", "factor"), [("long", 1.3), ("short", None), ("short", 1.0), ("squash", 1.3)])
def test_padding_and_the_way_to_the_result_are_those_of_a_single_image(tiny_network, rule, factor, upscale):
    """Seen with no style, where the result is the photograph and all else would show."""
    save_image(Path("photo.png"), 2, (141, 190))
    recipe = dataclasses.replace(
        RECIPE, size=130, supersampling=factor, resize=rule, upscale_to_original=upscale, style_strength=0.0, steps=1
    )
    assert run_jobs([Job(Path("photo.png"), Path("out/photo.png"))], recipe, tiny_network) == (1, [])
    alone = nst_jax.stylize("photo.png", STYLE, recipe, network=tiny_network).picture
    np.testing.assert_allclose(images.read("out/photo.png").rgb, alone, rtol=0, atol=0.6 / 255)


@pytest.mark.slow
def test_a_folder_is_supersampled_as_a_single_image_is(tiny_network):
    """Where nothing had to be padded at the larger size; padding is removed from the result."""
    save_image(Path("even.png"), 7, (40, 60))
    save_image(Path("padded.png"), 2, (41, 60))
    recipe = dataclasses.replace(RECIPE, size=32, supersampling=1.5)
    jobs = [Job(Path(f"{name}.png"), Path(f"out/{name}.png")) for name in ("even", "padded")]
    assert run_jobs(jobs, recipe, tiny_network) == (2, [])
    nst_jax.stylize("even.png", STYLE, recipe, network=tiny_network).save("alone.png")
    np.testing.assert_allclose(images.read("out/even.png").rgb, images.read("alone.png").rgb, atol=1.5 / 255)
    made = images.read("out/padded.png").rgb
    assert made.shape == (22, 32, 3)
    assert np.abs(made - images.resize(images.read("padded.png").rgb, 22, 32)).mean() < 0.2


def test_what_is_worked_on_grows_to_all_images_and_counts_those_that_wait_to_be_written(tiny_network):
    jobs = make_jobs(5)
    Path("3.png").write_bytes(Path("3.png").read_bytes()[:900])
    reports = list(stylize_jobs(jobs, [STYLE], RECIPE, tiny_network, batch_size=2))
    worked = [report.worked for report in reports]
    assert worked == sorted(worked)
    assert all(report.done + report.failed <= report.worked <= 5 for report in reports)
    # The first batch is written while the second is computed, and counts as a whole.
    assert any(report.done == 0 and report.worked > 2 for report in reports)
    assert (reports[-1].worked, reports[-1].fraction, reports[-1].batch) == (5, 1.0, 0)
    assert list(stylize_jobs([], [STYLE], RECIPE, tiny_network))[-1].fraction == 1.0


def test_out_of_memory_halves_the_batch(tiny_network):
    sizes = []

    def small_device(problem):
        sizes.append(len(problem.contents))
        if len(problem.contents) > 2:
            raise MemoryError
        return run_multiscale(problem)

    assert run_jobs(make_jobs(7), RECIPE, tiny_network, batch_size=7, run=small_device) == (7, [])
    assert {path.name for path in Path("out").iterdir()} == {f"{seed}.png" for seed in range(7)}
    # Seven are filled up to eight; then at most three, filled up to four; then one at a time.
    assert sizes == [8, 4, *[1] * 7]


def test_an_image_for_which_there_is_no_memory_fails_alone(tiny_network):
    def no_memory_for_large_ones(problem):
        if problem.contents[0].rgb.shape[0] > 32:
            raise MemoryError
        return run_multiscale(problem)

    save_image(Path("large.png"), 8, (60, 60))
    jobs = [Job(Path("large.png"), Path("out/large.png")), *make_jobs(1)]
    done = run_jobs(jobs, RECIPE, tiny_network, batch_size=1, run=no_memory_for_large_ones)
    assert done == (1, [("large.png", "the memory is used up; give a smaller --size")])


@pytest.mark.parametrize("error", [ValueError, KeyError, OSError, RuntimeError, InputError])
def test_an_exception_of_any_class_is_the_failure_of_one_image(tiny_network, error):
    def broken(problem):
        if any(content.info.name == "1.png" for content in problem.contents):
            raise error("a bug")
        return run_multiscale(problem)

    written, ((name, reason),) = run_jobs(make_jobs(3), RECIPE, tiny_network, batch_size=3, run=broken)
    assert (written, name) == (2, "1.png")
    assert "a bug" in reason


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("encoder"), MemoryError()])
def test_a_result_that_cannot_be_written_stops_nobody(tiny_network, error):
    def save(result, path):
        if path.name == "1.png":
            raise error
        result.save(path)

    written, failures = run_jobs(make_jobs(3), RECIPE, tiny_network, batch_size=2, save=save)
    assert (written, [name for name, _ in failures]) == (2, ["1.png"])


def test_results_that_wait_to_be_written_are_written_when_the_run_is_left(tiny_network):
    run = stylize_jobs(make_jobs(4), [STYLE], RECIPE, tiny_network, batch_size=2)
    for report in run:
        if Path("out/0.png").exists() or (report.batch == 2 and report.done):
            break
    run.close()
    assert {path.name for path in Path("out").iterdir()} >= {"0.png", "1.png"}


def test_a_result_too_large_for_its_format_fails_before_work(tiny_network):
    jobs = [dataclasses.replace(job, target=job.target.with_suffix(".webp")) for job in make_jobs(1)]
    save_image(Path("wide.png"), 4, (8, 17_000))
    jobs.append(Job(Path("wide.png"), Path("out/wide.webp")))
    recipe = dataclasses.replace(RECIPE, upscale_to_original=True)
    written, ((name, reason),) = run_jobs(jobs, recipe, tiny_network, batch_size=1)
    assert (written, name) == (1, "wide.png")
    assert "cannot hold 17000 x 8 pixels" in reason


def test_the_order_of_the_jobs_does_not_change_the_results(tiny_network):
    def results(jobs, folder):
        jobs = [dataclasses.replace(job, target=Path(folder) / job.target.name) for job in jobs]
        Path(folder).mkdir()
        assert run_jobs(jobs, RECIPE, tiny_network, batch_size=2) == (len(jobs), [])
        return [images.read(Path(folder) / f"{seed}.png").rgb for seed in range(len(jobs))]

    jobs = make_jobs(4)
    for one, other in zip(results(jobs, "one"), results(jobs[::-1], "other"), strict=True):
        np.testing.assert_allclose(one, other, atol=1.5 / 255)


def test_a_run_that_diverges_is_a_failure_and_is_not_written(overflowing_network):
    recipe = dataclasses.replace(RECIPE, relative=False)
    done = run_jobs(make_jobs(2), recipe, overflowing_network, batch_size=2)
    assert done == (0, [(f"{seed}.png", "the loss was not finite; try other settings") for seed in range(2)])


def test_a_file_that_cannot_be_read_fails_and_the_rest_of_its_batch_is_done(tiny_network):
    jobs = make_jobs(3)
    Path("1.png").write_bytes(Path("1.png").read_bytes()[:900])
    written, ((name, _),) = run_jobs(jobs, RECIPE, tiny_network, batch_size=2)
    assert (written, name) == (2, "1.png")
