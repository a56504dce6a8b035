"""Jobs: which content goes into which file, and which settings a folder belongs to."""

from pathlib import Path

import pytest

from nst_jax.batch.jobs import claim_output_folder, contents_in, jobs_for, style_folders
from nst_jax.errors import InputError


def test_contents_whose_results_would_have_one_name_keep_their_suffix(tmp_path):
    contents = [tmp_path / name for name in ("a.jpg", "a.png", "b.jpg", "in/a.jpg")]
    targets = [job.target.as_posix() for job in jobs_for(contents, tmp_path, Path("out"), ".png")]
    assert targets == ["out/a.jpg.png", "out/a.png.png", "out/b.png", "out/in/a.png"]


def test_contents_are_the_images_that_are_neither_hidden_nor_results(tmp_path):
    for name in ("b.png", "a.JPG", "in/c.webp", "notes.txt", ".hidden.png", ".in/d.png", "out/e.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = contents_in(tmp_path, tmp_path / "out")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.JPG", "b.png", "in/c.webp"]
    with pytest.raises(InputError, match="no pictures in"):
        contents_in(tmp_path / ".in", tmp_path / ".in" / "..")


def test_each_of_several_styles_has_a_folder(tmp_path):
    assert style_folders([Path("one.png")], Path("out")) == [Path("out")]
    assert style_folders([Path("one.png"), Path("two.png")], Path("out")) == [Path("out/one"), Path("out/two")]
    with pytest.raises(InputError, match="Two styles are called one"):
        style_folders([Path("one.png"), Path("in/one.jpg")], Path("out"))


def test_a_folder_belongs_to_the_settings_that_it_was_made_with(tmp_path):
    claim_output_folder(tmp_path / "out", {"recipe": {"style_weight": 30.0}})
    claim_output_folder(tmp_path / "out", {"recipe": {"style_weight": 30.0}})
    with pytest.raises(InputError, match=r"out holds pictures made with style weight 30.0, not 31.0"):
        claim_output_folder(tmp_path / "out", {"recipe": {"style_weight": 31.0}})
    (tmp_path / "out" / ".nst-jax.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        claim_output_folder(tmp_path / "out", {})
