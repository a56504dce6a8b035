"""JSON lines for programs."""

import json

from nst_jax.cli.events import Events
from tests.cli.conftest import QUICK_OPTIONS
from tests.conftest import STYLE_SHAPE, save_image


def read_events(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_run_is_a_list_of_events(stylize):
    done = stylize("content.png", "style.png", "-o", "made.png", "--json", *QUICK_OPTIONS, "--steps", "2")
    assert (done.returncode, done.stderr) == (0, "")
    *progress, picture, end = read_events(done.stdout)
    assert {event["event"] for event in progress} == {"progress"}
    assert progress[-1]["step"] == progress[-1]["total_steps"] == 2
    assert progress[-1]["losses"].keys() == {"content", "style", "total_variation"}
    assert (picture["event"], picture["path"], picture["ending"]) == ("picture", "made.png", "all steps done")
    assert end == {"event": "end", "exit_code": 0}


def test_a_folder_names_each_picture_and_each_failure(image_folder, stylize):
    save_image(image_folder / "photos/a.png", 1, (40, 60))
    (image_folder / "photos/b.png").write_bytes(b"")
    done = stylize("photos", "style.png", "-o", "out", "--json", *QUICK_OPTIONS, "--steps", "2")
    events = read_events(done.stdout)
    assert done.returncode == events[-1]["exit_code"] == 1
    (written,) = [event for event in events if event["event"] == "picture"]
    assert (written["path"], written["content"]) == ("out/a.png", "photos/a.png")
    (failed,) = [event for event in events if event["event"] == "failed"]
    assert failed["content"] == "photos/b.png"
    assert "is empty" in failed["reason"]


def test_the_fraction_of_a_folder_is_that_of_all_its_pictures_in_all_styles(image_folder, stylize):
    for seed in range(3):
        save_image(image_folder / f"photos/{seed}.png", seed, (40, 60))
    save_image(image_folder / "other.png", 10, STYLE_SHAPE)
    words = ["photos", "--style", "style.png", "other.png", "-o", "out", "--json", *QUICK_OPTIONS]
    done = stylize(*words, "--steps", "2", "--batch-size", "2")
    assert done.returncode == 0, done.stderr
    events = read_events(done.stdout)
    progress = [event for event in events if event["event"] == "progress"]
    assert {event["total"] for event in progress} == {6}
    fractions = [event["fraction"] for event in progress]
    assert fractions == sorted(fractions)
    # More is known than how many are done: a batch counts while it is made.
    assert any(event["fraction"] > event["done"] / 6 for event in progress)
    assert all(0 <= event["batch_fraction"] <= 1 and event["batch"] in (0, 1, 2) for event in progress)
    last = progress[-1]
    assert (last["done"], last["failed"], last["fraction"], last["batch"]) == (6, 0, 1.0, 0)
    assert len([event for event in events if event["event"] == "picture"]) == 6
    again = read_events(stylize(*words, "--steps", "2").stdout)
    nothing = [event for event in again if event["event"] == "progress"][-1]
    assert (nothing["total"], nothing["fraction"]) == (0, 1.0)


def test_an_error_is_an_event_and_a_sentence(stylize):
    done = stylize("nowhere.png", "style.png", "--json")
    assert read_events(done.stdout) == [
        {"event": "error", "message": "There is no file nowhere.png; check the path."},
        {"event": "end", "exit_code": 2},
    ]
    assert done.stderr == "error: There is no file nowhere.png; check the path.\n"


def test_numbers_that_are_not_finite_are_null(capsys):
    Events(True).emit("progress", losses={"style": float("nan"), "content": 1.0})
    Events(False).emit("progress")
    assert read_events(capsys.readouterr().out) == [{"event": "progress", "losses": {"style": None, "content": 1.0}}]


def test_a_fast_run_is_one_progress_and_a_picture(stylize):
    done = stylize("content.png", "style.png", "--fast", "--size", "48", "-o", "made.png", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    progress, picture, end = read_events(done.stdout)
    assert (progress["event"], progress["step"], progress["total_steps"], progress["losses"]) == ("progress", 1, 1, {})
    assert (picture["event"], picture["path"], picture["ending"]) == ("picture", "made.png", "done in one pass")
    assert end == {"event": "end", "exit_code": 0}
