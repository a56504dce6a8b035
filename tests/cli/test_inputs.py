"""Words of the command line: what is a content, what is a style, and which files they name."""

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from nst_jax import images
from nst_jax.cli.arguments import parse
from nst_jax.cli.inputs import find_inputs
from nst_jax.errors import InputError
from tests.cli.conftest import QUICK_OPTIONS, assert_refused
from tests.conftest import CONTENT_SHAPE, save_image

STEPS = ["--steps", "2"]


@pytest.mark.parametrize(
    ("words", "contents", "styles"),
    [
        (["c.png", "s.png"], ["c.png"], ["s.png"]),
        (["a.png", "b.png", "--style", "s.png"], ["a.png", "b.png"], ["s.png"]),
        (["a.png", "-s", "s.png", "t.png"], ["a.png"], ["s.png", "t.png"]),
        (["c.png", "s.png", "t.png", "--style-blend", "1", "2"], ["c.png"], ["s.png", "t.png"]),
        (["c.png", "s.png", "t.png", "--content-mask", "m.png"], ["c.png"], ["s.png", "t.png"]),
        (["*.jpg", "s.png"], ["one.jpg", "two.jpg"], ["s.png"]),
        (["c.png", "in/**/*.jpg"], ["c.png"], ["in/deep/four.jpg", "in/three.jpg"]),
        (["[odd].jpg", "s.png"], ["[odd].jpg"], ["s.png"]),
        (["~odd.png", "s.png"], ["~odd.png"], ["s.png"]),
        (["-", "s.png"], ["-"], ["s.png"]),
    ],
)
def test_words_have_one_reading(tmp_path, monkeypatch, words, contents, styles):
    monkeypatch.chdir(tmp_path)
    for name in ("one.jpg", "two.jpg", "in/three.jpg", "in/deep/four.jpg", "~odd.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"")
    if words[0].startswith("[odd]"):
        Path("[odd].jpg").write_bytes(b"")
    found = find_inputs(parse(words))
    assert [path.as_posix() for path in found.contents] == contents
    assert [path.as_posix() for path in found.styles] == styles


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["a.png", "b.png", "c.png"],
            r"two ways: .* `a.png --style b.png c.png` .* `a.png b.png --style c.png`",
        ),
        (["--style", "c.png", "s.png"], "CONTENT is missing"),
        (["c.png"], "STYLE is missing"),
        (["nothing-*.png", "s.png"], r"No file matches nothing-\*.png"),
        (["-", "-"], "can be read only once"),
    ],
)
def test_words_that_cannot_be_read_are_refused(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        find_inputs(parse(words))


def test_several_contents_go_into_one_folder(image_folder, stylize):
    save_image(image_folder / "photos/content.png", 5, CONTENT_SHAPE)
    done = stylize("content.png", "photos", "-s", "style.png", *QUICK_OPTIONS, *STEPS, "-o", "out")
    assert (done.returncode, done.stdout) == (0, "2 pictures are in out\n"), done.stderr
    assert {path.as_posix() for path in Path("out").rglob("*.png")} == {"out/content.png", "out/photos/content.png"}


def test_a_folder_of_styles_gives_a_folder_each_and_a_sheet(image_folder, stylize):
    for seed, name in enumerate(("one", "two")):
        save_image(image_folder / f"styles/{name}.png", seed, (70, 50))
    arguments = ["content.png", "styles", "-o", "out", *QUICK_OPTIONS, *STEPS, "--sheet", "sheet.jpg"]
    done = stylize(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 pictures are in out/one, out/two\nThe sheet is in sheet.jpg\n"
    sheet = images.read("sheet.jpg").rgb
    # Two rows of three columns, of which the first is the photograph and the first row shows the styles.
    assert sheet.shape[1] > 3 * 256
    assert_refused(
        stylize(*arguments[:-1], "out/one/content.png"),
        "out/one/content.png is the name of both a result and the sheet",
    )


class FakeStream:
    """A standard stream with bytes below it."""

    def __init__(self, data: bytes = b""):
        self.buffer = io.BytesIO(data)

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        return self.buffer.write(text.encode())

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_standard_input_and_output(image_folder, stylize, monkeypatch, kind):
    written = FakeStream()
    monkeypatch.setattr(sys, "stdin", FakeStream((image_folder / "content.png").read_bytes()))
    monkeypatch.setattr(sys, "stdout", written)
    done = stylize("-", "style.png", "-o", "-", "--format", kind, *QUICK_OPTIONS, *STEPS)
    assert done.returncode == 0, done.stderr
    with Image.open(io.BytesIO(written.buffer.getvalue())) as image:
        assert (image.format, image.size) == (kind.upper(), (48, 32))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["content.png", "-s", "style.png", "-o", "-", "--save-every", "1"], "--save-every needs files"),
        (["content.png", "content.png", "-s", "style.png", "-o", "-"], "need a folder to go to"),
    ],
)
def test_what_standard_output_cannot_do_is_refused(stylize, arguments, message):
    assert_refused(stylize(*arguments, *QUICK_OPTIONS), message)


def test_events_and_a_picture_cannot_both_go_to_standard_output(stylize):
    done = stylize("content.png", "style.png", "-o", "-", "--json", *QUICK_OPTIONS)
    assert done.returncode == 2
    assert "would both write to standard output" in done.stderr


def test_a_folder_as_output_gets_a_file_of_the_usual_name(image_folder, stylize):
    (image_folder / "results").mkdir()
    for place in ("results", "results/", "new/"):
        done = stylize("content.png", "style.png", "-o", place, *QUICK_OPTIONS, *STEPS)
        assert done.returncode == 0, done.stderr
    assert sorted(path.as_posix() for folder in ("results", "new") for path in Path(folder).iterdir()) == [
        "new/content_style.png",
        "results/content_style.png",
        "results/content_style_2.png",
    ]
