"""The sample styles are what the scripts beside them draw."""

import runpy

import numpy as np

from nst_jax import images
from tests.integration.programs import ROOT


def test_the_script_draws_the_sample_print(tmp_path):
    runpy.run_path(str(ROOT / "scripts" / "print_example.py"))["main"](tmp_path)
    drawn, shipped = (images.read(folder / "harbor-print.jpg").rgb for folder in (tmp_path, ROOT / "examples"))
    assert drawn.shape == shipped.shape == (600, 768, 3)
    # Encoders and resampling differ a little between versions of Pillow.
    assert np.abs(drawn - shipped).mean() < 0.01
