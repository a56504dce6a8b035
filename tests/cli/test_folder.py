"""Folders through the command line: resumed, and never stopped by one bad file."""

import re
from pathlib import Path

import jax
import pytest
from PIL import Image

from nst_jax import images
from nst_jax.images.writing import read_provenance
from nst_jax.networks.weights import hdf5
from tests.cli.conftest import QUICK_OPTIONS, assert_refused
from tests.cli.test_progress import FakeTerminal
from tests.conftest import STYLE_SHAPE, save_image

SHAPES = {"a": (40, 60), "b": (60, 40), "more/c": (41, 60), "more/d": (60, 60), "e": (40, 60)}
ALL = {f"{name}.png" for name in SHAPES}


@pytest.fixture
def photos(image_folder) -> Path:
    """Five photographs of three shapes in a folder, and another style beside it."""
    for seed, (name, shape) in enumerate(SHAPES.items()):
        save_image(image_folder / "photos" / f"{name}.png", seed, shape)
    save_image(image_folder / "other.png", 10, STYLE_SHAPE)
    return image_folder / "photos"


@pytest.fixture
def stylize_folder(photos, stylize):
    """The command with the options that these tests share."""
    return lambda *arguments: stylize(*arguments, *QUICK_OPTIONS, "--steps", "2", "--batch-size", "2")


def made(output: str) -> set[str]:
    return {path.relative_to(output).as_posix() for path in Path(output).rglob("*.*") if not path.name.startswith(".")}


