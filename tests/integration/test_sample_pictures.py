"""The sample styles are what the scripts beside them draw."""

import runpy

import numpy as np
import pytest

from nst_jax import images
from nst_jax.errors import InputError
from tests.integration.programs import ROOT


def test_the_script_draws_the_sample_print(tmp_path):
    runpy.run_path(str(ROOT / "scripts" / "print_example.py"))["main"](tmp_path)
    drawn, shipped = (images.read(folder / "harbor-print.jpg").rgb for folder in (tmp_path, ROOT / "examples"))
    assert drawn.shape == shipped.shape == (600, 768, 3)
    # Encoders and resampling differ a little between versions of Pillow.
    assert np.abs(drawn - shipped).mean() < 0.01


@pytest.mark.slow
def test_a_larger_print_is_the_same_picture(tmp_path):
    main = runpy.run_path(str(ROOT / "scripts" / "print_example.py"))["main"]
    main(tmp_path, 2)
    drawn, shipped = (images.read(folder / "harbor-print.jpg").rgb for folder in (tmp_path, ROOT / "examples"))
    assert drawn.shape == (1200, 1536, 3)
    # Edges differ by what the rounding of a line's width in pixels does.
    assert np.abs(images.resize(drawn, 600, 768) - shipped).mean() < 0.03
    with pytest.raises(InputError, match="must be 1, 2, 3 or more, not 0"):
        main(tmp_path, 0)
