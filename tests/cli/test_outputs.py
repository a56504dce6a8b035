"""The plan of what is written: nothing replaces an input or another output."""

import os
from pathlib import Path

import pytest

from nst_jax.cli.outputs import NamedFile, check_distinct, unused_name
from nst_jax.errors import InputError
from tests.cli.conftest import QUICK_OPTIONS, assert_refused

STEPS = ["--steps", "3"]


def test_links_and_detours_to_a_file_are_that_file(tmp_path):
    (tmp_path / "in").mkdir()
    original = tmp_path / "photo.png"
    original.write_bytes(b"pixels")
    (tmp_path / "hard.png").hardlink_to(original)
    (tmp_path / "soft.png").symlink_to(original)
    (tmp_path / "folder").symlink_to(tmp_path)
    for name in ("photo.png", "in/../photo.png", "hard.png", "soft.png", "folder/photo.png"):
        with pytest.raises(InputError, match=r"report would be written to .* and replace the photograph;"):
            check_distinct([NamedFile(tmp_path / name, "the report")], [NamedFile(original, "the photograph")])
    check_distinct([NamedFile(tmp_path / "other.png", "the report")], [NamedFile(original, "the photograph")])


def test_two_outputs_that_do_not_exist_yet_are_compared_too(tmp_path):
    outputs = [NamedFile(tmp_path / "r.png", "the result"), NamedFile(tmp_path / "x/../r.png", "the report")]
    with pytest.raises(InputError, match=r"r.png is the name of both the result and the report"):
        check_distinct(outputs, [])


def test_names_that_differ_in_case_are_the_same_on_some_systems(tmp_path, monkeypatch):
    outputs = [NamedFile(tmp_path / "r.png", "the result"), NamedFile(tmp_path / "R.png", "the report")]
    check_distinct(outputs, [])
    for system in ("darwin", "win32"):
        monkeypatch.setattr("sys.platform", system)
        with pytest.raises(InputError, match="is the name of both the result and the report"):
            check_distinct(outputs, [])


def test_devices_can_be_named_twice():
    check_distinct([NamedFile(Path(os.devnull), "the result"), NamedFile(Path(os.devnull), "the report")], [])


def test_an_unused_name_is_short_enough_for_a_file_system(tmp_path):
    path = unused_name(tmp_path, ["結" * 200, "b" * 250], ".png")
    path.write_bytes(b"")
    assert unused_name(tmp_path, ["結" * 200, "b" * 250], ".png").stem == f"{path.stem}_2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["-o", "o.png", "--report", "content.png"],
            "report would be written to content.png and replace the photograph",
        ),
        (
            ["-o", "o.png", "--report", "style.png"],
            "report would be written to style.png and replace a style picture",
        ),
        (
            ["-o", "o.png", "--checkpoint", "style.png"],
            "checkpoint would be written to style.png and replace a style picture",
        ),
        (
            ["-o", "o.png", "--checkpoint", "tiny.h5"],
            "checkpoint would be written to tiny.h5 and replace the file of the network",
        ),
        (["-o", "r.png", "--report", "r.png"], "r.png is the name of both the report and the result"),
        (
            ["-o", "r.png", "--report", "x.html", "--checkpoint", "x.html"],
            "x.html is the name of both the report and the checkpoint",
        ),
        (
            ["-o", "frame.png", "--save-every", "2", "--content-mask", "frame-00002.png"],
            "the picture of step 2 .* replace a mask",
        ),
        (
            ["-o", "frame.png", "--save-every", "1", "--report", "frame-00002.png"],
            "name of both the report and the picture of step 2",
        ),
        (["-o", "mask.png", "--content-mask", "mask.png"], "the result .* replace a mask"),
        (["-o", "start.png", "--init", "start.png"], "the result .* replace the picture to start from"),
        (["-o", f"{'x' * 252}.png"], "cannot be the name of a file here: File name too long"),
        (["-o", "r.webp", "--upscale-to-original"], "r.webp cannot hold 17000 x 8 pixels"),
    ],
)
def test_what_would_be_lost_is_refused_before_work(image_folder, stylize, arguments, message):
    content = "content.png"
    if "--upscale-to-original" in arguments:
        from tests.conftest import save_image

        save_image(image_folder / "wide.png", 1, (8, 17_000))
        content = "wide.png"
    for name in ("frame-00002.png", "mask.png", "start.png"):
        (image_folder / name).write_bytes((image_folder / "content.png").read_bytes())
    before = {path: path.read_bytes() for path in image_folder.iterdir()}
    assert_refused(stylize(content, "style.png", *arguments, *QUICK_OPTIONS, *STEPS), message)
    assert {path: path.read_bytes() for path in image_folder.iterdir() if path.is_file()} == before
