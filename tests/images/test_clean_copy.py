"""Copies without metadata: the same pixels, upright, and small ones besides."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images.clean_copy import clean_copy, main_colors, write_small_jpegs
from tests.conftest import picture

LIMIT = 10**6


def pixels(channels: int = 3) -> np.ndarray:
    values = (picture(3, 20, 31) * 255).astype(np.uint8)
    alpha = np.linspace(0, 255, 20 * 31).astype(np.uint8).reshape(20, 31, 1)
    return np.concatenate([values, alpha], axis=2)[..., :channels]


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif", "gif", "bmp"])
def test_a_copy_is_read_as_the_original(tmp_path, kind):
    """So that a run with the copy has the same hash of its input as a run with the original."""
    source, target = tmp_path / f"source.{kind}", tmp_path / "copy.png"
    Image.fromarray(pixels()).save(source)
    copied = clean_copy(source, target, max_pixels=LIMIT)
    assert copied == (31, 20, 8)
    assert images.read(target).sha256 == images.read(source).sha256


def test_transparency_is_kept(tmp_path):
    Image.fromarray(pixels(4)).save(tmp_path / "source.png")
    assert clean_copy(tmp_path / "source.png", tmp_path / "copy.png", max_pixels=LIMIT).bits == 8
    source, copy = images.read(tmp_path / "source.png"), images.read(tmp_path / "copy.png")
    assert np.array_equal(source.alpha, copy.alpha)
    # Pixels of the least opacity that there is have no color of their own; see `transparency.LEAST_ALPHA`.
    visible = source.alpha > 1.5 / 255
    assert np.array_equal(source.rgb[visible], copy.rgb[visible])
    assert np.abs(source.rgb - copy.rgb).max() < 1 / 255
    mask, of_copy = images.read_mask(tmp_path / "source.png"), images.read_mask(tmp_path / "copy.png")
    assert np.abs(mask.rgb - of_copy.rgb).max() < 1 / 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_copies_stand_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(pixels()).save(tmp_path / "source.png", exif=exif)
    copied = clean_copy(tmp_path / "source.png", tmp_path / "copy.png", max_pixels=LIMIT)
    assert (copied.width, copied.height) == ((31, 20) if orientation < 5 else (20, 31))
    assert images.read(tmp_path / "copy.png").sha256 == images.read(tmp_path / "source.png").sha256
    with Image.open(tmp_path / "copy.png") as image:
        assert not image.getexif()


def test_gray_pictures_of_16_bits_stay_deep(tmp_path):
    values = np.arange(400, dtype=np.uint16).reshape(20, 20) * 163
    Image.fromarray(values).save(tmp_path / "source.png")
    assert clean_copy(tmp_path / "source.png", tmp_path / "copy.png", max_pixels=LIMIT).bits == 16
    assert (tmp_path / "copy.png").read_bytes()[24] == 16
    Image.fromarray((values % 256 * 257).astype(np.uint16)).save(tmp_path / "even.png")
    assert clean_copy(tmp_path / "even.png", tmp_path / "copy.png", max_pixels=LIMIT).bits == 8


def test_a_picture_is_refused_by_its_header(tmp_path, monkeypatch):
    Image.fromarray(pixels()).save(tmp_path / "source.png")
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    with pytest.raises(InputError, match=r"^Mine has 31 x 20 pixels; at most 0 million"):
        clean_copy(tmp_path / "source.png", tmp_path / "copy.png", max_pixels=619, name="Mine")
    assert not (tmp_path / "copy.png").exists()


def test_small_copies_are_no_larger_than_they_may_be(tmp_path):
    Image.fromarray(pixels()).save(tmp_path / "source.png")
    small = {tmp_path / "a.jpg": 10, tmp_path / "b.jpg": 100}
    clean_copy(tmp_path / "source.png", tmp_path / "copy.png", max_pixels=LIMIT, small=small)
    sizes = [images.read(path).rgb.shape[1::-1] for path in small]
    assert sizes == [(10, 6), (31, 20)]
    assert write_small_jpegs(tmp_path / "copy.png", {tmp_path / "c.jpg": 10}) == (31, 20)
    assert (tmp_path / "c.jpg").read_bytes() == (tmp_path / "a.jpg").read_bytes()


def test_main_colors_are_those_of_the_picture(tmp_path):
    blocks = np.zeros((30, 40, 3), np.uint8)
    blocks[:, :20], blocks[:10, 20:], blocks[10:, 20:] = (255, 255, 0), (0, 0, 128), (200, 30, 30)
    Image.fromarray(blocks).save(tmp_path / "flat.png")
    assert main_colors(tmp_path / "flat.png", 12) == ["#000080", "#c81e1e", "#ffff00"]
    Image.fromarray(pixels()).save(tmp_path / "source.png")
    colors = main_colors(tmp_path / "source.png", 12)
    assert len(colors) == 12
    brightness = [
        sum(int(color[i : i + 2], 16) * w for i, w in ((1, 0.299), (3, 0.587), (5, 0.114))) for color in colors
    ]
    assert brightness == sorted(brightness)
    # Every pixel is near one of them.
    known = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors])
    nearest = np.abs(pixels().reshape(-1, 1, 3).astype(int) - known).sum(2).min(1)
    assert np.median(nearest) < 60
