"""Every way to end has its exit code, and bad input gets one sentence."""

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

import nst_jax
from nst_jax.recipes.published import RECIPES
from tests.cli.conftest import QUICK_OPTIONS, assert_refused


def write_enormous(path: Path) -> None:
    """Write a PNG file whose header speaks of 20,000 x 20,000 pixels, with the data of a single one."""
    Image.new("1", (1, 1)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 20_000, 20_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["content.png"], "STYLE is missing"),
        (["nowhere.png", "style.png"], "There is no file nowhere.png"),
        (["content.png", "empty.jpg"], "empty.jpg is empty"),
        (["notes.txt", "style.png"], "notes.txt is not a picture"),
        (["cut.png", "style.png"], "cut.png is damaged"),
        (["bomb.png", "style.png"], "bomb.png has more than 180 million pixels"),
        (["content.png", "style.png", *QUICK_OPTIONS, "--content-mask", "."], "is a folder"),
        (["content.png", "style.png", "--size", "7"], "size must be 0 or between"),
        (["content.png", "style.png", "--size", "16384", "--network", "embedded"], r"needs more than \d+ GB"),
        (["content.png", "style.png", "--steps", "0"], "steps must be at least 1"),
        (["content.png", "style.png", "--recipe", "gattys"], "no recipe 'gattys'; there are default, gatys"),
        (["content.png", "style.png", "--recipe", "pytorch-tutorial"], "Torchvision's VGG-19 is not here; download"),
        (["content.png", "style.png", *QUICK_OPTIONS, "--style-crop", "30,0,40,10"], "reaches beyond style.png"),
        (["content.png", "style.png", "--report", "page.pdf"], "ends in .html or .png"),
        (["content.png", "style.png", "--report", "notes.txt/page.html"], "Nothing can be written"),
        (["content.png", "style.png", "--style-layers", "relu7_1"], "no layer 'relu7_1'"),
        (["content.png", "style.png", "--style-weight", "-1"], "style weight must be zero or a positive"),
        (["content.png", "style.png", "--quiet", "--verbose"], "contradict"),
        (["content.png", "style.png", "--save-every", "-1"], "--save-every takes"),
        (["content.png", "style.png", "--sheet", "sheet.png"], "--sheet shows several results"),
        (["content.png", "style.png", "style.png", "--style-blend", "1", "1", "--sheet", "s.png"], "makes only one"),
        (["content.png", "style.png", "-o", "made.xyz"], "must end in"),
        (["content.png", "style.png", "-o", "content.png"], "one of the pictures to work from"),
        (["content.png", "style.png", "-o", "notes.txt/made.png"], "Nothing can be written"),
        (["content.png", "style.png", "--init", "nowhere.png", *QUICK_OPTIONS], "There is no file nowhere.png"),
        (["content.png", "style.png", "--network", "nowhere.h5"], "There is no weight file nowhere.h5"),
        (["content.png", "style.png", "--network", "style.png"], "is not an HDF5 weight file but a PNG"),
        (["content.png", "style.png", "--network", "cut.h5"], "cut.h5 is truncated"),
        (["content.png", "style.png", *QUICK_OPTIONS, "--content-mask", "narrow.png"], "has 100x4 pixels, but its pic"),
        (["content.png", "style.png", *QUICK_OPTIONS, "--content-mask", "content.png"], "more than 8 colors"),
        (["content.png", "style.png", *QUICK_OPTIONS, "--style-mask", "nowhere.png"], "There is no file nowhere.png"),
        (["content.png", "style.png", "--style-strength", "2"], "between 0, the photograph, and 1"),
        (
            ["content.png", "style.png", "--style-strength", "0.5", "--style-weight", "9"],
            "takes the place of --style-w",
        ),
        (["content.png", "style.png", "--bit-depth", "16", "-o", "made.jpg"], "cannot hold 16 bits"),
        (["content.png", "style.png", "--dpi", "-3"], "--dpi takes dots per inch"),
        (["content.png", "style.png", *QUICK_OPTIONS, "--checkpoint", "notes.txt"], "no checkpoint that can be read"),
        (["content.png", "style.png", "--checkpoint-every", "-1"], "--checkpoint-every takes"),
    ],
)
def test_bad_input_gets_one_sentence(image_folder, stylize, arguments, message):
    (image_folder / "empty.jpg").write_bytes(b"")
    (image_folder / "notes.txt").write_text("these are notes")
    (image_folder / "cut.png").write_bytes((image_folder / "content.png").read_bytes()[:900])
    (image_folder / "cut.h5").write_bytes((image_folder / "tiny.h5").read_bytes()[:9000])
    Image.new("L", (100, 4)).save(image_folder / "narrow.png")
    write_enormous(image_folder / "bomb.png")
    before = (image_folder / "content.png").read_bytes()
    assert_refused(stylize(*arguments), message)
    assert (image_folder / "content.png").read_bytes() == before


def test_a_warning_is_one_line(image_folder, stylize):
    frames = [Image.new("RGB", (60, 40), color) for color in ("red", "blue")]
    frames[0].save(image_folder / "moving.gif", save_all=True, append_images=frames[1:])
    done = stylize("moving.gif", "style.png", *QUICK_OPTIONS, "--steps", "1", "--quiet")
    assert done.returncode == 0
    assert done.stderr == "warning: moving.gif holds 2 pictures; only the first is used.\n"


def test_the_version(stylize):
    assert stylize("--version") == (0, f"nst-jax {nst_jax.__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_ends_with_success(stylize, option):
    done = stylize(option)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: nst-jax ")


def test_words_that_cannot_be_parsed_end_with_the_code_of_bad_input(stylize):
    done = stylize("content.png", "style.png", "--stepps", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Unrecognized options: --stepps, 3" in done.stderr


def test_a_platform_that_is_not_there_is_one_sentence(stylize, monkeypatch):
    def fails():
        raise AssertionError

    monkeypatch.setattr("jax.default_backend", fails)
    monkeypatch.setattr("nst_jax.devices._usable_platforms", lambda: ["cpu"])
    monkeypatch.setenv("JAX_PLATFORM_NAME", "cuda")
    assert_refused(stylize("content.png", "style.png"), "cannot compute on .*cuda.* there is only cpu: set JAX_PLATF")


def test_the_recipes_are_listed(stylize):
    done = stylize("--list-recipes")
    assert done.returncode == 0, done.stderr
    for name in RECIPES:
        assert name in done.stdout
