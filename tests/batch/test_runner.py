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
from nst_jax.images.writing import read_provenance
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture, save_image

RECIPE = Recipe(**QUICK | {"steps": 2})
STYLE = images.read(picture(2, *STYLE_SHAPE))


def make_jobs(count: int, shape: tuple[int, int] = CONTENT_SHAPE) -> list[Job]:
    """Write images of one shape and return their jobs."""
    for seed in range(count):
        save_image(Path(f"{seed}.png"), seed, shape)
    return [Job(Path(f"{seed}.png"), Path(f"out/{seed}.png")) for seed in range(count)]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_an_image_of_a_folder_is_what_it_is_alone(tiny_network):
    """Where nothing had to be padded; elsewhere the seam is a little different."""
    save_image(Path("even.png"), 7, (40, 60))
    save_image(Path("padded.png"), 2, (41, 60))
    save_image(Path("square.png"), 3, (60, 60))
    jobs = [Job(Path(f"{name}.png"), Path(f"out/{name}.png")) for name in ("even", "padded", "square")]
    (*_, tally) = stylize_jobs(jobs, [STYLE], RECIPE, tiny_network, batch_size=2)
    assert (tally.done, tally.failures) == (3, [])
    alone = nst_jax.stylize("even.png", STYLE, RECIPE, network=tiny_network)
    alone.save("alone.png")
    together = images.read("out/even.png").rgb
    np.testing.assert_allclose(together, images.read("alone.png").rgb, atol=1.5 / 255)
    difference = images.read("out/padded.png").rgb - images.resize(images.read("padded.png").rgb, 33, 48)
    assert np.abs(difference).mean() < 0.2


def test_out_of_memory_halves_the_batch(tiny_network):
    sizes = []

    def small_device(problem):
        sizes.append(len(problem.contents))
        if len(problem.contents) > 2:
            raise MemoryError
        return run_multiscale(problem)

    (*_, tally) = stylize_jobs(make_jobs(7), [STYLE], RECIPE, tiny_network, batch_size=7, run=small_device)
    assert tally.done == 7
    assert {path.name for path in Path("out").iterdir()} == {f"{seed}.png" for seed in range(7)}
    # Seven are filled up to eight; then at most three, filled up to four; then one at a time.
    assert sizes == [8, 4, *[1] * 7]


def test_memory_used_up_by_one_image_is_an_error(tiny_network):
    def no_memory(_):
        raise MemoryError

    with pytest.raises(MemoryError):
        list(stylize_jobs(make_jobs(1), [STYLE], RECIPE, tiny_network, batch_size=1, run=no_memory))


def test_other_errors_of_a_run_are_not_taken_for_a_lack_of_memory(tiny_network):
    def broken(_):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        list(stylize_jobs(make_jobs(2), [STYLE], RECIPE, tiny_network, batch_size=2, run=broken))


def test_the_order_of_the_jobs_does_not_change_the_results(tiny_network):
    def results(jobs, folder):
        jobs = [dataclasses.replace(job, target=Path(folder) / job.target.name) for job in jobs]
        (*_, tally) = stylize_jobs(jobs, [STYLE], RECIPE, tiny_network, batch_size=2)
        assert (tally.done, tally.failures) == (len(jobs), [])
        return [images.read(Path(folder) / f"{seed}.png").rgb for seed in range(len(jobs))]

    jobs = make_jobs(4)
    for one, other in zip(results(jobs, "one"), results(jobs[::-1], "other"), strict=True):
        np.testing.assert_allclose(one, other, atol=1.5 / 255)


def test_a_run_that_diverges_is_a_failure_and_its_file_says_so(overflowing_network):
    recipe = dataclasses.replace(RECIPE, relative=False)
    (*_, tally) = stylize_jobs(make_jobs(2), [STYLE], recipe, overflowing_network, batch_size=2)
    assert tally.done == 0
    assert [(failure.path.name, failure.reason) for failure in tally.failures] == [
        (f"{seed}.png", "the loss was not finite; try other settings") for seed in range(2)
    ]
    for seed in range(2):
        path = Path(f"out/{seed}.png")
        assert read_provenance(path)["ending"] == "diverged: the loss is not finite"
        assert np.isfinite(images.read(path).rgb).all()


def test_a_file_that_cannot_be_read_fails_and_the_rest_of_its_batch_is_done(tiny_network):
    jobs = make_jobs(3)
    Path("1.png").write_bytes(Path("1.png").read_bytes()[:900])
    (*_, tally) = stylize_jobs(jobs, [STYLE], RECIPE, tiny_network, batch_size=2)
    assert (tally.total, tally.done) == (3, 2)
    assert [failure.path.name for failure in tally.failures] == ["1.png"]
    assert {path.name for path in Path("out").iterdir()} == {"0.png", "2.png"}
