"""Folders of pictures: grouped by shape, resumed, and never stopped by one bad file."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import nst_jax
from nst_jax import images
from nst_jax.batch import runner
from nst_jax.batch.buckets import STEP, bucket, pad_to_bucket
from nst_jax.batch.jobs import Job, jobs_for
from nst_jax.images.picture import Picture
from nst_jax.images.writing import read_provenance
from nst_jax.networks.weights import hdf5
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture
from tests.test_cli import CHEAP, SCRIPT, assert_refused, shown_on_a_terminal

RECIPE = Recipe(size=64, min_size=64, steps=2, content_layers=("relu2_2",), style_layers=("relu1_1", "relu2_1"))
SHAPES = {"a": (40, 60), "b": (60, 40), "more/c": (41, 60), "more/d": (60, 60), "e": (40, 60)}


def write_picture(path: Path, shape: tuple[int, int], seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((picture(seed, *shape) * 255).astype(np.uint8)).save(path)


@pytest.fixture
def photos(tmp_path, monkeypatch, tiny_network) -> Path:
    """Five photographs in a folder, a style and a network beside it."""
    for seed, (name, shape) in enumerate(SHAPES.items()):
        write_picture(tmp_path / "photos" / f"{name}.png", shape, seed)
    write_picture(tmp_path / "style.png", (40, 50), 9)
    write_picture(tmp_path / "other.png", (40, 50), 10)
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def stylize(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments, *CHEAP, "--steps", "2"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def made(output: str) -> set[str]:
    return {path.relative_to(output).as_posix() for path in Path(output).rglob("*.*") if not path.name.startswith(".")}


ALL = {f"{name}.png" for name in SHAPES}


@given(st.integers(1, 2000), st.integers(1, 2000), st.sampled_from([0, 64, 500, 512]))
def test_buckets_are_few_and_hardly_larger(height, width, size):
    fitted = images.fitted_size((height, width), size)
    found = bucket((height, width), Recipe(size=size))
    for side, wide in zip(fitted, found, strict=True):
        assert side <= wide < side + STEP
        assert wide % STEP == 0 or wide == size
    if size:
        # So that fitting a filled picture leaves it as it is.
        assert max(found) == size


def test_filling_changes_nothing_that_was_there():
    rgb, alpha = picture(0, 40, 60), np.linspace(0, 1, 2400, dtype=np.float32).reshape(40, 60)
    whole = pad_to_bucket(Picture(rgb, alpha), Recipe(size=60))
    assert whole.rgb.shape == (60, 60, 3)
    assert whole.alpha is not None
    np.testing.assert_array_equal(whole.rgb[:40], rgb)
    np.testing.assert_array_equal(whole.alpha[:40], alpha)
    np.testing.assert_array_equal(whole.rgb[40:], rgb[:-21:-1])


def test_the_header_tells_the_shape_as_it_will_be_read(tmp_path):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.jpg"
        Image.new("RGB", (30, 20)).save(path, exif=exif)
        assert images.shape_of(path) == images.read(path).rgb.shape[:2]


def test_names_that_would_meet_are_kept_apart(tmp_path):
    contents = [tmp_path / name for name in ("a.jpg", "a.png", "b.jpg", "in/a.jpg")]
    targets = [job.target.as_posix() for job in jobs_for(contents, tmp_path, Path("out"), ".png")]
    assert targets == ["out/a.jpg.png", "out/a.png.png", "out/b.png", "out/in/a.png"]


def test_a_folder_is_painted_and_only_what_is_missing_again(photos):
    done = stylize("photos", "style.png", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "5 pictures are in out\n"
    assert re.search(r"5/5 done, 0 failed, \S+ pictures/minute, ETA 0 s", done.stderr)
    assert made("out") == ALL
    for name, (height, width) in SHAPES.items():
        with Image.open(f"out/{name}.png") as image:
            assert image.size == images.fitted_size((height, width), 32)[::-1]
        assert read_provenance(Path(f"out/{name}.png"))["content"]["name"] == Path(f"{name}.png").name
    before = {name: Path("out", name).stat().st_mtime_ns for name in ALL}
    Path("out/b.png").unlink()
    again = stylize("photos", "style.png", "-o", "out")
    assert "4 pictures are in out already" in again.stderr
    assert "1/1 done" in again.stderr
    assert made("out") == ALL
    assert {name for name in ALL if Path("out", name).stat().st_mtime_ns != before[name]} == {"b.png"}


def test_a_picture_of_a_folder_is_what_it_is_alone(photos, tiny_network):
    """Where nothing had to be filled up; elsewhere the seam is a little different."""
    write_picture(photos / "even.png", (32, 64), 7)
    style = images.read("style.png")
    jobs = [Job(photos / f"{name}.png", Path("out") / f"{name}.png") for name in ("even", "a", "more/c")]
    (*_, tally) = runner.stylize_jobs(jobs, [style], RECIPE, tiny_network)
    assert (tally.done, tally.failures) == (3, [])
    alone = nst_jax.stylize(photos / "even.png", "style.png", RECIPE, network=tiny_network)
    alone.save("alone.png")
    together = images.read("out/even.png").rgb
    np.testing.assert_allclose(together, images.read("alone.png").rgb, atol=1.5 / 255)
    difference = images.read("out/a.png").rgb - images.resize(images.read(photos / "a.png").rgb, 43, 64)
    assert np.abs(difference).mean() < 0.2


def test_several_styles_get_a_folder_each(photos):
    done = stylize("photos", "style.png", "other.png", "-o", "out", "--format", "jpg")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "10 pictures are in out/style, out/other\n"
    names = {f"{name}.jpg" for name in SHAPES}
    assert made("out/style") == made("out/other") == names
    assert Path("out/style/a.jpg").read_bytes() != Path("out/other/a.jpg").read_bytes()
    (photos / "empty.jpg").write_bytes(b"")
    done = stylize("photos", "style.png", "other.png", "-o", "out", "--format", "jpg")
    assert done.returncode == 1
    assert done.stderr.count("failed: photos/empty.jpg") == 1


def test_one_content_in_several_styles(photos):
    done = stylize("photos/a.png", "style.png", "other.png", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert made("a_stylized") == {"style/a.png", "other/a.png"}


def test_bad_files_are_reported_at_the_end_and_stop_nobody(photos):
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "cut.png").write_bytes((photos / "a.png").read_bytes()[:900])
    (photos / "notes.txt").write_text("not a picture, and not meant to be")
    (photos / ".hidden.png").write_bytes(b"nor this")
    Image.new("L", (100, 4)).save(photos / "narrow.png")
    done = stylize("photos", "style.png", "-o", "out", "--content-layers", "relu4_2", "--batch-size", "2")
    assert done.returncode == 1, done.stderr
    assert made("out") >= ALL
    failed = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert any(re.search(r"failed: photos/empty.jpg: .* is empty", line) for line in failed)
    assert any(re.search(r"failed: photos/cut.png: .* is damaged", line) for line in failed)
    assert "Traceback" not in done.stderr
    assert "notes.txt" not in done.stderr


def test_results_inside_the_folder_are_not_contents(photos):
    assert stylize("photos", "style.png", "-o", "photos/out").returncode == 0
    again = stylize("photos", "style.png", "-o", "photos/out")
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
        (["photos", "style.png", "photos/../style.png"], "Two styles are called style"),
        (["photos", "nowhere.png"], "There is no file nowhere.png"),
        (["photos", "style.png", "-o", "tiny.h5"], "Nothing can be written to tiny.h5"),
        (["photos", "style.png", "--batch-size", "-1"], "--batch-size takes"),
        (["photos", "style.png", "-o", "used"], "used holds pictures made with style weight 30.0, not 31.0"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(photos, arguments, message):
    Path("empty").mkdir()
    if "used" in arguments:
        assert stylize("photos/a.png", "style.png", "other.png", "-o", "x").returncode == 0
        Path("x/style").rename("used")
        arguments = [*arguments, "--style-weight", "31"]
    assert_refused(stylize(*arguments), message)


KILLED = """
import os, pathlib, signal, sys
from nst_jax import cli

