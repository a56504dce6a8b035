"""Pictures: samples, uploads of every kind, hostile ones, and what is kept of them."""

import io
import struct
import zlib

import httpx
import numpy as np
import png
import pytest
from PIL import ExifTags, Image

from nst_jax.files import bundled_dir
from nst_jax.studio import context, routes_pictures
from nst_jax.studio.picture_kinds import SENTENCE
from nst_jax.studio.pictures import SAMPLES, plain_name
from nst_jax.studio.studio import MAX_PIXELS
from tests.studio import fake_painter
from tests.studio.conftest import CONTENT, encoded

pytestmark = pytest.mark.anyio


def png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG file that says how large it is, without its pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return head + struct.pack(">I", 5000) + b"IDAT"


async def test_samples_are_there_from_the_beginning(studio):
    samples = (await studio.get("/api/pictures?kind=sample")).json()["pictures"]
    assert {each["name"] for each in samples} == set(SAMPLES)
    for sample in samples:
        assert len(sample["id"]) == 20
        with Image.open(bundled_dir("examples") / sample["name"]) as image:
            assert (sample["width"], sample["height"]) == image.size
        file = await studio.get(f"/api/pictures/{sample['id']}/file")
        assert file.content == (bundled_dir("examples") / sample["name"]).read_bytes()
    assert (await studio.delete(f"/api/pictures/{CONTENT}")).status_code == 409


async def test_an_upload_is_kept_exactly_with_small_copies_and_colors(studio):
    data = encoded()
    answer = await studio.upload(data, "holiday.png")
    assert answer.status_code == 201
    record = answer.json()
    assert record == (await studio.get(f"/api/pictures/{record['id']}")).json()
    assert (record["name"], record["kind"], record["width"], record["height"]) == ("holiday.png", "upload", 40, 30)
    assert record == (await studio.get("/api/pictures?kind=upload")).json()["pictures"][0]
    address = f"/api/pictures/{record['id']}"
    file = await studio.get(f"{address}/file")
    assert file.headers["content-type"] == "image/png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file.content))), np.asarray(Image.open(io.BytesIO(data))))
    for which in ("view", "thumbnail"):
        small = await studio.get(f"{address}/{which}")
        assert small.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(small.content)).size == (40, 30)
    colors = (await studio.get(f"{address}/palette")).json()["colors"]
    assert len(colors) == 12
    assert all(len(color) == 7 and int(color[1:], 16) >= 0 for color in colors)
    assert (await studio.delete(address)).status_code == 204
    assert (await studio.get(address)).status_code == 404
    assert not [*studio.context.studio.folder.pictures.iterdir()]


async def test_positions_are_dropped_and_pictures_stand_upright(studio):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    exif[ExifTags.Base.Make] = "Secret Camera"
    answer = await studio.upload(encoded("JPEG", exif=exif, comment=b"Secret comment"), "photo.jpg")
    record = answer.json()
    assert (record["width"], record["height"]) == (30, 40)
    for which in ("file", "view", "thumbnail"):
        content = (await studio.get(f"/api/pictures/{record['id']}/{which}")).content
        assert b"Secret" not in content
        assert b"Exif" not in content
        image = Image.open(io.BytesIO(content))
        assert image.size == (30, 40)
        assert not image.getexif()


async def test_deep_pictures_keep_their_depth(studio):
    values = np.arange(400, dtype=np.uint16).reshape(20, 20) * 150
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    record = (await studio.upload(buffer.getvalue(), "deep.png")).json()
    content = (await studio.get(f"/api/pictures/{record['id']}/file")).content
    _, _, rows, info = png.Reader(bytes=content).read()
    assert info["bitdepth"] == 16
    assert np.array_equal(np.array([*map(list, rows)]).reshape(20, 20, 3)[..., 1], values)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
async def test_usual_kinds_are_taken(studio, kind):
    answer = await studio.upload(encoded(kind), f"photo.{kind.lower()}")
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><script>alert(1)</script></html>" * 10,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n" * 9,
        b"%PDF-1.7" * 9,
        b"PK\x03\x04" * 9,
        b"x",
    ],
)
async def test_what_is_no_picture_is_refused_by_its_first_bytes(studio, data):
    answer = await studio.upload(data, "photo.png")
    assert (answer.status_code, answer.json()["error"]) == (400, SENTENCE)
    assert not [*studio.context.studio.folder.temporary.iterdir()]


async def test_an_empty_file_is_refused(studio):
    answer = await studio.upload(b"")
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "The file is empty; give a JPEG, PNG, WebP or TIFF file.",
    )


@pytest.mark.parametrize("size", [(30_000, 30_000), (2**31 - 1, 2**31 - 1), (10_001, 10_000)])
async def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(studio, size):
    answer = await studio.upload(png_header(*size) + bytes(1000), "bomb.png")
    assert answer.status_code == 400
    assert "million pixels" in answer.json()["error"]
    assert "make it smaller first" in answer.json()["error"]
    assert MAX_PIXELS == 100_000_000


