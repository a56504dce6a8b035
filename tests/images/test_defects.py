"""Measures of grain, speckle, noise and bright borders."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_jax.images import defects as measures
from nst_jax.images.defects import chroma_noise, defects

SCRIPT = Path(__file__).parents[2] / "scripts" / "inspect_picture.py"


def noise(scale=0.05, size=192):
    generator = np.random.default_rng(0)
    gray = generator.normal(0.5, scale, (size, size, 1))
    return np.clip(np.repeat(gray, 3, axis=2), 0, 1).astype(np.float32)


def test_plain_noise_has_no_grid_no_speckle_and_no_border():
    measured = defects(noise())
    assert all(value < 1.6 for value in measured.grid.values())
    assert measured.speckle == 0
    assert measured.chroma_noise == pytest.approx(0, abs=1e-4)
    assert measured.border == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("period", [4, 8, 16])
@pytest.mark.parametrize("sign", [1, -1])
def test_dots_on_a_grid_are_found_at_its_period(period, sign):
    rgb = noise(0.02)
    rgb[1::period, 2::period] += sign * 0.1
    assert defects(rgb).grid[period] > 3


def test_a_pattern_of_alternating_sign_is_found_at_its_period():
    """Its absolute value would show half of the period only."""
    rgb = noise(0.02)
    rgb[:, 0::4] += 0.03
    rgb[:, 2::4] -= 0.03
    assert defects(rgb).grid[4] > 3


def test_dots_at_other_periods_than_those_of_the_pooling_are_no_grid():
    rgb = noise(0.02)
    rgb[1::13, 2::13] += 0.1
    assert all(value < 1.6 for value in defects(rgb).grid.values())


def test_noise_is_measured_in_steps_of_255():
    rgb = np.full((64, 64, 3), 0.5, np.float32)
    rgb[::2, ::2] += 2 / 255
    # The Laplacian is 4 x 2 at each dot, 2 x 2 at its two kinds of neighbors, and 0 at a fourth of the pixels.
    measured = defects(rgb)
    assert measured.noise == pytest.approx((8 + 4 + 4 + 0) / 4, rel=0.01)
    assert measured.chroma_noise == pytest.approx(0, abs=1e-3)


def test_noise_of_chroma_is_measured_in_steps_of_255_and_in_strips(monkeypatch):
    rgb = np.full((64, 48, 3), 0.5, np.float32)
    rgb[::2, ::2, 1] += 2 / 255
    # As above, with 0.587 of the green in R - Y and in B - Y.
    assert chroma_noise(rgb) == pytest.approx((8 + 4 + 4 + 0) / 4 * 0.587, rel=0.01)
    random = np.random.default_rng(1).random((64, 48, 3)).astype(np.float32)
    expected = chroma_noise(random)
    for rows in (1, 3, 62, 63):
        monkeypatch.setattr(measures, "ROWS", rows)
        assert chroma_noise(random) == pytest.approx(expected, rel=1e-12)
        assert chroma_noise(random, np.ones((64, 48))) == pytest.approx(expected, rel=1e-12)
    assert chroma_noise(random[:2]) == chroma_noise(random[:, :1]) == 0


def test_noise_of_chroma_counts_by_weights_and_may_be_rounded_first():
    random = np.random.default_rng(1).random((64, 48, 3)).astype(np.float32)
    random[:, 20:] = 0.5
    weights = np.zeros((64, 48))
    weights[:, 30:] = 1
    assert chroma_noise(random) > 1
    assert chroma_noise(random, weights) == pytest.approx(0, abs=1e-3)
    assert chroma_noise(random, 0 * weights) == 0
    inner = chroma_noise(random[:, :20])
    weights = np.zeros((64, 48))
    weights[:, :19] = 1
    assert chroma_noise(random, weights) == pytest.approx(inner, rel=1e-6)
    rounded = np.rint(random * 255) / np.float32(255)
    assert chroma_noise(random, rounded=True) == pytest.approx(chroma_noise(rounded), rel=1e-6)


def test_single_colored_pixels_are_specks_and_colored_areas_are_not():
    rgb = noise(0.01)
    rgb[100:140] *= np.array([1.5, 0.5, 0.5], np.float32)
    assert defects(rgb).speckle == 0
    for row, column in ((20, 20), (60, 120), (150, 40)):
        rgb[row, column] = (0.9, 0.1, 0.1)
    assert defects(rgb).speckle == pytest.approx(1e4 * 3 / 190**2)


def test_bright_border_pixels_are_found():
    rgb = noise(0.01)
    rgb[0::2, :2] = 1
    assert defects(rgb).border > 3


def test_the_script_prints_a_line_for_each_picture_and_refuses_small_ones(tmp_path):
    for name, size in (("one.png", 96), ("two.png", 80), ("small.png", 20)):
        Image.fromarray((noise(size=size) * 255).astype(np.uint8)).save(tmp_path / name)
    files = [str(tmp_path / name) for name in ("one.png", "two.png", "small.png")]
    done = subprocess.run([sys.executable, SCRIPT, *files], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["picture"] for line in lines] == files[:2]
    assert set(lines[0]["grid"]) == {"4", "8", "16"}
    assert done.returncode == 2
    assert "small.png has less than 64 pixels" in done.stderr
