"""Style pictures for the training of the fast network: their shapes, ranges and kinds."""

import numpy as np
import pytest

from nst_jax.training import fast_styles
from tests.conftest import picture

PAINTINGS, PHOTOGRAPHS = (
    [(picture(seed, *shape) * 255).astype(np.uint8) for seed, shape in enumerate(shapes, first)]
    for first, shapes in ((0, [(90, 60), (40, 130), (64, 64)]), (10, [(50, 70), (80, 80)]))
)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Pictures of 64 pixels on each side."""
    monkeypatch.setattr(fast_styles, "SIDE", 64)


def made(seed: int) -> np.ndarray:
    return fast_styles.style_picture(PAINTINGS, PHOTOGRAPHS, np.random.default_rng(seed))


def test_pictures_have_the_side_and_the_range_and_differ():
    pictures = [made(seed) for seed in range(30)]
    for each in pictures:
        assert each.shape == (64, 64, 3)
        assert each.dtype == np.float32
        assert each.flags.c_contiguous
        assert each.min() >= 0
        assert each.max() <= 1
        assert each.std() > 1e-3
    assert len({each.tobytes() for each in pictures}) == 30


def test_a_seed_gives_the_same_picture():
    for seed in range(5):
        np.testing.assert_array_equal(made(seed), made(seed))


def forced(monkeypatch, **shares):
    """Set the shares of the kinds of pictures."""
    for name in ("DRAWN", "PHOTOGRAPHS", "RECOLORED", "INVERTED"):
        monkeypatch.setattr(fast_styles, name, shares.get(name, 0.0))


def flat(value: int) -> np.ndarray:
    return np.full((80, 70, 3), value, np.uint8)


@pytest.mark.parametrize(("shares", "value"), [({}, 51), ({"PHOTOGRAPHS": 1.0}, 204), ({"INVERTED": 1.0}, 204)])
def test_each_kind_of_picture_comes_from_its_source(monkeypatch, shares, value):
    """Paintings, photographs, or inverted paintings, of which these are of one color."""
    forced(monkeypatch, **shares)
    for seed in range(4):
        each = fast_styles.style_picture([flat(51)], [flat(204)], np.random.default_rng(seed))
        np.testing.assert_allclose(each, value / 255, atol=1e-6)


@pytest.mark.slow
def test_recolored_pictures_have_the_palette_of_another(monkeypatch):
    forced(monkeypatch, RECOLORED=1.0)
    # A gray picture and one of a single hue: the result is gray or takes the hue.
    gray = np.repeat((picture(1, 70, 70).mean(-1, keepdims=True) * 255).astype(np.uint8), 3, -1)
    red = (picture(2, 70, 70) * [200, 20, 20]).astype(np.uint8)
    means = [fast_styles.style_picture([gray], [red], np.random.default_rng(seed)).mean((0, 1)) for seed in range(12)]
    redness = np.array([mean[0] - mean[2] for mean in means])
    assert (redness < 0.05).any()
    assert (redness > 0.1).any()


def test_parts_are_turned_and_mirrored(monkeypatch):
    forced(monkeypatch)
    ramp = np.repeat(np.linspace(0, 255, 96).astype(np.uint8)[None, :, None], 96, 0).repeat(3, -1)
    pictures = [fast_styles.style_picture([ramp], [], np.random.default_rng(seed))[..., 0] for seed in range(40)]
    # Where a picture becomes brighter.
    slopes = np.array([[each[:, -1].mean() - each[:, 0].mean(), each[-1].mean() - each[0].mean()] for each in pictures])
    assert {(int(np.sign(round(x, 2))), int(np.sign(round(y, 2)))) for x, y in slopes} == {
        (1, 0),
        (-1, 0),
        (0, 1),
        (0, -1),
    }
    # Of parts of half the side, the contrast is half as large.
    assert np.abs(slopes).max() > 0.9
    assert np.abs(slopes).max(1).min() < 0.8


def test_drawn_pictures_have_the_colors_of_their_source():
    palette = np.array([[10, 200, 30], [250, 0, 90], [40, 40, 220]], np.uint8)
    source = palette[np.random.default_rng(0).integers(3, size=(30, 30))]
    shares = []
    for seed in range(12):
        each = fast_styles.drawn(source, np.random.default_rng(seed))
        assert each.shape == (64, 64, 3)
        colors = {tuple(color) for color in np.round(each.reshape(-1, 3) * 255).astype(int)}
        assert colors <= {tuple(color) for color in palette.astype(int)}
        shares.append(len(colors))
    assert max(shares) > 1
