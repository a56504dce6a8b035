"""PNG files: every depth, kind, transparent color and color space is read as it was written."""

import io
import itertools
import struct
import zlib
from pathlib import Path

import numpy as np
import png
import pytest
from PIL import Image

from nst_jax import images
from nst_jax.images.writing import srgb_profile
from tests.conftest import picture

HEIGHT, WIDTH = 9, 13
CHANNELS = {"gray": 1, "gray+alpha": 2, "rgb": 3, "rgb+alpha": 4, "palette": 1}
DEPTHS = {"gray": (1, 2, 4, 8, 16), "palette": (1, 2, 4, 8)}


def lift(values: np.ndarray) -> np.ndarray:
    """Gray values, with opacity or without, as RGB."""
    return values if values.shape[2] > 2 else np.concatenate([np.repeat(values[..., :1], 3, 2), values[..., 1:]], 2)


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize(
    ("kind", "depth", "transparent"),
    [
        (kind, depth, transparent)
        for kind in CHANNELS
        for depth, transparent in itertools.product(DEPTHS.get(kind, (8, 16)), (False, True))
        if not (transparent and "alpha" in kind)
    ],
)
def test_every_variant_is_read_as_it_was_written(tmp_path, kind, depth, transparent, interlace):
    """Within a value of 8 bits, to which Pillow reduces 16 bits except gray ones."""
    generator, top = np.random.default_rng(3), 2**depth - 1
    values = generator.integers(0, top + 1, (HEIGHT, WIDTH, CHANNELS[kind]))
    options = {}
    if kind == "palette":
        palette = generator.integers(0, 256, (top + 1, 4 if transparent else 3))
        options["palette"] = [tuple(map(int, color)) for color in palette]
        expected = palette[values[..., 0]] / 255
    else:
        # A color that only looks like the transparent one when it is reduced to 8 bits.
        values[5, 6] = values[4, 5] ^ 1
        expected = lift(values / top)
        if transparent:
            color = tuple(map(int, values[4, 5]))
            options["transparent"] = color[0] if len(color) == 1 else color
            expected = np.concatenate([expected, np.any(values != color, axis=2)[..., None]], 2)
    with (tmp_path / "p.png").open("wb") as file:
        png.Writer(
            WIDTH, HEIGHT, greyscale="gray" in kind, alpha="alpha" in kind, bitdepth=depth, interlace=interlace,
            **options,
        ).write(file, values.reshape(HEIGHT, -1).tolist())  # fmt: skip
    read = images.read(tmp_path / "p.png")
    colors, alpha = expected[..., :3], expected[..., 3] if expected.shape[2] == 4 else np.ones((HEIGHT, WIDTH))
    tolerance = 2.1 / 255 if depth == 16 else 1e-6
    np.testing.assert_allclose(np.ones_like(alpha) if read.alpha is None else read.alpha, alpha, atol=tolerance)
    np.testing.assert_allclose(read.rgb, colors * alpha[..., None] + 1 - alpha[..., None], atol=tolerance)
    assert (read.alpha is not None) == (transparent or "alpha" in kind)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(path: Path, image: Image.Image, *chunks: bytes) -> Path:
    """Write a PNG file with chunks after its header."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    data = buffer.getvalue()
    path.write_bytes(data[:33] + b"".join(chunks) + data[33:])
    return path


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def primaries(*values: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def codes(*values: int) -> bytes:
    return chunk(b"cICP", bytes(values))


SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
# Green of full strength at the corner of Adobe RGB (1998), whose gamma is 2.19921875.
ADOBE = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
RAMP = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
TAGGED_SRGB = chunk(b"sRGB", b"\0")
PROFILE = chunk(b"iCCP", b"p\0\0" + zlib.compress(srgb_profile()))


def encoded(light: np.ndarray) -> np.ndarray:
    """The sRGB values of light."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(
    ("chunks", "exponent"),
    [
        ([gamma(1.0)], 1.0),
        ([gamma(0.55556)], 1.8),
        ([gamma(0.35)], 1 / 0.35),
        ([gamma(1.0), primaries(*SRGB)], 1.0),
        ([codes(1, 8, 0, 1)], 1.0),
        ([codes(1, 4, 0, 1)], 2.2),
        # Chunks of higher precedence win: cICP, iCCP, sRGB, gAMA.
        ([codes(1, 8, 0, 1), PROFILE], 1.0),
        ([gamma(0.5), codes(2, 8, 0, 1)], 1.0),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "I;16"])
