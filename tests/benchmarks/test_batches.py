"""Throughput of batches: what is counted, and that a batch gives what its images give alone."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.batches import measure, operations_per_pixel, square_parts
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.recipe import Recipe
from tests.conftest import QUICK, picture
from tests.integration.programs import ROOT


def test_operations_of_one_convolution():
    """3 x 3 x 3 x 4 products for each pixel, twice for the sum, twice for the gradient."""
    assert operations_per_pixel(random_network((4, 4, 6, 6, 8)), ("conv1_1", "relu1_1")) == 2 * 2 * 9 * 3 * 4


def test_parts_are_square_and_differ():
    parts = square_parts(picture(0, 60, 90), 3, 40)
    assert [part.shape for part in parts] == [(40, 40, 3)] * 3
    assert not np.array_equal(parts[0], parts[1])


@pytest.mark.slow
def test_a_row_has_the_difference_from_the_image_alone(tiny_network):
    recipe = Recipe(**QUICK | {"size": 48, "steps": 2})
    row = measure("tiny", tiny_network, square_parts(picture(0, 60, 90), 2, 48), picture(1, 40, 40), recipe)
    assert (row.network, row.size, row.pictures) == ("tiny", 48, 2)
    assert row.difference < 1e-4
    assert row.pictures_per_minute > 0
    # Billions of operations: pixels, steps and images times those of each pixel, in the time of a picture.
    operations = 48**2 * 2 * operations_per_pixel(tiny_network, recipe.layers)
    assert row.gigaflops == pytest.approx(operations * row.pictures_per_minute / 60 / 1e9, rel=1e-6)


def test_the_script_explains_bad_requests():
    done = run_script("quality", "--pairs", "one.png")
    assert done.returncode == 2
    assert done.stderr == "error: Give the pairs as CONTENT STYLE CONTENT STYLE ...; one picture is left over.\n"


@pytest.mark.slow
def test_the_script_measures_batches(tmp_path):
    path = tmp_path / "batches.json"
    done = run_script("batches", "--counts", "1", "2", "--sizes", "32", "--steps", "2", "--json", str(path))
    assert done.returncode == 0, done.stderr
    rows = json.loads(path.read_text())["rows"]
    assert [row["pictures"] for row in rows] == [1, 2]
    assert all(row["difference"] < 1e-3 for row in rows)


def run_script(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
