"""Jobs: which content goes into which file, and which settings a folder belongs to."""

import os
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nst_jax
from nst_jax import images
from nst_jax.batch.jobs import Job, claim_output_folder, folder_settings, is_outdated, jobs_for, style_folders
from nst_jax.batch.listing import Content
from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture, save_image


def targets(*names: str) -> list[str]:
    """The targets of contents with the given relative paths, in a folder out."""
    jobs = jobs_for([Content(Path("photos", name), PurePath(name)) for name in names], Path("out"), ".png")
    return [job.target.as_posix() for job in jobs]


def test_contents_whose_results_would_have_one_name_keep_their_suffix():
    expected = ["out/a.jpg.png", "out/a.png.png", "out/b.png", "out/in/a.png"]
    assert targets("a.jpg", "a.png", "b.jpg", "in/a.jpg") == expected


def test_a_name_that_looks_like_another_with_its_suffix_is_not_replaced():
    assert targets("a.png", "a.jpg", "a.jpg.png") == ["out/a.png.png", "out/a.jpg-2.png", "out/a.jpg.png"]


def test_names_that_differ_only_in_case_are_told_apart():
    assert len({target.casefold() for target in targets("A.png", "a.png", "a.PNG", "e\u0301.png", "\u00e9.png")}) == 5


NAMES = st.lists(
    st.tuples(
        st.sampled_from(["a", "A", "a.jpg", "a.png", "b", "\u00e9", "e\u0301", "a.jpg-2"]),
        st.sampled_from([".jpg", ".PNG", ".png"]),
    ),
    unique=True,
    max_size=12,
)


@given(NAMES)
def test_targets_are_distinct_and_do_not_depend_on_the_order(parts):
    names = [stem + suffix for stem, suffix in parts]
    found = dict(zip(names, targets(*names), strict=True))
    assert len({target.casefold() for target in found.values()}) == len(names)
    assert dict(zip(names[::-1], targets(*names[::-1]), strict=True)) == found


def test_each_of_several_styles_has_a_folder():
    assert style_folders([Path("one.png")], Path("out")) == [Path("out")]
    assert style_folders([Path("one.png"), Path("two.png")], Path("out")) == [Path("out/one"), Path("out/two")]
    both = style_folders([Path("one.png"), Path("one.jpg")], Path("out"))
    assert both == [Path("out/one.png"), Path("out/one.jpg")]
    with pytest.raises(InputError, match=r"Two styles are called one.png"):
        style_folders([Path("one.png"), Path("in/one.png")], Path("out"))


def test_a_result_is_outdated_when_its_content_was_replaced_by_other_pixels(tmp_path, tiny_network):
    content, style = tmp_path / "content.png", picture(2, *STYLE_SHAPE)
    save_image(content, 1, CONTENT_SHAPE)
    job = Job(content, tmp_path / "result.png")
    nst_jax.stylize(content, style, Recipe(**QUICK | {"steps": 1}), network=tiny_network).save(job.target)
    os.utime(job.target, ns=(0, content.stat().st_ctime_ns + 10**9))
    assert not is_outdated(job)
    # Only the time has changed.
    os.utime(job.target, ns=(0, 0))
    assert not is_outdated(job)
    save_image(content, 3, CONTENT_SHAPE)
    assert is_outdated(job)


def test_a_folder_belongs_to_the_settings_that_it_was_made_with(tmp_path):
    claim_output_folder(tmp_path / "out", {"recipe": {"style_weight": 30.0}})
    claim_output_folder(tmp_path / "out", {"recipe": {"style_weight": 30.0}})
    with pytest.raises(InputError, match=r"out holds pictures made with style weight 30.0, not 31.0"):
        claim_output_folder(tmp_path / "out", {"recipe": {"style_weight": 31.0}})
    (tmp_path / "out" / ".nst-jax.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        claim_output_folder(tmp_path / "out", {})


def test_a_folder_belongs_to_what_the_program_chose(tiny_network, tmp_path, monkeypatch):
    style = [images.read(picture(2, *STYLE_SHAPE))]
    recipe = Recipe(**QUICK | {"steps": None, "supersampling": 1.0})
    claim_output_folder(tmp_path / "out", folder_settings(recipe, tiny_network, style))
    monkeypatch.setattr("nst_jax.recipes.recipe.STEPS", 91)
    with pytest.raises(InputError, match=r"out holds pictures made with steps 90, not 91"):
        claim_output_folder(tmp_path / "out", folder_settings(recipe, tiny_network, style))
    # What is given is recorded as it always was.
    given = Recipe(**QUICK | {"steps": 5, "supersampling": 1.0})
    assert "chosen" not in folder_settings(given, tiny_network, style)
