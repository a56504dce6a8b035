"""Writing: pictures are written completely or not at all, and contain their settings."""

import errno
import io
import os
from pathlib import Path

import numpy as np
import png
import pytest
import tifffile
from PIL import Image, ImageCms

from nst_jax.errors import InputError
from nst_jax.images import writing
from nst_jax.images.reading import read
from tests.conftest import picture

PROVENANCE = {"recipe": {"size": 32, "init": "é/ü.png"}, "versions": {"jax": "1"}}


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".tif", ".TIFF"])
def test_pixels_and_provenance_are_read_back(tmp_path, suffix):
    path = tmp_path / f"made{suffix}"
    rgb = picture(0)
    writing.save(path, rgb, provenance=PROVENANCE)
    assert np.abs(read(path).rgb - rgb).mean() < {".jpg": 0.02, ".jpeg": 0.02, ".webp": 0.05}.get(suffix, 0.003)
    assert writing.read_provenance(path) == PROVENANCE
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_transparency_is_read_back(tmp_path, suffix):
    alpha = np.zeros((32, 32), np.float32)
    alpha[8:] = 1
    writing.save(tmp_path / f"made{suffix}", picture(1), alpha, PROVENANCE)
    read_alpha = read(tmp_path / f"made{suffix}").alpha
    assert read_alpha is not None
    np.testing.assert_allclose(read_alpha, alpha, atol=0.01)
    assert writing.read_provenance(tmp_path / f"made{suffix}") == PROVENANCE


def test_jpeg_has_full_color_resolution_and_no_alpha(tmp_path):
    writing.save(tmp_path / "made.jpg", picture(2), np.zeros((32, 32), np.float32))
    with Image.open(tmp_path / "made.jpg") as image:
        assert [component[1:3] for component in image.layer] == [(1, 1)] * 3
        assert image.mode == "RGB"
        assert image.quantization[0][0] <= 2  # quality 95


def test_pictures_of_other_programs_have_no_provenance(tmp_path):
    for suffix in (".png", ".jpg", ".tif"):
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / f"other{suffix}")
        assert writing.read_provenance(tmp_path / f"other{suffix}") == {}


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "made.png"
    writing.save(path, picture(3))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"made\.png cannot be written: No space left on device"):
        writing.save(path, picture(4))
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["made.png"]


def test_impossible_paths_are_refused_before_the_work(tmp_path):
    writing.check_target(tmp_path / "new" / "made.png")
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.png").mkdir()
    for path, message in (
        (tmp_path / "made.xyz", "must end in"),
        (tmp_path / "made", "must end in"),
        (tmp_path / "folder.png", "is a folder"),
        (tmp_path / "file" / "made.png", "Nothing can be written"),
        (Path("/proc/made.png"), "Nothing can be written"),
    ):
        with pytest.raises(InputError, match=message):
            writing.check_target(path)


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_are_written_exactly(tmp_path, channels):
    values = np.random.default_rng(0).random((9, 14, channels)).astype(np.float32)
    rgb, alpha = values[..., :3], values[..., 3] if channels == 4 else None
    for suffix in (".png", ".tif"):
        writing.save(tmp_path / f"deep{suffix}", rgb, alpha, PROVENANCE, bit_depth=16, dpi=300)
        assert writing.read_provenance(tmp_path / f"deep{suffix}") == PROVENANCE
        with Image.open(tmp_path / f"deep{suffix}") as image:
            assert image.mode == ("RGBA" if channels == 4 else "RGB")
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
            assert image.info["icc_profile"] == writing.srgb_profile()
    _, _, rows, about = png.Reader(bytes=(tmp_path / "deep.png").read_bytes()).read()
    assert about["bitdepth"] == 16
    from_png = np.vstack([*map(np.uint16, rows)]).reshape(values.shape)
    for deep in (from_png, tifffile.imread(tmp_path / "deep.tif")):
        assert deep.dtype == np.uint16
        np.testing.assert_allclose(deep / 65535, values, atol=0.51 / 65535)
    # More levels than eight bits have.
    assert len(np.unique(from_png)) > 256


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_formats_without_sixteen_bits_refuse_them(tmp_path, suffix):
    with pytest.raises(InputError, match="cannot hold 16 bits"):
        writing.save(tmp_path / f"deep{suffix}", picture(0), bit_depth=16)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_color_profile_and_density_are_written(tmp_path, suffix):
    writing.save(tmp_path / f"made{suffix}", picture(0), provenance=PROVENANCE, dpi=240)
    with Image.open(tmp_path / f"made{suffix}") as image:
        assert image.info["icc_profile"] == writing.srgb_profile()
    assert read(tmp_path / f"made{suffix}").dpi == pytest.approx(240, abs=0.01)
    assert writing.read_provenance(tmp_path / f"made{suffix}") == PROVENANCE
    writing.save(tmp_path / f"bare{suffix}", picture(0))
    assert read(tmp_path / f"bare{suffix}").dpi is None


def test_the_profile_is_srgb_and_has_no_date():
    profile = ImageCms.ImageCmsProfile(io.BytesIO(writing.srgb_profile()))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert writing.srgb_profile()[24:36] == bytes(12)
    gray = Image.fromarray((picture(0) * 255).astype(np.uint8))
    assert (
        np.abs(
            np.asarray(ImageCms.profileToProfile(gray, profile, ImageCms.createProfile("sRGB"))) - np.asarray(gray, int)
        ).max()
        <= 1
    )


@pytest.mark.parametrize("bit_depth", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_equal_pictures_are_equal_files(tmp_path, suffix, bit_depth):
    for name in ("one", "other"):
        writing.save(tmp_path / f"{name}{suffix}", picture(0), provenance=PROVENANCE, bit_depth=bit_depth, dpi=72)
    one, other = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "other"))
    assert one == other
