"""Pictures are written whole or not at all, and carry their settings."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_jax import saving
from nst_jax.errors import InputError
from nst_jax.images import read
from tests.conftest import picture

FACTS = {"recipe": {"size": 32, "init": "é/ü.png"}, "versions": {"jax": "1"}}


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".tif", ".TIFF"])
def test_picture_and_provenance_come_back(tmp_path, suffix):
    path = tmp_path / f"made{suffix}"
    rgb = picture(0)
    saving.save(path, rgb, provenance=FACTS)
    assert np.abs(read(path).rgb - rgb).mean() < {".jpg": 0.02, ".jpeg": 0.02, ".webp": 0.05}.get(suffix, 0.003)
    assert saving.read_provenance(path) == FACTS
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_alpha_is_restored(tmp_path, suffix):
    alpha = np.zeros((32, 32), np.float32)
    alpha[8:] = 1
    saving.save(tmp_path / f"made{suffix}", picture(1), alpha, FACTS)
    read_alpha = read(tmp_path / f"made{suffix}").alpha
    assert read_alpha is not None
    np.testing.assert_allclose(read_alpha, alpha, atol=0.01)
    assert saving.read_provenance(tmp_path / f"made{suffix}") == FACTS


def test_jpeg_has_full_colour_resolution_and_no_alpha(tmp_path):
    saving.save(tmp_path / "made.jpg", picture(2), np.zeros((32, 32), np.float32))
    with Image.open(tmp_path / "made.jpg") as image:
        assert [component[1:3] for component in image.layer] == [(1, 1)] * 3
        assert image.mode == "RGB"
        assert image.quantization[0][0] <= 2  # quality 95


def test_other_peoples_pictures_have_no_provenance(tmp_path):
    for suffix in (".png", ".jpg", ".tif"):
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / f"other{suffix}")
        assert saving.read_provenance(tmp_path / f"other{suffix}") == {}


def test_a_full_disk_leaves_the_old_picture(tmp_path, monkeypatch):
    path = tmp_path / "made.png"
    saving.save(path, picture(3))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"made\.png cannot be written: No space left on device"):
        saving.save(path, picture(4))
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["made.png"]


def test_targets_are_checked_beforehand(tmp_path):
    saving.check_target(tmp_path / "new" / "made.png")
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
            saving.check_target(path)
