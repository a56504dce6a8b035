"""TIFF files: every kind is read as it was written, or refused in one sentence."""

import importlib.util
import itertools
import re

import numpy as np
import pytest
import tifffile
from PIL import Image

from nst_jax import images
from nst_jax.errors import InputError
from tests.conftest import picture

HEIGHT, WIDTH = 20, 36
# More can be written, and read, where the optional package imagecodecs is installed.
HAS_CODECS = bool(importlib.util.find_spec("imagecodecs"))
COMPRESSIONS = [None, "zlib", "lzma"] + ["lzw", "packbits", "zstd"] * HAS_CODECS
COLORS = {"minisblack": 1, "miniswhite": 1, "rgb": 3, "separated": 4}


def samples(count: int) -> np.ndarray:
    """Smooth values in [0, 1], (HEIGHT, WIDTH, count), of which the last is never near 0, as opacity must be here."""
    values = np.concatenate([picture(0, HEIGHT, WIDTH), picture(1, HEIGHT, WIDTH)], axis=2)[..., :count]
    values[..., -1] = 0.3 + 0.7 * values[..., -1]
    return values


def stored(values: np.ndarray, dtype: str) -> np.ndarray:
    """Values in [0, 1] in the type of a file."""
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    return np.round(values * np.iinfo(dtype).max).astype(dtype)


def variants(planar: str, samples_per_pixel: int, dtype: str, complete: bool) -> list[dict]:
    """All combinations of byte order, compression, predictor and tiles; or some in which each pair of values occurs."""
    codecs = [(compression, False) for compression in COMPRESSIONS]
    # Floats have a predictor of their own, which needs imagecodecs.
    codecs += [("zlib", True)] if np.dtype(dtype).kind == "u" or HAS_CODECS else []
    codecs += [("lzw", True)] * HAS_CODECS
    product = itertools.product("<>", codecs, (None, (16, 16)))
    few = [("<", (None, False), None), (">", (None, False), (16, 16)), ("<", codecs[-1], (16, 16))]
    few += [(">", ("zlib", False), None)]
    planes = {"planarconfig": planar} if samples_per_pixel > 1 else {}
    return [
        {"byteorder": order, "compression": compression, "predictor": predictor, "tile": tile} | planes
        for order, (compression, predictor), tile in (product if complete else few)
    ]


def write(path, values, dtype, photometric, extra=(), **variant):
    array = stored(values, dtype)
    if variant.get("planarconfig") == "separate":
        array = np.moveaxis(array, -1, 0)
    elif array.shape[2] == 1:
        array = array[..., 0]
    tifffile.imwrite(path, array, photometric=photometric, extrasamples=extra or None, metadata=None, **variant)


