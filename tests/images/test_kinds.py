"""Kinds of files: recognized by their first bytes, read by the plug-in that is there, or refused with its name."""

import io
import sys

import numpy as np
import pytest
from PIL import Image, features

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images import kinds
from tests.conftest import picture

RGB = (picture(0, 40, 60) * 255).astype(np.uint8)


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = major + bytes(4) + b"".join(compatible)
    return (8 + len(body)).to_bytes(4, "big") + b"ftyp" + body + b"\0\0\0\x08free"


HEADS = {
    "heic": (ftyp(b"heic", b"mif1", b"heic"), kinds.HEIF),
    "heix": (ftyp(b"heix", b"mif1"), kinds.HEIF),
    "mif1": (ftyp(b"mif1", b"heic"), kinds.HEIF),
    "sequence": (ftyp(b"msf1", b"hevc"), kinds.HEIF),
    "avif": (ftyp(b"avif", b"mif1", b"miaf"), kinds.AVIF),
    "mif1 avif": (ftyp(b"mif1", b"miaf", b"avif"), kinds.AVIF),
    "jxl codestream": (b"\xff\x0a\x10\0\0", kinds.JXL),
    "jxl container": (b"\0\0\0\x0cJXL \r\n\x87\n" + ftyp(b"jxl "), kinds.JXL),
    "video": (ftyp(b"isom", b"mp42"), None),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", None),
}


@pytest.mark.parametrize("kind", HEADS)
def test_kinds_are_recognized_by_their_first_bytes(kind):
    head, plugin = HEADS[kind]
    assert kinds.needed_plugin(head[: kinds.HEAD_BYTES]) == plugin


@pytest.mark.parametrize(("name", "kind"), [("heic", "a HEIC"), ("avif", "an AVIF"), ("jxl codestream", "a JPEG XL")])
def test_a_file_that_needs_a_package_is_refused_with_its_name(tmp_path, monkeypatch, name, kind):
    for module in ("pillow_heif", "pillow_jxl", "pillow_avif"):
        monkeypatch.setitem(sys.modules, module, None)
    Image.init()
    monkeypatch.setattr(Image, "ID", [each for each in Image.ID if each not in ("HEIF", "JXL", "AVIF")])
    monkeypatch.setattr(kinds, "register", kinds.register.__wrapped__)
    monkeypatch.setattr(kinds, "is_supported", lambda _: False)
    (tmp_path / "p.jpg").write_bytes(HEADS[name][0])
    for read in (images.read, images.shape_of):
        with pytest.raises(InputError, match=rf"p\.jpg is {kind} file.*run pip install 'nst-jax\[formats\]'\.$"):
            read(tmp_path / "p.jpg")


def encoded(module: str, kind: str, rgb: np.ndarray, **options) -> bytes:
    """The bytes of a file, written by the plug-in; the test is skipped without it."""
    package = pytest.importorskip(module)
    if module == "pillow_heif":
        package.register_heif_opener()
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, kind, **options)
    return buffer.getvalue()


LOSSLESS = {
    "HEIF": ("pillow_heif", {"quality": -1, "chroma": 444}),
    "JXL": ("pillow_jxl", {"lossless": True}),
    "AVIF": ("PIL", {"quality": 100, "subsampling": "4:4:4"}),
}


@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.parametrize("transparent", [False, True])
def test_files_of_plug_ins_are_read(tmp_path, kind, transparent):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow does not write AVIF")
    module, options = LOSSLESS[kind]
    values = np.dstack([RGB, np.full(RGB.shape[:2], 200, np.uint8)]) if transparent else RGB
    data = encoded(module, kind, values, **options)
    (tmp_path / "p").write_bytes(data)
    for source in (tmp_path / "p", data):
        read = images.read(source)
        assert np.abs(read.solid * 255 - RGB).max() <= 4
        assert (read.alpha is not None) == transparent
        assert images.shape_of(source) == RGB.shape[:2]
    with pytest.raises(InputError, match=r"damaged|not a picture"):
        images.read(data[: len(data) // 2])


def test_the_color_box_of_avif_is_heeded(tmp_path):
    """Pillow writes 1, 13; the primaries are exchanged for those of Display P3, and the curve for PQ."""
    if not features.check("avif"):
        pytest.skip("this Pillow does not write AVIF")
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (117, 251, 76)).save(buffer, "AVIF", quality=100, subsampling="4:4:4", icc_profile=b"")
    head, box, rest = buffer.getvalue().partition(b"colrnclx")
    assert box
    p3 = head + box + b"\0\x0c\0\x0d" + rest[4:]
    np.testing.assert_allclose(images.read(p3).rgb[8, 8], [0, 1, 0], atol=0.03)
    with pytest.warns(images.PictureWarning, match="HDR with the curve PQ"):
        read = images.read(head + box + b"\0\x09\0\x10" + rest[4:])
    np.testing.assert_allclose(read.rgb[8, 8] * 255, [117, 251, 76], atol=3)


def test_the_suffixes_are_those_of_pictures():
    suffixes = images.readable_suffixes()
    pictures = ".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .tif .tiff .gif .bmp .ppm .pgm .pbm .tga .jp2 .j2k .psd"
    assert {*pictures.split(), ".avif", ".heic", ".heif", ".jxl"} <= suffixes
    assert not suffixes & {".mpg", ".mpeg", ".pdf", ".eps", ".ps", ".h5", ".hdf", ".fits", ".ico", ".cur", ".wmf"}
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in suffixes)


@pytest.mark.parametrize("suffix", [".ppm", ".jp2", ".tga", ".pcx", ".sgi", ".qoi", ".dib", ".jpe", ".avif"])
def test_files_of_listed_suffixes_are_read(tmp_path, suffix):
    if suffix == ".avif" and not features.check("avif"):
        pytest.skip("this Pillow does not write AVIF")
    assert suffix in images.readable_suffixes()
    try:
        Image.fromarray(RGB).save(tmp_path / f"p{suffix}", quality=100)
    except ValueError:
        pytest.skip(f"this Pillow does not write {suffix}")
    assert np.abs(images.read(tmp_path / f"p{suffix}").rgb * 255 - RGB).mean() < 12
