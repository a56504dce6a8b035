"""Tiles: their windows, and the picture that they make."""

import hypothesis
import hypothesis.strategies as st
import jax
import numpy as np
import pytest

from nst_jax.fast import stylizer
from nst_jax.fast.tiling import ALIGNMENT, HALO, stylize_in_tiles, windows
from tests.conftest import picture


@hypothesis.given(st.integers(1, 60), st.integers(1, 500))
def test_windows_cover_every_pixel_once_with_the_halo_around(sixteenths, tile):
    length = ALIGNMENT * sixteenths
    found = windows(length, tile)
    assert [pixel for each in found for pixel in range(each.first, each.last)] == list(range(length))
    assert len({each.stop - each.start for each in found}) == 1
    for each in found:
        assert each.start % ALIGNMENT == 0
        assert each.start <= max(0, each.first - HALO)
        assert each.stop >= min(length, each.last + HALO)


def test_what_is_in_no_region_hardly_counts_in_the_statistics(network, parameters):
    """As the padding of a content: only features near it see it, and change the statistics a little."""
    content, code = picture(5, 32, 176), _in_batch(stylizer.encode(network, picture(4, 64, 64)))

    def difference(planes):
        """How much pixels that are further away than the halo change if the padding is white instead of black."""
        made = []
        for value in (0, 1):
            content[:, 160:] = value
            settings = np.float32(1), np.uint32(0), planes
            made.append(np.asarray(stylizer.stylize(network, parameters, content[None], code, *settings)))
        return np.abs(made[0] - made[1])[:, :, : 160 - HALO].mean()

    everything, without = np.ones((2, 1, 32, 176), np.float32)
    without[:, :, 160:] = 0
    assert difference(without) < 0.3 * difference(everything)


@pytest.mark.slow
@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_tiles_make_the_whole_picture(network, parameters, strength):
    content, style = picture(3, 224, 272), picture(4, 64, 64)
    content[:, 150:] *= np.float32(0.4)
    planes = np.zeros((2, 224, 272), np.float32)
    planes[0, :, :100], planes[1, :, 100:] = 1, 1
    codes = [stylizer.encode(network, image, np.ones((1, 64, 64), np.float32)) for image in (style, 1 - style)]
    code = stylizer.mix([_both(each) for each in codes], np.eye(2, dtype=np.float32))
    settings = np.float32(strength), np.uint32(0), planes
    batch = {"contents": content[None], "codes": _in_batch(code)}
    whole = stylizer.stylize(network, parameters, *batch.values(), *settings, partial=strength < 1)[0]
    tiles = stylize_in_tiles(network, parameters, content, code, strength, 0, planes, tile=32)
    # Sums over tiles are rounded differently; a missing halo would change some pixels by more than 0.01.
    np.testing.assert_allclose(tiles, whole, atol=2e-3)
    assert np.abs(tiles - content).mean() > 0.02


def _both(code):
    """Return a code for two regions."""
    return jax.tree.map(lambda each: np.repeat(each, 2, 0), code)


def _in_batch(code):
    return jax.tree.map(lambda each: each[None], code)