def expected(values: np.ndarray, photometric: str, extra: str | None) -> tuple[np.ndarray, np.ndarray | None]:
    """The colors and the opacity that values stand for."""
    colors, rest = values[..., : COLORS[photometric]], values[..., COLORS[photometric] :]
    alpha = rest[..., 0] if extra in ("unassalpha", "assocalpha") else None
    if extra == "assocalpha":
        colors = np.clip(colors / alpha[..., None], 0, 1)
    if photometric == "miniswhite":
        colors = 1 - colors
    if photometric == "separated":
        colors = (1 - colors[..., :3]) * (1 - colors[..., 3:])
    return np.broadcast_to(colors, (HEIGHT, WIDTH, 3)), alpha


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("photometric", COLORS)
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("complete", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_variant_is_read_as_it_was_written(tmp_path, dtype, photometric, planar, complete):
    """Within a value of 8 bits, to which Pillow reduces RGB and CMYK of 16 bits; floats are exact."""
    path = tmp_path / "variant.tif"
    for extra in (None, "unassalpha", "assocalpha", "unspecified"):
        values = samples(COLORS[photometric] + (extra is not None))
        if extra == "assocalpha":
            values[..., :-1] *= values[..., -1:]
        if planar == "separate" and values.shape[2] == 1:
            continue
        colors, alpha = expected(values, photometric, extra)
        flat = colors if alpha is None else colors * alpha[..., None] + 1 - alpha[..., None]
        is_float = dtype in ("float32", "float64")
        color_tolerance = 2e-6 if is_float and photometric != "separated" else (1.1 if extra is None else 2.2) / 255
        if photometric == "separated":
            color_tolerance = 2.2 / 255
        for variant in variants(planar, values.shape[2], dtype, complete):
            write(path, values, dtype, photometric, extra, **variant)
            read = images.read(path)
            assert np.abs(read.rgb - flat).max() <= color_tolerance, (extra, variant)
            assert (read.alpha is None) == (alpha is None)
            if alpha is not None:
                assert np.abs(read.alpha - alpha).max() <= 1.1 / 255, (extra, variant)
            assert images.shape_of(path) == (HEIGHT, WIDTH)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_lab_is_read_whatever_its_depth_and_planes(tmp_path, dtype, planar):
    """L* of 50 without chroma is a gray of 119/255, and a red one of (54, 81, 70) is (255, 0, 0) nearly."""
    lab = np.zeros((HEIGHT, WIDTH, 3))
    lab[..., 0] = 50 / 100 * 255
    lab[:, 20:] = 54.3 / 100 * 255, 80.8, 69.9
    depth = np.iinfo(dtype).bits
    array = (np.round(lab).astype(np.int64) * 2 ** (depth - 8) % 2**depth).astype(dtype)
    array = np.moveaxis(array, -1, 0) if planar == "separate" else array
    for variant in variants(planar, 3, dtype, complete=False):
        tifffile.imwrite(tmp_path / "lab.tif", array, photometric="cielab", metadata=None, **variant)
        read = images.read(tmp_path / "lab.tif").rgb * 255
        np.testing.assert_allclose(read[0, 0], 119, atol=2)
        np.testing.assert_allclose(read[0, -1], [255, 0, 0], atol=12)


@pytest.mark.parametrize("bits", [8, 16])
def test_palettes_are_looked_up(tmp_path, bits):
    palette = (np.random.default_rng(0).integers(0, 256, (3, 2**bits)) * 257).astype(np.uint16)
    indices = np.random.default_rng(1).integers(0, 2**bits, (HEIGHT, WIDTH)).astype(f"uint{bits}")
    for order, tile in itertools.product("<>", (None, (16, 16))):
        tifffile.imwrite(
            tmp_path / "p.tif", indices, photometric="palette", colormap=palette, byteorder=order, tile=tile,
            metadata=None,
        )  # fmt: skip
        np.testing.assert_allclose(images.read(tmp_path / "p.tif").rgb, palette.T[indices] / 65535, atol=1e-6)


@pytest.mark.parametrize("mode", ["RGB", "YCbCr", "L"])
@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "packbits", "tiff_deflate"])
def test_the_compressions_of_pillow_are_read(tmp_path, mode, compression):
    values = Image.fromarray((picture(0, HEIGHT, WIDTH) * 255).astype(np.uint8)).convert(mode)
    values.save(tmp_path / "p.tif", compression=compression, **({"quality": 100} if compression == "jpeg" else {}))
    expected = np.asarray(values.convert("RGB")) / 255
    difference = np.abs(images.read(tmp_path / "p.tif").rgb - expected)
    assert difference.max() < (0.2 if compression == "jpeg" else 1.1 / 255)
    assert difference.mean() < 0.03


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_and_resolution_are_those_of_other_tiff_files(tmp_path, orientation):
    """The same with Pillow, which reads 8 bits, and with tifffile, which reads floats."""
    rgb = (picture(0, HEIGHT, WIDTH) * 255).astype(np.uint8)
    tag = [(274, "H", 1, orientation, True)]
    options = {"photometric": "rgb", "extratags": tag, "resolution": (120, 120), "metadata": None}
    for name, array in (("8", rgb), ("32", (rgb / 255).astype(np.float32))):
        tifffile.imwrite(tmp_path / f"{name}.tif", array, resolutionunit="INCH", **options)
    small, large = images.read(tmp_path / "8.tif"), images.read(tmp_path / "32.tif")
    np.testing.assert_allclose(small.rgb, large.rgb, atol=1e-6)
    assert small.dpi == large.dpi == 120
    assert images.shape_of(tmp_path / "8.tif") == images.shape_of(tmp_path / "32.tif") == large.rgb.shape[:2]
    tifffile.imwrite(tmp_path / "cm.tif", array, resolutionunit="CENTIMETER", **options)
    assert images.read(tmp_path / "cm.tif").dpi == pytest.approx(304.8)


def test_profiles_of_deep_files_are_applied(tmp_path):
    from tests.images.test_reading import linear_gray_profile, swapped_profile

    rgb = picture(0, HEIGHT, WIDTH)
    tifffile.imwrite(tmp_path / "p.tif", rgb, photometric="rgb", iccprofile=swapped_profile(), metadata=None)
    np.testing.assert_allclose(images.read(tmp_path / "p.tif").rgb, rgb[..., [1, 0, 2]], atol=2.5 / 255)
    half = np.full((8, 8), 32768, np.uint16)
    tifffile.imwrite(tmp_path / "g.tif", half, iccprofile=linear_gray_profile(), metadata=None)
    np.testing.assert_allclose(images.read(tmp_path / "g.tif").rgb, 0.735, atol=0.01)