@pytest.mark.parametrize("data", [encoded("JPEG", (300, 300))[:2000], encoded("PNG")[:200], png_header(100, 100)])
async def test_a_damaged_picture_is_refused_in_a_sentence_without_our_paths(studio, data):
    answer = await studio.upload(data, "cut.jpg")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error.startswith("The picture is damaged")
    assert str(studio.context.studio.folder.path) not in error
    # The worker goes on.
    assert (await studio.upload(encoded())).status_code == 201
    assert not [*studio.context.studio.folder.temporary.iterdir()]


async def test_a_body_that_is_too_long_is_refused_while_it_arrives(studio, monkeypatch):
    monkeypatch.setattr(routes_pictures, "MAX_BODY_BYTES", 10_000)
    taken = 0

    async def body():
        nonlocal taken
        yield png_header(10, 10)
        for _ in range(1000):
            taken += 1000
            yield bytes(1000)

    answer = await studio.post("/api/pictures", content=body())
    assert (answer.status_code, answer.json()["error"]) == (413, routes_pictures.TOO_LARGE)
    assert taken < 20_000
    said = await studio.post("/api/pictures", content=bytes(10_001))
    assert said.status_code == 413
    assert not [*studio.context.studio.folder.temporary.iterdir()]


async def test_json_bodies_are_limited_and_may_be_nonsense(studio, monkeypatch):
    for body in (b"{", b"\xff\xfe", b"[" * 100_000, b'"' + b"\\ud800" + b'"', b"1", b"null", b"NaN"):
        assert (await studio.post("/api/jobs", content=body)).status_code == 400, body[:20]
    monkeypatch.setattr(context, "MAX_JSON_BYTES", 100)
    assert (await studio.post("/api/jobs", content=b" " * 101)).status_code == 413


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("..%2F..%2Fx.png", "x.png"),
        ("..\\..\\windows\\x.png", "x.png"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("a\0b\r\nSet-Cookie: x.png", "abSet-Cookie: x.png"),
        ("..", "upload.png"),
        ("", "upload.png"),
        ("日本.png", "日本.png"),
    ],
)
async def test_names_are_text_and_never_paths(studio, name, shown):
    quoted = name if "%" in name else httpx.URL("http://x/", params={"n": name}).query.decode()[2:].replace("+", "%20")
    record = (await studio.upload(encoded(), quoted)).json()
    assert record["name"] == shown
    assert {path.name.partition(".")[0] for path in studio.context.studio.folder.pictures.iterdir()} == {record["id"]}


def test_long_names_keep_their_suffix():
    assert plain_name("x" * 500 + ".jpeg", "upload").endswith("x.jpeg")
    assert len(plain_name("x" * 500 + ".jpeg", "upload")) <= 120
    assert len(plain_name("." * 500, "mask")) <= 120
    assert plain_name("\u202egpj.exe", "upload") == "gpj.exe"


@pytest.mark.parametrize("name", ["%2e%2e", "..%2f..%2fstudio.sqlite3", "A" * 20, "a" * 19, "a" * 21, "a" * 20])
async def test_identifiers_lead_nowhere_else(studio, name):
    for address in (f"/api/pictures/{name}/file", f"/api/jobs/{name}/result", f"/api/experiments/{name}"):
        assert (await studio.get(address)).status_code in (403, 404), address
    for address in (f"/static/{name}", f"/static/{name}/app.py", "/static/..%2f..%2fapp.py", "/static//etc/passwd"):
        assert (await studio.get(address)).status_code == 404, address


async def test_a_picture_that_a_job_needs_stays(studio):
    record = (await studio.upload(encoded())).json()
    job = await studio.order(fake_painter.HOLD, content=record["id"])
    assert (await studio.delete(f"/api/pictures/{record['id']}")).status_code == 409
    await studio.post(f"/api/jobs/{job['id']}/cancel")
    assert (await studio.delete(f"/api/pictures/{record['id']}")).status_code == 204


async def test_unknown_kinds_are_refused(studio):
    assert (await studio.upload(encoded(), kind="sample")).status_code == 400
    assert (await studio.get("/api/pictures?kind=nothing")).status_code == 400


async def test_a_full_disk_is_a_sentence(studio, monkeypatch):
    from nst_jax.studio import pictures
    from nst_jax.studio.failures import DISK_FULL

    def full(path):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pictures, "atomic_write", full)
        answer = await studio.upload(encoded())
    assert (answer.status_code, answer.json()["error"]) == (507, DISK_FULL)
    monkeypatch.setattr("nst_jax.studio.folder.LEAST_FREE_BYTES", 2**62)
    assert (await studio.upload(encoded())).status_code == 507
    body = {"content": CONTENT, "styles": [{"picture": CONTENT}], "method": "fast"}
    assert (await studio.post("/api/jobs", json=body)).status_code == 507


async def test_a_worker_that_dies_is_started_again(studio):
    await studio.upload(encoded())
    studio.context.studio.files._child.kill()
    answers = [await studio.upload(encoded()) for _ in range(2)]
    # The one that it had when it died may be lost, the next one is not.
    assert answers[-1].status_code == 201
