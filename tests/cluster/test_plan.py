"""Plans: the same for the same pictures, grown by generations, with the names of folder mode."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.batch.jobs import jobs_for
from nst_jax.batch.listing import Content, list_images
from nst_jax.batch.targets import target_names, with_suffix
from nst_jax.cluster.inputs import find_pictures
from nst_jax.cluster.plan import make_plan, read_plan, read_shard
from nst_jax.cluster.run_settings import RunSettings, claim
from nst_jax.cluster.shard_size import LEAST, MOST, shard_size
from nst_jax.cluster.storage import Storage
from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from tests.cluster.conftest import COUNT, planned
from tests.conftest import save_image


def rows_of(output, plan):
    return [row for shard in plan.shard_names() for row in read_shard(output, plan, shard)]


def test_a_plan_has_each_picture_once_in_shards(photos):
    output, plan = planned("out", shard_size=4)
    assert plan.pictures == COUNT
    assert len(list(plan.shard_names())) == 2
    assert [row.target for row in rows_of(output, plan)] == [f"{seed}.png" for seed in range(COUNT)]
    assert planned("out")[1] == plan == read_plan(output)
    assert planned("another", shard_size=4)[1].generations == plan.generations


def test_targets_are_those_of_folder_mode(photos):
    for name in ("a.jpg", "a.PNG", "A.bmp", "more/a.jpg", "b.tar.png", "a.jpg.png", "Ü.png", "Ü.jpg"):
        save_image(photos / Path(name).with_suffix(".png"), 1, (8, 8))
        (photos / Path(name).with_suffix(".png")).rename(photos / name)
    output, plan = planned("out")
    contents = list_images(photos).contents
    expected = {
        job.content.name: job.target.relative_to("out").as_posix() for job in jobs_for(contents, Path("out"), ".png")
    }
    planned_targets = {Path(row.key).name: row.target for row in rows_of(output, plan)}
    assert {name: planned_targets[name] for name in expected} == expected


@pytest.mark.parametrize("name", ["a.jpg", ".a.jpg", "a", "a.", "more.d/a", "a.b.c", "x/.b"])
def test_suffixes_are_those_of_pathlib(name):
    path = Path(name)
    assert with_suffix(name, ".png") == path.with_name(path.stem + ".png").as_posix()


def test_names_that_are_taken_are_not_given_again():
    assert target_names(["a.jpg"], ".png", {"a.png"}) == ["a.jpg.png"]
    assert target_names(["a.jpg"], ".png", {"a.png", "a.jpg.png"}) == ["a.jpg-2.png"]
    contents = [Content(Path("x"), Path("a.jpg")), Content(Path("y"), Path("a.jpg"))]
    assert len({job.target for job in jobs_for(contents, Path("out"), ".png")}) == 2


def test_pictures_that_are_added_or_changed_are_a_generation_of_their_own(photos):
    output, first = planned("out")
    save_image(photos / "new.png", 20, (40, 60))
    save_image(photos / "0.jpg", 21, (40, 60))
    save_image(photos / "1.png", 22, (41, 61))
    output, second = planned("out")
    assert second.generations[0] == first.generations[0]
    assert second.pictures == COUNT + 3
    added = rows_of(output, dataclasses.replace(second, generations=second.generations[1:]))
    # The changed one keeps its name, and the added one of the same stem does not take that of another.
    assert {row.key: row.target for row in added} == {"new.png": "new.png", "0.jpg": "0.jpg.png", "1.png": "1.png"}


def test_folders_of_results_hidden_files_and_others_are_passed_over(photos):
    (photos / "notes.txt").write_text("no picture")
    save_image(photos / ".hidden.png", 1, (8, 8))
    save_image(photos / "old" / "made.png", 1, (8, 8))
    (photos / "old" / ".nst-jax.json").write_text("{}")
    output, plan = planned(str(photos / "out"))
    assert plan.pictures == COUNT
    assert plan.skipped == 1
    (photos / "out" / "0.png").write_bytes(b"a result")
    assert len(find_pictures(["photos"], output).key) == COUNT


def test_several_inputs_keep_their_folders_apart(photos):
    save_image(photos.parent / "others" / "0.png", 9, (40, 60))
    output, plan = planned("out", words=("photos", "others", "style.png"))
    assert {row.target for row in rows_of(output, plan)} == {
        *(f"photos/{seed}.png" for seed in range(COUNT)),
        "others/0.png",
        "style.png",
    }
    with pytest.raises(InputError, match="has a plan for"):
        planned("out", words=("others",))


@pytest.mark.parametrize(("word", "message"), [("nowhere", "There is no"), ("empty", "no pictures"), ("out", "is the")])
def test_inputs_that_cannot_be_used_are_a_sentence(photos, word, message):
    Path("empty").mkdir()
    planned("out")
    with pytest.raises(InputError, match=message):
        find_pictures([word], Storage("out"))


def test_other_settings_are_refused_and_another_batch_size_is_not(photos):
    output, _ = planned("out")
    settings = RunSettings.read(output)
    claim(output, dataclasses.replace(settings, batch_size=8))
    assert RunSettings.read(output).batch_size == 8
    recipe = dataclasses.replace(settings.recipe, steps=3)
    with pytest.raises(InputError, match="made with steps 2, not 3; choose another output"):
        claim(output, dataclasses.replace(settings, recipe=recipe))
    with pytest.raises(InputError, match="made with format png"):
        claim(output, dataclasses.replace(settings, format="jpg"))


def test_shards_last_about_five_minutes():
    recipe = Recipe()
    assert shard_size(dataclasses.replace(recipe, size=256), 10**6, 16, gpus=False) == 3 * LEAST
    assert shard_size(recipe, 10**6, 16, gpus=False) == LEAST
    assert shard_size(dataclasses.replace(recipe, size=2048), 10**6, 16, gpus=False) == LEAST
    assert LEAST < shard_size(recipe, 10**6, 16, gpus=True) < MOST
    assert shard_size(Recipe(fast=True), 10**6, 16, gpus=True) == MOST
    assert shard_size(Recipe(fast=True), 400, 5, gpus=True) == 2 * LEAST
    # One worker waits for nobody.
    assert shard_size(Recipe(fast=True), 400, 1, gpus=True) == 400


@given(st.integers(1, 10**7), st.integers(1, 100), st.booleans(), st.integers(1, 300), st.integers(64, 4096))
def test_shards_are_whole_batches(pictures, workers, gpus, batch_size, side):
    size = shard_size(Recipe(size=side), pictures, workers, gpus, batch_size)
    assert size % batch_size == 0
    assert LEAST <= size <= max(MOST, batch_size)
    assert shard_size(Recipe(size=side), pictures, workers, gpus) % LEAST == 0


def test_a_damaged_plan_is_a_sentence(photos):
    output, _ = planned("out")
    output.write("_nst/plan.json", b"{")
    with pytest.raises(InputError, match="is damaged"):
        read_plan(output)
    with pytest.raises(InputError, match="is damaged"):
        make_plan(output, RunSettings.read(output), find_pictures(["photos"], output), 2)