def test_integers_of_other_types_are_taken_for_sixteen_bits_or_refused(tmp_path):
    """Files of 32 bits mostly hold what fits into 16; what they mean else, nobody knows."""
    gray = np.round(picture(0, HEIGHT, WIDTH) * 65535)
    for dtype in ("uint32", "int32", "int16"):
        values = np.minimum(gray, 32767) if dtype == "int16" else gray
        for order in "<>":
            for array in (values, values[..., 0]):
                kind = "rgb" if array.ndim == 3 else "minisblack"
                tifffile.imwrite(
                    tmp_path / "p.tif", array.astype(dtype), byteorder=order, photometric=kind, metadata=None
                )
                read = images.read(tmp_path / "p.tif").rgb
                np.testing.assert_allclose(read, np.atleast_3d(array) / 65535 * np.ones(3), atol=1e-5)
    for array in (gray.astype(np.uint32) * 65537, gray.astype(np.int32) - 9, -picture(0), picture(0) * 255):
        tifffile.imwrite(tmp_path / "p.tif", array, photometric="rgb", metadata=None)
        with pytest.raises(InputError, match=r"beyond the range of a picture, which is 0 to 1 for floats"):
            images.read(tmp_path / "p.tif")
    tifffile.imwrite(tmp_path / "p.tif", np.full((8, 8), np.nan, np.float32), metadata=None)
    with pytest.raises(InputError, match="beyond the range"):
        images.read(tmp_path / "p.tif")


def test_what_cannot_be_read_is_refused_with_the_package_that_helps(tmp_path, monkeypatch):
    path = tmp_path / "p.tif"
    tifffile.imwrite(path, picture(0), photometric="rgb", compression="zlib", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as file:
        # As if it were compressed with LZW, which tifffile reads with imagecodecs only.
        file.pages.first.tags["Compression"].overwrite(5)
    monkeypatch.setattr(tifffile.TIFF, "DECOMPRESSORS", _NoCodecs())
    with pytest.raises(InputError, match=re.escape("float32, LZW); run pip install 'nst-jax[formats]'")):
        images.read(path)
    tifffile.imwrite(path, (picture(0) * 255).astype(np.uint16), photometric="ycbcr", metadata=None)
    with pytest.raises(InputError, match=r"of a kind that cannot be read \(YCBCR, uint16\); save it as RGB"):
        images.read(path)


class _NoCodecs:
    def __getitem__(self, key):
        raise KeyError(f"{key} requires the 'imagecodecs' package")


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_previews_are_not_taken_for_the_picture(tmp_path, dtype):
    """Raw files of cameras begin with a preview of a few pixels."""
    tifffile.imwrite(tmp_path / "raw.nef", stored(picture(0), dtype), photometric="rgb", subfiletype=1, metadata=None)
    with pytest.raises(InputError, match="begins with a small preview"):
        images.read(tmp_path / "raw.nef")


def test_pages_are_counted_whoever_reads_them(tmp_path):
    with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
        for seed in range(3):
            file.write(picture(seed), photometric="rgb", metadata=None)
    with pytest.warns(images.PictureWarning, match="holds 3 pictures; only the first"):
        read = images.read(tmp_path / "pages.tif")
    np.testing.assert_array_equal(read.rgb, picture(0))


def test_damaged_and_huge_files_are_refused(tmp_path):
    path = tmp_path / "p.tif"
    tifffile.imwrite(path, picture(0), photometric="rgb", compression="zlib", metadata=None)
    whole = path.read_bytes()
    for length in (9, 100, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"damaged|not a picture"):
            images.read(path)
    path.write_bytes(whole)
    with tifffile.TiffFile(path, mode="r+") as file:
        for name in ("ImageWidth", "ImageLength"):
            file.pages.first.tags[name].overwrite(20_000)
    with pytest.raises(InputError, match="more than 180 million pixels"):
        images.read(path)


def test_a_pillow_image_that_would_be_decoded_wrongly_is_refused(tmp_path):
    planes = np.moveaxis(stored(picture(0), "uint16"), -1, 0)
    tifffile.imwrite(tmp_path / "p.tif", planes, photometric="rgb", planarconfig="separate", metadata=None)
    with Image.open(tmp_path / "p.tif") as image, pytest.raises(InputError, match="give the path of the file"):
        images.read(image)
