"""Listing of folders: what is a content, and what is passed over and counted."""

import shutil

import pytest

from nst_jax.batch.listing import SETTINGS_NAME, list_images
from nst_jax.errors import InputError


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(b"")


def names(listing) -> list[str]:
    return [content.relative.as_posix() for content in listing.contents]


def test_contents_are_the_images_that_are_neither_hidden_nor_results(tmp_path):
    write(tmp_path, "b.png", "a.JPG", "in/c.webp", "notes.txt", ".hidden.png", ".in/d.png", "out/e.png")
    listing = list_images(tmp_path, [tmp_path / "out"])
    assert names(listing) == ["a.JPG", "b.png", "in/c.webp"]
    assert [path.name for path in listing.skipped] == ["notes.txt"]
    write(tmp_path, "empty/notes.txt")
    with pytest.raises(InputError, match=r"no pictures in .* among its 1 files"):
        list_images(tmp_path / "empty")


@pytest.mark.parametrize("suffix", [".ppm", ".avif", ".jp2", ".jpe", ".tga", ".HEIC", ".jxl", ".bmp", ".gif"])
def test_every_kind_of_image_that_can_be_read_is_a_content(tmp_path, suffix):
    write(tmp_path, f"a{suffix}")
    assert names(list_images(tmp_path)) == [f"a{suffix}"]


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path):
    write(tmp_path, "photos/a.png", "elsewhere/b.png", "elsewhere/in/c.png")
    (tmp_path / "photos/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/in/back").symlink_to(tmp_path / "photos")
    (tmp_path / "photos/nowhere.png").symlink_to(tmp_path / "missing.png")
    listing = list_images(tmp_path / "photos")
    assert names(listing) == ["a.png", "link/b.png", "link/in/c.png"]
    assert [path.name for path in listing.skipped] == ["back", "nowhere.png"]


def test_folders_of_results_are_not_contents(tmp_path):
    write(tmp_path, "a.png", "old/b.png", f"old/{SETTINGS_NAME}")
    listing = list_images(tmp_path)
    assert names(listing) == ["a.png"]
    assert [path.name for path in listing.skipped] == ["old"]
    with pytest.raises(InputError, match="is a folder of results"):
        list_images(tmp_path / "old")


def test_a_folder_that_cannot_be_read_is_one_sentence(tmp_path, monkeypatch):
    write(tmp_path, "a.png")
    shutil.rmtree(tmp_path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        list_images(tmp_path)
