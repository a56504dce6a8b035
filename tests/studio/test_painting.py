"""The painter: the same bytes as the command line, also after every kind of interruption."""

import dataclasses
import io
import json
import shlex
import signal
import sys

import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax.cli.main import main
from nst_jax.errors import InputError
from nst_jax.files import bundled_dir
from nst_jax.grading import grade_pictures
from nst_jax.studio import painting
from nst_jax.studio.painter_messages import GradeTask, NamedPicture, PaintTask
from nst_jax.studio.painter_requests import Requests
from nst_jax.studio.preview import Previews, jpeg
from tests.conftest import QUICK, save_image
from tests.studio.conftest import CONTENT, STYLE
from tests.studio.programs import running


@pytest.fixture
def task(image_folder) -> PaintTask:
    (image_folder / "results").mkdir()
    return PaintTask(
        job="a" * 20,
        recipe=nst_jax.Recipe(network="tiny.h5", **QUICK),
        content=NamedPicture(image_folder / "content.png", "content.png"),
        styles=[NamedPicture(image_folder / "style.png", "style.png")],
        content_mask=None,
        style_masks=[],
        checkpoint=image_folder / "run.npz",
        result=image_folder / "results" / ("a" * 20),
    )


def painted(task: PaintTask, requests: Requests | None = None, at_progress=lambda _: None) -> list[dict]:
    """Everything that the painter says about a task."""
    requests = requests or Requests()
    said = []

    def send(message: dict) -> None:
        said.append(message)
        if message["type"] == "progress":
            at_progress(requests)

    painting.paint(task, requests, send)
    return said


def kinds(said: list[dict]) -> list[str]:
    return list(dict.fromkeys(message["type"] for message in said if message["type"] != "preview"))