def test_gamma_is_converted(tmp_path, chunks, exponent, mode):
    image = Image.fromarray(RAMP).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(RAMP[..., 0].astype(np.uint16) * 257)
        # This profile is for RGB only.
        chunks = [each for each in chunks if each is not PROFILE]
    read = images.read(with_chunks(tmp_path / "p.png", image, *chunks)).rgb
    stored = np.asarray(image.convert("RGB"))[..., :3] / 255 if mode != "I;16" else RAMP / 255
    np.testing.assert_allclose(read, encoded(stored**exponent), atol=1e-3)


@pytest.mark.parametrize(
    "chunks",
    [
        [gamma(0.45455)],
        [gamma(0.45455), primaries(*SRGB)],
        [primaries(*SRGB)],
        [TAGGED_SRGB, gamma(1.0)],
        [PROFILE, gamma(1.0)],
        [codes(1, 13, 0, 1)],
        [codes(1, 1, 0, 1)],
        [codes(2, 2, 0, 1)],
        [codes(1, 13, 0, 1), gamma(1.0)],
    ],
)
def test_srgb_is_left_as_it_is_to_the_last_bit(tmp_path, chunks):
    rgb = (picture(0, 8, 8) * 255).astype(np.uint8)
    path = with_chunks(tmp_path / "p.png", Image.fromarray(rgb), *chunks)
    np.testing.assert_array_equal(images.read(path).rgb, rgb / np.float32(255))


@pytest.mark.parametrize(
    ("chunks", "color", "expected"),
    [
        # Values from the CSS Color 4 sample code.
        ([codes(12, 13, 0, 1)], (117, 251, 76), (0, 255, 0)),
        ([primaries(*P3)], (117, 251, 76), (0, 255, 0)),
        ([gamma(0.45455), primaries(*P3)], (234, 51, 35), (255, 0, 0)),
        ([gamma(1 / 2.19921875), primaries(*ADOBE)], (219, 0, 0), (255, 0, 0)),
        # Gray stays gray, also with another white.
        ([primaries(0.3457, 0.3585, *SRGB[2:])], (128, 128, 128), (128, 128, 128)),
    ],
)
def test_primary_colors_are_converted(tmp_path, chunks, color, expected):
    path = with_chunks(tmp_path / "p.png", Image.new("RGB", (4, 4), color), *chunks)
    np.testing.assert_allclose(images.read(path).rgb[0, 0] * 255, expected, atol=4)


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ([codes(9, 16, 0, 1)], "HDR with the curve PQ, cannot be converted; its colors are taken as sRGB"),
        ([codes(9, 18, 0, 1)], "HDR with the curve HLG"),
        ([codes(77, 13, 0, 1)], r"the code points \(77, 13, 1\)"),
        ([codes(1, 13, 0, 0)], r"the code points \(1, 13, 0\)"),
        ([gamma(0.0)], "gamma 0 in p.png is impossible"),
        ([primaries(0.3127, 0.329, 0.64, 0.33, 0.64, 0.33, 0.64, 0.33)], "primary colors in p.png are impossible"),
        ([primaries(0.3127, 0, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)], "primary colors in p.png are impossible"),
    ],
)
def test_what_cannot_be_converted_is_said(tmp_path, chunks, message):
    rgb = (picture(0, 8, 8) * 255).astype(np.uint8)
    path = with_chunks(tmp_path / "p.png", Image.fromarray(rgb), *chunks)
    with pytest.warns(images.PictureWarning, match=message):
        read = images.read(path)
    np.testing.assert_array_equal(read.rgb, rgb / np.float32(255))


def test_a_pillow_image_keeps_the_gamma_of_its_file(tmp_path):
    path = with_chunks(tmp_path / "p.png", Image.fromarray(RAMP), gamma(1.0))
    with Image.open(path) as image:
        np.testing.assert_array_equal(images.read(image).rgb, images.read(path).rgb)