real, count = pathlib.Path.replace, 0

def replace(self, target):
    global count
    count += 1
    if count == 5:  # the settings, three pictures, and in the middle of the fourth
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)

pathlib.Path.replace = replace
cli.main(sys.argv[1:])
"""


def test_a_killed_run_goes_on(photos):
    arguments = ["photos", "style.png", "-o", "out", "--batch-size", "2"]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments, *CHEAP, "--steps", "2"], check=False)
    assert killed.returncode == -signal.SIGKILL
    first = {name: Path("out", name).read_bytes() for name in made("out")}
    assert len(first) == 3
    for name in first:
        images.read(Path("out", name))
    done = stylize(*arguments)
    assert done.returncode == 0, done.stderr
    assert "3 pictures are in out already" in done.stderr
    assert made("out") == ALL
    assert all(Path("out", name).read_bytes() == content for name, content in first.items())


def test_out_of_memory_halves_the_batch(photos, tiny_network, monkeypatch):
    real, sizes = runner.run_multiscale, []

    def small_device(problem):
        sizes.append(len(problem.contents))
        if len(problem.contents) > 2:
            raise MemoryError
        return real(problem)

    monkeypatch.setattr(runner, "run_multiscale", small_device)
    for seed in range(7):
        write_picture(photos / f"{seed}.png", (40, 60), seed)
    jobs = [Job(photos / f"{seed}.png", Path("out") / f"{seed}.png") for seed in range(7)]
    (*_, tally) = runner.stylize_jobs(jobs, [images.read("style.png")], RECIPE, tiny_network, batch_size=7)
    assert tally.done == 7
    assert len(made("out")) == 7
    # Seven are filled up to eight; then at most three, filled up to four; then one at a time.
    assert sizes[:3] == [8, 4, 1]


def test_memory_used_up_by_one_picture_is_an_error(photos, tiny_network, monkeypatch):
    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(runner, "run_multiscale", no_memory)
    jobs = [Job(photos / "a.png", Path("out/a.png"))]
    with pytest.raises(MemoryError):
        list(runner.stylize_jobs(jobs, [images.read("style.png")], RECIPE, tiny_network, batch_size=1))


def test_a_terminal_gets_a_live_line(photos):
    text = shown_on_a_terminal("photos", "style.png", "-o", "out", "--steps", "2")
    assert re.search(r"5/5 .*0 failed, \S+ pictures/minute", text)