@pytest.fixture
def every_step(monkeypatch):
    """Reports after every step, and a checkpoint with each."""
    monkeypatch.setattr(painting, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(painting, "CHECKPOINT_SECONDS", 0.0)
    real = nst_jax.stylize_steps
    monkeypatch.setattr(nst_jax, "stylize_steps", lambda *rest, **options: real(*rest, every=1, **options))


def test_a_picture_has_the_bytes_of_the_command_line(task, image_folder):
    said = painted(task)
    assert kinds(said) == ["progress", "saving", "done"]
    done = said[-1]
    assert (done["width"], done["height"], done["step"], done["ending"]) == (48, 32, 12, "all steps done")
    assert [point[0] for point in done["losses"]] == [*range(1, 13)]
    options = [f"--{name.replace('_', '-')}" for name in ("size", "steps", "optimizer", "jitter", "start_colors")]
    words = [
        word
        for name, value in zip(options, ("48", "12", "lbfgs", "0", "content"), strict=True)
        for word in (name, value)
    ]
    words += ["--no-recolor-content", "--smooth-chroma", "0"]
    layers = ["--content-layers", "relu2_2", "--style-layers", "relu1_1", "relu2_1", "--style-layer-weights", "1", "1"]
    recipe = dataclasses.replace(task.recipe, style_layer_weights=(1.0, 1.0))
    painted(task._replace(recipe=recipe))
    for suffix, more in ((".png", []), (".tif", ["--bit-depth", "16"])):
        output = f"cli{suffix}"
        assert (
            main(["content.png", "style.png", "--network", "tiny.h5", *words, *layers, "-o", output, *more, "--quiet"])
            == 0
        )
        assert (image_folder / output).read_bytes() == task.result.with_suffix(suffix).read_bytes()
    for which, side in (("view", 48), ("thumbnail", 48)):
        with Image.open(task.result.with_suffix(f".{which}.jpg")) as image:
            assert (image.format, max(image.size)) == ("JPEG", side)


def test_a_painter_that_leaves_goes_on_with_the_same_bytes(task, every_step):
    painted(task)
    undisturbed = task.result.with_suffix(".png").read_bytes()
    # As the server does.
    task.checkpoint.unlink()
    task.result.with_suffix(".png").unlink()
    said = painted(task, at_progress=Requests.leave)
    assert kinds(said) == ["progress"]
    assert said[0]["step"] < 6
    assert task.checkpoint.exists()
    said = painted(task)
    assert said[0]["step"] > 1
    assert task.result.with_suffix(".png").read_bytes() == undisturbed


def test_a_damaged_checkpoint_costs_its_steps_and_not_the_picture(task, every_step):
    task.checkpoint.write_bytes(b"nonsense")
    said = painted(task)
    assert (said[0]["step"], said[-1]["type"]) == (1, "done")
    other = task._replace(recipe=dataclasses.replace(task.recipe, steps=11))
    task.checkpoint.write_bytes(b"nonsense")
    painted(task, at_progress=Requests.leave)
    assert painted(other)[-1]["step"] == 11


def test_stop_keeps_the_picture_as_it_stands(task, every_step):
    requests = Requests()
    said = painted(task, requests, lambda requests: requests.handle({"type": "stop", "job": task.job}))
    done = said[-1]
    assert (done["type"], done["ending"], done["step"]) == ("done", None, 1)
    assert nst_jax.read_provenance(task.result.with_suffix(".png"))["steps_done"] == 1
    assert painted(task._replace(stop=True, checkpoint=task.checkpoint.with_name("x")))[-1]["step"] == 1


def test_cancel_leaves_nothing(task, every_step):
    said = painted(task, None, lambda requests: requests.handle({"type": "cancel", "job": task.job}))
    assert kinds(said) == ["progress", "cancelled"]
    assert not [*task.result.parent.iterdir()]


def test_a_request_for_another_job_changes_nothing(task):
    requests = Requests()
    for kind in ("cancel", "stop"):
        requests.handle({"type": kind, "job": "b" * 20})
    assert painted(task, requests)[-1]["step"] == 12


def test_previews_differ_and_are_small_jpeg_files(task, every_step):
    previews = []
    for step in (1, 5, 12):
        shorter = task._replace(recipe=dataclasses.replace(task.recipe, steps=step))
        (last,) = [*nst_jax.stylize_steps("content.png", "style.png", shorter.recipe)][-1:]
        previews.append(jpeg(last.image(), 32))
    assert len(set(previews)) == 3
    with Image.open(io.BytesIO(previews[0])) as image:
        assert (image.format, image.size) == ("JPEG", (32, 21))


def test_a_preview_that_is_overtaken_is_dropped():
    encoding, told = [], []

    class Slow:
        def __init__(self, number):
            self.number = number

        def image(self):
            encoding.append(self.number)
            if self.number == 1:
                # While the first is encoded, more come in than can be.
                for number in range(2, 100):
                    previews.offer(Slow(number))
            return Image.new("RGBA", (2000, 10), (255, 0, 0, 128))

    def send(message):
        told.append(message)
        if len(told) == 2:
            previews._ended = True

    with Previews("a", send) as previews:
        previews.offer(Slow(1))
        previews._thread.join()
    assert encoding == [1, 99]
    with Image.open(io.BytesIO(told[0]["jpeg"])) as image:
        assert image.size == (1024, 5)
        # Laid on white.
        assert np.abs(np.asarray(image)[2, 500].astype(int) - (255, 127, 127)).max() < 8


def test_a_preview_that_fails_does_not_end_the_picture(task, every_step, monkeypatch):
    monkeypatch.setattr("nst_jax.studio.preview.VIEW_SIDE", None)
    said = painted(task)
    assert kinds(said) == ["progress", "saving", "done"]
    assert not [message for message in said if message["type"] == "preview"]


def test_a_curve_is_thinned_and_has_no_infinite_numbers():
    values = np.arange(1703, dtype=np.float32)
    values[5] = np.inf
    losses = nst_jax.Losses(content=values, style=values, total_variation=np.zeros_like(values))
    points = painting.curve(losses)
    assert len(points) <= painting.CURVE_POINTS + 1
    assert (points[0][0], points[-1][0]) == (1, 1703)
    assert painting.curve(
        dataclasses.replace(losses, content=values[:6], style=values[:6], total_variation=values[:6])
    )[-1] == (6, None, None, None)
    empty = values[:0]
    assert painting.curve(nst_jax.Losses(content=empty, style=empty, total_variation=empty)) == []


def test_what_cannot_be_painted_is_a_sentence(task):
    with pytest.raises(InputError, match="There is no file"):
        painted(task._replace(content=NamedPicture(task.result, "gone.png")))


PARTS = ("grade", "content", "style", "layout", "encoder")
PAIRS = [("drawing", "fast"), ("drawing", "optimize"), ("fast", "optimize")]


def test_each_pair_gets_a_grade_and_equal_pictures_ten(small_grader, image_folder):
    fast, optimize = image_folder / "content.png", image_folder / "style.png"
    found = painting.grade(GradeTask("e", {"drawing": fast, "fast": fast, "optimize": optimize}))
    equal, *others = found["grades"]
    assert [(each["first"], each["second"]) for each in found["grades"]] == PAIRS
    assert equal == {"first": "drawing", "second": "fast"} | dict.fromkeys(PARTS, 10.0)
    assert all(0 <= each[part] < 10 for each in others for part in PARTS)
    assert [{part: each[part] for part in PARTS} for each in others] == [
        {part: getattr(grade_pictures(fast, optimize), part) for part in PARTS}
    ] * 2
    assert found["ladder"][0] == {"label": "the same picture", "grade": 10.0}
    json.dumps(found)


def test_a_drawing_that_is_too_small_to_be_graded_is_a_sentence(small_grader, image_folder):
    save_image(image_folder / "dot.png", 1, (9, 9))
    paths = dict.fromkeys(("fast", "optimize"), image_folder / "content.png")
    with pytest.raises(InputError, match="too small to be graded; give a larger one"):
        painting.grade(GradeTask("e", {"drawing": image_folder / "dot.png"} | paths))


@pytest.mark.slow
def test_the_packages_own_grade_of_an_equal_and_of_an_unrelated_picture():
    photograph, stranger = (bundled_dir("examples") / name for name in ("chelsea.png", "poppy-field.jpg"))
    found = painting.grade(GradeTask("e", {"drawing": photograph, "fast": photograph, "optimize": stranger}))
    equal, *others = [each["grade"] for each in found["grades"]]
    assert equal == 10.0
    assert max(others) <= 1.5
    assert len(found["ladder"]) >= 8


def order(program, size: int, steps: int, start: str | None = None) -> dict:
    settings = {"size": size, "steps": steps, "network": "embedded"}
    body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "optimize", "settings": settings}
    body |= {"start": start} if start else {}
    return program.client.post("/api/jobs", json=body).json()