def test_a_folder_is_stylized_and_only_what_is_missing_again(stylize_folder):
    done = stylize_folder("photos", "style.png", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "5 pictures are in out\n"
    assert re.search(r"^5 of 5 pictures done, 0 failed; \S+ pictures/(minute|hour), took \d+ s$", done.stderr, re.M)
    assert made("out") == ALL
    for name, (height, width) in SHAPES.items():
        with Image.open(f"out/{name}.png") as image:
            assert image.size == images.fitted_size((height, width), 48)[::-1]
        assert read_provenance(Path(f"out/{name}.png"))["content"]["name"] == Path(f"{name}.png").name
    before = {name: Path("out", name).stat().st_mtime_ns for name in ALL}
    Path("out/b.png").unlink()
    again = stylize_folder("photos", "style.png", "-o", "out")
    assert "4 pictures are in out already" in again.stderr
    assert "1 of 1 pictures done" in again.stderr
    assert made("out") == ALL
    assert {name for name in ALL if Path("out", name).stat().st_mtime_ns != before[name]} == {"b.png"}


def test_several_styles_get_a_folder_each(photos, stylize_folder):
    done = stylize_folder("photos", "--style", "style.png", "other.png", "-o", "out", "--format", "jpg")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "10 pictures are in out/style, out/other\n"
    names = {f"{name}.jpg" for name in SHAPES}
    assert made("out/style") == made("out/other") == names
    assert Path("out/style/a.jpg").read_bytes() != Path("out/other/a.jpg").read_bytes()
    (photos / "empty.jpg").write_bytes(b"")
    done = stylize_folder("photos", "--style", "style.png", "other.png", "-o", "out", "--format", "jpg")
    assert done.returncode == 1
    assert done.stderr.count("failed: photos/empty.jpg") == 1


def test_one_content_in_several_styles(stylize_folder):
    done = stylize_folder("photos/a.png", "-s", "style.png", "other.png", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert made("a_stylized") == {"style/a.png", "other/a.png"}


def test_bad_files_are_reported_at_the_end_and_stop_no_other(photos, stylize_folder):
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "cut.png").write_bytes((photos / "a.png").read_bytes()[:900])
    (photos / "notes.txt").write_text("not a picture, and not meant to be")
    (photos / ".hidden.png").write_bytes(b"nor this")
    Image.new("L", (100, 4)).save(photos / "narrow.png")
    done = stylize_folder("photos", "style.png", "-o", "out")
    assert done.returncode == 1, done.stderr
    assert made("out") >= ALL
    failed = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert any(line.startswith("failed: photos/empty.jpg is empty") for line in failed)
    assert any(line.startswith("failed: photos/cut.png is damaged") for line in failed)
    assert all(line.count("photos/") == 1 for line in failed)
    assert "notes.txt" not in done.stderr
    assert "hidden" not in done.stderr


def test_results_that_diverged_are_reported_as_failed(image_folder, stylize_folder, overflowing_network):
    hdf5.write(image_folder / "tiny.h5", overflowing_network)
    done = stylize_folder("photos", "style.png", "-o", "out", "--no-relative", "--quiet")
    assert done.returncode == 1
    assert done.stderr.count(".png: the loss was not finite; try other settings\n") == 5


def test_results_inside_the_folder_are_not_contents(stylize_folder):
    assert stylize_folder("photos", "style.png", "-o", "photos/out").returncode == 0
    again = stylize_folder("photos", "style.png", "-o", "photos/out")
    assert again.stdout == "5 pictures are in photos/out\n"
    assert made("photos/out") == ALL


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["empty", "style.png"], "no pictures in empty"),
        (["photos"], "STYLE is missing"),
        (["photos", "style.png", "-o", "out.png"], "need a folder to go to"),
        (["photos", "style.png", "--save-every", "2"], "--save-every works for one picture"),
        (["photos", "style.png", "--checkpoint", "run"], "--checkpoint works for one picture"),
        (["photos", "style.png", "--content-mask", "style.png"], "Masks work for one picture"),
        (["photos", "style.png", "--bit-depth", "16", "--format", "jpg"], "picture.jpg cannot hold 16 bits"),
        (["photos", "-s", "style.png", "photos/../style.png"], "Two styles are called style.png"),
        (["photos", "nowhere.png"], "There is no file nowhere.png"),
        (["photos", "style.png", "-o", "tiny.h5"], "Nothing can be written to tiny.h5"),
        (["photos", "style.png", "--batch-size", "-1"], "--batch-size takes"),
        (["photos", "style.png", "-o", "used"], "used holds pictures made with style weight 30.0, not 31.0"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(photos, stylize, arguments, message):
    Path("empty").mkdir()
    options = [*QUICK_OPTIONS, "--steps", "2"]
    if "used" in arguments:
        assert stylize("photos/a.png", "-s", "style.png", "other.png", "-o", "x", *options).returncode == 0
        Path("x/style").rename("used")
        arguments = [*arguments, "--style-weight", "31"]
    assert_refused(stylize(*arguments, *options), message)


def test_verbose_names_network_device_and_versions_once_for_all_styles(photos, stylize_folder):
    done = stylize_folder("photos", "--style", "style.png", "other.png", "-o", "out", "--verbose")
    assert done.returncode == 0, done.stderr
    first, second, *rest = done.stderr.splitlines()
    assert re.fullmatch(r"network: .+ \(\w{12}\), input convention \w+", first)
    count = len(jax.local_devices())
    kind = jax.devices()[0].device_kind
    assert second.startswith(f"device: {kind if count == 1 else f'{count} x {kind}'}; jax {jax.__version__}, flax ")
    assert any(re.fullmatch(r"pictures: 10; first report after \S+ s", line) for line in rest)
    assert done.stderr.count("device: ") == done.stderr.count("pictures: ") == 1


def test_a_terminal_gets_a_live_line(stylize_folder, monkeypatch):
    terminal = FakeTerminal.install(monkeypatch)
    assert stylize_folder("photos", "style.png", "-o", "out").returncode == 0
    assert re.search(r"5 of 5 pictures .*0 failed; \S+ pictures/(minute|hour), took", terminal.last_frame())


@pytest.mark.slow
def test_a_fast_folder(image_folder, stylize):
    """Of three pictures, the second run makes only what is missing, and a sheet shows all."""
    for name in ("a", "b", "c"):
        save_image(image_folder / "few" / f"{name}.png", ord(name), SHAPES["a"])
    words = ["few", "style.png", "-o", "out", "--fast", "--size", "48", "--batch-size", "3"]
    done = stylize(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3 pictures are in out\n"
    assert "3 of 3 pictures done, 0 failed" in done.stderr
    assert made("out") == {"a.png", "b.png", "c.png"}
    with Image.open("out/c.png") as image:
        assert image.size == (48, 32)
    before = {path.name: path.stat().st_mtime_ns for path in Path("out").glob("*.png")}
    Path("out/b.png").unlink()
    again = stylize(*words, "--sheet", "sheet.png")
    assert again.returncode == 0, again.stderr
    assert "2 pictures are in out already" in again.stderr
    assert {name for name in before if Path("out", name).stat().st_mtime_ns != before[name]} == {"b.png"}
    with Image.open("sheet.png") as image:
        assert min(image.size) > 48
    refused = stylize(*words, "--style-strength", "0.5")
    assert refused.returncode == 2
    assert "style strength" in refused.stderr
