"""Files as Python users hand them over: paths of every type, bytes, and open files."""

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images.sources import file_source
from tests.conftest import picture

RGB = (picture(0, 6, 9) * 255).astype(np.uint8)
EXPECTED = RGB / np.float32(255)


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    Image.fromarray(RGB).save(tmp_path / "p.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "p.png"


@pytest.mark.parametrize("make", [str, Path, lambda path: _Named(path)])
def test_paths_of_every_type_are_read(path, make):
    read = images.read(make(path))
    np.testing.assert_array_equal(read.rgb, EXPECTED)
    assert read.name == "p.png"


class _Named(os.PathLike):
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return os.fsencode(self.path)


@pytest.mark.parametrize("make", [os.fsencode, lambda _: b"p.png", lambda _: b"~/p.png"])
def test_bytes_are_never_a_path(path, make):
    """A server that stylizes what it receives must not read the files that a client names."""
    with pytest.raises(InputError, match="The data"):
        images.read(make(path))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".ppm", ".bmp"])
def test_the_content_of_a_file_is_read(path, kind, suffix):
    Image.fromarray(RGB).save(path.with_suffix(suffix), **({"lossless": True} if suffix == ".webp" else {}))
    read = images.read(kind(path.with_suffix(suffix).read_bytes()))
    np.testing.assert_allclose(read.rgb, EXPECTED, atol=0 if suffix != ".webp" else 1e-6)
    assert images.shape_of(kind(path.with_suffix(suffix).read_bytes())) == RGB.shape[:2]


def test_open_files_are_read_from_their_position_and_stay_open(path):
    data = path.read_bytes()
    stream = io.BytesIO(b"head" + data)
    stream.seek(4)
    np.testing.assert_array_equal(images.read(stream).rgb, EXPECTED)
    assert not stream.closed
    with path.open("rb") as file:
        read = images.read(file)
        assert not file.closed
    np.testing.assert_array_equal(read.rgb, EXPECTED)
    assert read.name == "p.png"
    assert images.read(io.BytesIO(data)).name == "BytesIO"


def test_a_pipe_is_read(tmp_path, path):
    """As the shell gives one for <(command)."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()))
    writer.start()
    np.testing.assert_array_equal(images.read(pipe).rgb, EXPECTED)
    writer.join()


class _Failing(io.RawIOBase):
    def read(self, _=-1):
        raise OSError(5, "Input/output error")


def closed() -> io.BytesIO:
    stream = io.BytesIO(b"x")
    stream.close()
    return stream


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: "x" * 300 + ".png", "There is no file x"),
        (lambda: "a\0b.png", r"There is no file .*a\\0b\.png; check the path"),
        (lambda: b"nothing.png", "The data is not a picture"),
        (lambda: "p.png/q.png", "There is no file .*p.png/q.png"),
        (lambda: "\ud800.png", "There is no file"),
        (lambda: "~nobody-of-this-name/p.png", "There is no file ~nobody"),
        (lambda: "https://example.org/p.png", "There is no file https:"),
        (lambda: "", "The path of a picture is empty"),
        (lambda: "/dev/null", "is a device and no file"),
        (lambda: b"", "The data is empty"),
        (lambda: b"\0\1\2", "The data is not a picture"),
        (lambda: io.BytesIO(), "The BytesIO is empty"),
        (lambda: io.BytesIO(b"notes"), "The BytesIO is not a picture"),
        (lambda: io.StringIO("notes"), "is open for reading text; open it with the mode 'rb'"),
        (closed, "cannot be read: I/O operation on closed file"),
        (_Failing, "cannot be read: .*Input/output error"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(path, make, message):
    with pytest.raises(InputError, match=message) as error:
        images.read(make())
    assert "\n" not in str(error.value)
    assert "\0" not in str(error.value)


@pytest.mark.parametrize("source", [None, 7, [1, 2]])
def test_what_is_no_file_is_refused(source):
    """The type annotation of `read`, which the tests check, would refuse these first."""
    with pytest.raises(InputError, match=f"a Pillow image or an array, but not {type(source).__name__}"):
        file_source(source)


def test_a_file_that_is_open_for_writing_is_refused(tmp_path):
    with (tmp_path / "p.png").open("wb") as file, pytest.raises(InputError, match="open for reading bytes"):
        images.read(file)


def test_a_tilde_is_part_of_a_name_where_a_file_has_it(path, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for name in ("~holiday.png", "~", "~root"):
        Image.fromarray(RGB).save(tmp_path / name, "PNG")
        np.testing.assert_array_equal(images.read(name).rgb, EXPECTED)
        (tmp_path / name).unlink()
    path.rename(tmp_path / "home" / "p.png")
    np.testing.assert_array_equal(images.read("~/p.png").rgb, EXPECTED)


def test_pillow_images_that_cannot_be_decoded_are_refused(path):
    data = path.read_bytes()
    with Image.open(io.BytesIO(data[: len(data) // 2])) as image, pytest.raises(InputError, match="Pillow image is da"):
        images.read(image)
    image = Image.open(path)
    image.close()
    with pytest.raises(InputError, match="Pillow image is damaged or closed"):
        images.read(image)


def test_the_present_frame_of_a_pillow_image_is_read(tmp_path):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "p.png", save_all=True, append_images=frames[1:])
    with Image.open(tmp_path / "p.png") as image:
        image.seek(1)
        np.testing.assert_array_equal(images.read(image).rgb[0, 0], [0, 0, 1])
