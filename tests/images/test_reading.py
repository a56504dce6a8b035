"""Reading: pictures of every kind become sRGB in [0, 1], and other files are refused."""

import io
import struct
import warnings

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images import reading
from tests.conftest import picture


def as_bytes(array: np.ndarray) -> np.ndarray:
    return (array * 255 + 0.5).astype(np.uint8)


@pytest.fixture
def rgb() -> np.ndarray:
    return as_bytes(picture(0, 20, 30))


@pytest.mark.parametrize(
    ("suffix", "options", "tolerance"),
    [
        (".png", {}, 0),
        (".tif", {}, 0),
        (".bmp", {}, 0),
        (".webp", {"lossless": True}, 0),
        (".webp", {"quality": 95}, 12),
        (".jpg", {"quality": 98, "subsampling": 0}, 3),
    ],
)
def test_every_format_is_read_as_it_was_written(tmp_path, rgb, suffix, options, tolerance):
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(rgb).save(path, **options)
    read = images.read(path)
    assert read.rgb.dtype == np.float32
    assert read.alpha is None
    assert read.name == path.name
    assert np.abs(read.rgb * 255 - rgb).mean() <= tolerance + 1e-3


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "LA", "PA"])
def test_every_mode_is_converted_to_rgb(tmp_path, rgb, mode):
    image = Image.fromarray(rgb).convert("P" if mode == "PA" else mode).convert(mode)
    path = tmp_path / ("picture.tif" if mode in ("CMYK", "YCbCr", "PA") else "picture.png")
    if mode == "PA":
        path = tmp_path / "picture.png"
        image = image.convert("LA")
    image.save(path)
    read = images.read(path).rgb
    expected = np.asarray(image.convert("RGB")) / 255
    np.testing.assert_allclose(read, expected, atol=1e-6)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_gray_of_sixteen_bits_keeps_its_depth(tmp_path, suffix):
    gray = np.linspace(0, 65535, 20 * 30).reshape(20, 30).astype(np.uint16)
    Image.fromarray(gray).save(tmp_path / f"gray{suffix}")
    read = images.read(tmp_path / f"gray{suffix}").rgb
    np.testing.assert_allclose(read, np.repeat(gray[..., None], 3, 2) / 65535, atol=1e-7)


def test_a_tiff_of_floats_is_read_unless_its_values_are_out_of_range(tmp_path):
    gray = picture(1)[..., 0]
    Image.fromarray(gray).save(tmp_path / "gray.tif")
    np.testing.assert_allclose(images.read(tmp_path / "gray.tif").rgb[..., 1], gray)
    Image.fromarray(gray * 9).save(tmp_path / "large.tif")
    with pytest.raises(InputError, match=r"finite values in|beyond the range"):
        images.read(tmp_path / "large.tif")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_applied(tmp_path, rgb, orientation):
    stored = Image.fromarray(rgb)
    exif = stored.getexif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    read = as_bytes(images.read(tmp_path / "turned.png").rgb)
    upright = {
        1: rgb, 2: rgb[:, ::-1], 3: rgb[::-1, ::-1], 4: rgb[::-1],
        5: rgb.swapaxes(0, 1), 6: np.rot90(rgb, -1), 7: np.rot90(rgb, 2).swapaxes(0, 1), 8: np.rot90(rgb),
    }  # fmt: skip
    np.testing.assert_array_equal(read, upright[orientation])


def test_transparency_is_separated_and_colors_are_laid_on_white(tmp_path, rgb):
    alpha = np.zeros((20, 30), np.uint8)
    alpha[:, 10:] = 255
    alpha[:, 5:10] = 51
    Image.fromarray(np.dstack([rgb, alpha])).save(tmp_path / "clear.png")
    read = images.read(tmp_path / "clear.png")
    assert read.alpha is not None
    np.testing.assert_allclose(read.alpha, alpha / 255, atol=1e-6)
    np.testing.assert_allclose(read.rgb[:, :5], 1)
    np.testing.assert_allclose(read.rgb[:, 5:10], rgb[:, 5:10] / 255 * 0.2 + 0.8, atol=1e-5)
    np.testing.assert_allclose(read.rgb[:, 10:], rgb[:, 10:] / 255, atol=1e-6)


def test_the_transparent_color_of_a_palette_becomes_alpha(tmp_path):
    image = Image.new("P", (4, 4), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "palette.png", transparency=0)
    read = images.read(tmp_path / "palette.png")
    assert read.alpha is not None
    assert read.alpha[0, 0] == 0
    assert read.alpha[1, 1] == 1
    np.testing.assert_allclose(read.rgb[1, 1], [0, 1, 0])


def test_an_opaque_alpha_channel_is_left_out(tmp_path, rgb):
    Image.fromarray(rgb).convert("RGBA").save(tmp_path / "opaque.png")
    assert images.read(tmp_path / "opaque.png").alpha is None