def command(folder) -> list[str]:
    return [sys.executable, "-m", "nst_jax", "studio", "--port", "0", "--data", str(folder), "--device", "cpu"]


@pytest.mark.slow
def test_the_whole_way_with_the_real_painter(tmp_path, monkeypatch):
    """A picture equals that of its command; a killed painter, a killed server and Ctrl-C change no byte of it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "studio"
    with running(folder, command(folder)) as program:
        job = order(program, 160, 40)
        done = program.until(job["id"], "done", "failed")
        assert done["error"] is None
        assert done["preview"] >= 1
        expected = program.client.get(f"/api/jobs/{job['id']}/result").content
        assert main([*shlex.split(done["command"])[1:], "-o", "cli.png", "--quiet"]) == 0
        assert (tmp_path / "cli.png").read_bytes() == expected
        assert main([*shlex.split(done["command"])[1:], "-o", "cli.jpg", "--quiet"]) == 0
        converted = program.client.get(f"/api/jobs/{job['id']}/result?format=jpeg").content
        assert (tmp_path / "cli.jpg").read_bytes() == converted
        further = program.until(order(program, 160, 5, start=job["id"])["id"], "done", "failed")
        assert main([*shlex.split(further["command"])[1:], "-o", "further.png", "--quiet"]) == 0
        went_on = program.client.get(f"/api/jobs/{further['id']}/result").content
        assert (tmp_path / "further.png").read_bytes() == went_on != expected
        again = order(program, 160, 40)["id"]
        program.until(again, "painting", step=5)
        program.end(signal.SIGKILL)
    # The state is kept every few seconds, so that a fast machine may not have kept any yet.
    was_kept = [*(folder / "checkpoints").glob(f"{again}*")] != []
    with running(folder, command(folder)) as program:
        resumed = program.until(again, "painting", "done", step=1)
        assert resumed["step"] > 1 or not was_kept
        code, said = program.end(signal.SIGINT)
        assert (said, code) == ("", 0)
    with running(folder, command(folder)) as program:
        done = program.until(again, "done", "failed")
        assert program.client.get(f"/api/jobs/{again}/result").content == expected