def swapped_profile() -> bytes:
    """Return a profile whose red is the green of sRGB and vice versa, so that its effect is large."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_color_profiles_are_converted_to_srgb(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "profile.png", icc_profile=swapped_profile())
    read = images.read(tmp_path / "profile.png").rgb
    np.testing.assert_allclose(read * 255, rgb[..., [1, 0, 2]], atol=2)
    alpha = np.full((20, 30, 1), 200, np.uint8)
    Image.fromarray(np.dstack([rgb, alpha])).save(tmp_path / "both.png", icc_profile=swapped_profile())
    clear = images.read(tmp_path / "both.png")
    np.testing.assert_allclose(clear.rgb, read * (200 / 255) + 55 / 255, atol=1e-5)


def linear_gray_profile() -> bytes:
    """Return a minimal ICC profile (ICC.1:2001-04): a header, D50 as white, a straight line as tone curve."""
    d50 = struct.pack(">3i", *(round(value * 65536) for value in (0.9642, 1.0, 0.8249)))
    white, curve = b"XYZ " + bytes(4) + d50, b"curv" + bytes(8)
    offset = 128 + 4 + 2 * 12
    table = struct.pack(">I4sII4sII", 2, b"wtpt", offset, len(white), b"kTRC", offset + len(white), len(curve))
    size = offset + len(white) + len(curve)
    header = (
        struct.pack(">I4xI4s4s4s12x4s", size, 0x02100000, b"mntr", b"GRAY", b"XYZ ", b"acsp").ljust(68, b"\0") + d50
    )
    return header.ljust(128, b"\0") + table + white + curve


def test_gray_profiles_are_converted_with_and_without_transparency(tmp_path, rgb):
    """In a linear profile, half of the light is 0.735 in sRGB."""
    gray = Image.fromarray(np.full((8, 8), 128, np.uint8))
    transparent = Image.merge("LA", (gray, Image.new("L", (8, 8), 200)))
    for image in (gray, transparent):
        image.save(tmp_path / "gray.png", icc_profile=linear_gray_profile())
        read = images.read(tmp_path / "gray.png")
        shade = read.rgb[0, 0, 0] if read.alpha is None else (read.rgb[0, 0, 0] - 55 / 255) / (200 / 255)
        assert shade == pytest.approx(0.735, abs=0.01)


def test_a_damaged_color_profile_is_ignored_with_a_warning(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "profile.png", icc_profile=b"no profile")
    with pytest.warns(images.PictureWarning, match=r"profile in profile\.png is damaged"):
        read = images.read(tmp_path / "profile.png")
    np.testing.assert_allclose(read.rgb, rgb / 255, atol=1e-6)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_the_first_of_several_frames_is_used_with_a_warning(tmp_path, suffix):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue", "green")]
    path = tmp_path / f"moving{suffix}"
    options = {"lossless": True} if suffix == ".webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    with pytest.warns(images.PictureWarning, match="holds 3 pictures; only the first"):
        read = images.read(path)
    np.testing.assert_allclose(read.rgb[4, 4], [1, 0, 0], atol=0.01)


def encoded(rgb: np.ndarray, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_truncated_files_are_refused(tmp_path, kind):
    whole = encoded(as_bytes(np.random.default_rng(0).random((64, 64, 3))), kind)
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"is damaged and cannot be read|not a picture"):
        images.read(tmp_path / "cut")


def test_files_that_are_no_pictures_are_refused(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "notes.jpg").write_text("these are notes")
    for name, message in (("empty.jpg", "is empty"), ("notes.jpg", "is not a picture"), ("no.jpg", "There is no file")):
        with pytest.raises(InputError, match=message):
            images.read(tmp_path / name)
    with pytest.raises(InputError, match="is a folder"):
        images.read(tmp_path)


def test_decompression_bombs_are_refused_before_they_are_decoded(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    assert (tmp_path / "bomb.png").stat().st_size < 100_000
    with pytest.raises(InputError, match="more than 180 million pixels"):
        images.read(tmp_path / "bomb.png")


def test_arrays_and_pillow_images_are_accepted(rgb):
    expected = (rgb / 255).astype(np.float32)
    for source in (rgb, expected, expected.astype(np.float64), rgb.astype(np.uint16) * 257, Image.fromarray(rgb)):
        np.testing.assert_allclose(images.read(source).rgb, expected, atol=1e-6)
    gray = images.read(rgb[..., 0]).rgb
    np.testing.assert_array_equal(gray[..., 0], gray[..., 2])
    assert images.read(np.dstack([expected, expected[..., 0]])).alpha is not None


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4, 2)), "must be"),
        (np.zeros((0, 4, 3)), "must be"),
        (np.zeros(4), "must be"),
        (np.full((4, 4, 3), 255.0), "divide"),
        (np.full((4, 4, 3), -0.1), "divide"),
        (np.full((4, 4, 3), np.nan), "finite"),
        (np.zeros((4, 4, 3), np.int64), "uint8"),
        (np.zeros((4, 4, 3), complex), "uint8"),
    ],
)
def test_impossible_arrays_are_refused(array, message):
    with pytest.raises(InputError, match=message):
        images.read(array)


def test_jax_arrays_are_accepted(rgb):
    import jax.numpy as jnp

    np.testing.assert_allclose(images.read(jnp.asarray(rgb)).rgb, rgb / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_pixels_are_decoded_outside_of_the_lock(tmp_path, monkeypatch, rgb, kind):
    """So that threads read pictures at the same time."""
    held, load = [], ImageFile.ImageFile.load

    def recorded(image):
        held.append(reading._warnings_lock.locked())
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", recorded)
    (tmp_path / "p").write_bytes(encoded(rgb, kind))
    images.read(tmp_path / "p")
    assert held
    assert not held[0]


@settings(max_examples=150)
@given(st.data())
def test_damaged_files_are_read_or_refused_in_one_line(data):
    """Whatever byte is changed and wherever the file is cut."""
    content = bytearray(data.draw(st.sampled_from(FILES)))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, min(len(content) - 1, 300)))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        message = ""
        try:
            assert images.read(content).rgb.shape[2] == 3
        except InputError as error:
            message = str(error)
    assert len(message.splitlines()) <= 1
    assert len(message) < 300


def files_to_damage() -> list[bytes]:
    rgb = as_bytes(picture(0, 12, 10))
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, picture(0, 12, 10), photometric="rgb")
    return [*(encoded(rgb, kind) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")), buffer.getvalue()]


FILES = files_to_damage()
