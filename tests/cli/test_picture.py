"""One image through the command line: the files it writes and what it says."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_jax.api import stylize_steps
from nst_jax.images import writing
from nst_jax.images.writing import read_provenance
from nst_jax.networks.weights import hdf5
from nst_jax.recipes.published import get_recipe
from tests.cli.conftest import QUICK_OPTIONS, assert_refused
from tests.conftest import STYLE_SHAPE, save_image


def test_two_files_give_a_stylized_one(image_folder, stylize):
    options = [*QUICK_OPTIONS, "--steps", "6", "--seed", "5"]
    done = stylize("content.png", "style.png", *options, "-o", "new/made.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "The picture is in new/made.png\n"
    lines = done.stderr.strip().splitlines()
    loss = r"loss \S+ \(content \S+, style \S+, smoothness \S+\)"
    assert re.fullmatch(rf"step 1/6: {loss}; time left not known yet", lines[0])
    assert re.fullmatch(rf"step 6/6: {loss}; \S+ steps/s; took \d+ s", lines[-1])
    assert "\x1b" not in done.stderr
    with Image.open("new/made.png") as image:
        assert image.size == (48, 32)
    facts = read_provenance(Path("new/made.png"))
    assert facts["recipe"]["seed"] == 5
    assert facts["recipe"]["style_layers"] == ["relu1_1", "relu2_1"]
    assert facts["content"]["name"] == "content.png"


def test_progress_names_the_scale(stylize):
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--min-size", "24", "--steps", "3")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("scale 1/2, step 1/6: loss ")
    assert lines[-1].startswith("scale 2/2, step 6/6: loss ")


def test_snapshots_default_name_and_quiet(image_folder, stylize):
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--steps", "5", "--save-every", "2", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = {path.name for path in image_folder.glob("content_*.png")}
    assert made == {"content_style-00002.png", "content_style-00004.png", "content_style.png"}
    assert read_provenance(image_folder / "content_style-00002.png")["steps_done"] == 2


def test_no_file_is_overwritten_unasked(image_folder, stylize):
    (image_folder / "content_style.png").write_bytes(b"mine")
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--steps", "1")
    assert done.stdout == "The picture is in content_style_2.png\n"
    assert (image_folder / "content_style.png").read_bytes() == b"mine"


def test_verbose_names_the_network_and_the_device(image_folder, stylize):
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--steps", "2", "--verbose", "-o", "made.jpg")
    assert "random-filter VGG-19 (seed 1)" in done.stderr
    assert "device: " in done.stderr
    assert "all steps done" in done.stderr
    assert read_provenance(image_folder / "made.jpg")["network"]["name"] == "random-filter VGG-19 (seed 1)"


@pytest.mark.slow
def test_the_recipe_of_a_result_is_the_named_one_with_its_changes(image_folder, stylize):
    options = ["--network", "tiny.h5", "--size", "48", "--steps", "2", "--content-weight", "3"]
    done = stylize("--recipe", "neural-style", "content.png", "style.png", *options, "-o", "a.png")
    assert done.returncode == 0, done.stderr
    changed = {"network": "tiny.h5", "size": 48, "steps": 2, "content_weight": 3.0}
    expected = dataclasses.asdict(dataclasses.replace(get_recipe("neural-style"), **changed))
    assert read_provenance(image_folder / "a.png")["recipe"] == json.loads(json.dumps(expected))


@pytest.mark.parametrize("name", ["page.html", "new/page.png"])
def test_a_report(image_folder, stylize, name):
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--steps", "9", "-o", "made.png", "--report", name)
    assert done.returncode == 0, done.stderr
    if name.endswith("png"):
        with Image.open(image_folder / name) as image:
            assert min(image.size) > 1000
        return
    page = (image_folder / name).read_text()
    # Content, style, result, and at least the first step.
    assert page.count("<img") >= 4
    assert page.count("data:image/jpeg;base64,") == page.count("<img")
    for word in (
        "content.png",
        "style.png",
        "random-filter VGG-19 (seed 1)",
        "<svg",
        "evaluations",
        "seconds",
        "spectral exponent",
        "all steps done",
    ):
        assert word in page


def test_a_result_that_cannot_be_written_is_kept_elsewhere(stylize, monkeypatch):
    real = writing.save

    def full_here(path, *arguments, **options):
        if path.parent == Path():
            raise writing.InputError(f"{path} cannot be written: No space left on device; choose another place.")
        real(path, *arguments, **options)

    monkeypatch.setattr("nst_jax.engine.result.save", full_here)
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--steps", "1", "--quiet", "-o", "made.png")
    assert done.returncode == 2
    kept = re.search(r"The picture is kept in (\S+)\.$", done.stderr.strip())
    assert kept, done.stderr
    with Image.open(kept[1]) as image:
        assert image.size == (48, 32)


def test_a_run_that_diverges_says_so_even_when_quiet(image_folder, stylize, overflowing_network):
    hdf5.write(image_folder / "tiny.h5", overflowing_network)
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--no-relative", "--quiet", "-o", "made.png")
    assert done.returncode == 0
    assert re.match(
        r"warning: The loss was not finite after \d+ steps; made.png holds the last good picture", done.stderr
    )
    assert read_provenance(image_folder / "made.png")["ending"] == "diverged: the loss is not finite"


def test_a_run_whose_loss_rises_is_reported_even_when_quiet(stylize):
    arguments = ["content.png", "style.png", *QUICK_OPTIONS, "--steps", "8", "--quiet", "-o", "made.png"]
    done = stylize(*arguments, "--optimizer", "adam", "--learning-rate", "0.9", "--style-weight", "0")
    assert done.returncode == 0
    assert re.search(r"^warning: The loss ended higher than it began, so made.png is hardly", done.stderr)
    assert stylize(*arguments).stderr == ""


def test_strength_depth_density_and_original_size(image_folder, stylize):
    options = ["--style-strength", "0.4", "--bit-depth", "16", "--dpi", "300", "--upscale-to-original"]
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, *options, "--steps", "2", "-o", "made.png")
    assert done.returncode == 0, done.stderr
    with Image.open("made.png") as image:
        assert image.size == (60, 40)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert (image_folder / "made.png").read_bytes()[24] == 16  # the bit depth, in the header
    recipe = read_provenance(image_folder / "made.png")["recipe"]
    assert (recipe["style_strength"], recipe["upscale_to_original"]) == (0.4, True)


def test_masks_and_a_style_for_each_region(image_folder, stylize):
    mask = np.zeros((40, 60, 3), np.uint8)
    mask[:20], mask[20:] = (0, 0, 255), (255, 0, 0)
    Image.fromarray(mask).save("mask.png")
    save_image(Path("other.png"), 5, STYLE_SHAPE)
    words = ["content.png", "style.png", "other.png", *QUICK_OPTIONS, "--content-mask", "mask.png", "--steps", "2"]
    done = stylize(*words, "-o", "made.png")
    assert done.returncode == 0, done.stderr
    facts = read_provenance(image_folder / "made.png")
    assert [mask["name"] for mask in facts["masks"]] == ["mask.png"]
    assert [style["name"] for style in facts["style"]] == ["style.png", "other.png"]


def test_memory_that_runs_out_while_the_result_is_finished_is_one_sentence(stylize, monkeypatch):
    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr("nst_jax.engine.postprocess.Postprocessor.rgb", no_memory)
    done = stylize("content.png", "style.png", *QUICK_OPTIONS, "--steps", "2", "-o", "made.png")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: The memory is used up; give a smaller --size."
    assert not Path("made.png").exists()


@pytest.mark.parametrize(("error", "code"), [(MemoryError(), 2), (RuntimeError("a bug"), None)])
def test_an_exception_in_the_middle_of_a_run_keeps_the_picture_so_far(stylize, monkeypatch, error, code):
    def break_off(*arguments, **options):
        steps = stylize_steps(*arguments, **options)
        yield next(steps)
        raise error

    monkeypatch.setattr("nst_jax.cli.picture.stylize_steps", break_off)
    arguments = ["content.png", "style.png", "-o", "made.png", *QUICK_OPTIONS, "--steps", "3", "--save-every", "1"]
    if code is None:
        with pytest.raises(RuntimeError, match="a bug"):
            stylize(*arguments)
    else:
        done = stylize(*arguments)
        assert done.returncode == code
        assert "The picture after 1 steps is in made.png" in done.stderr
    assert read_provenance(Path("made.png"))["steps_done"] == 1


def test_a_fast_picture(image_folder, stylize):
    done = stylize("content.png", "style.png", "--fast", "--size", "48", "-o", "made.png", "--report", "page.html")
    assert done.returncode == 0, done.stderr
    assert "made.png" in done.stdout
    assert "steps/s" not in done.stderr
    assert "nan" not in done.stderr
    with Image.open("made.png") as image:
        assert image.size == (48, 32)
    facts = read_provenance(Path("made.png"))
    assert facts["recipe"]["fast"] is True
    assert re.fullmatch("[0-9a-f]{64}", facts["network"]["decoder_sha256"])
    page = (image_folder / "page.html").read_text()
    # Content, style and result, and the ending.
    assert page.count("<img") >= 3
    assert "done in one pass" in page
    for word in ("content.png", "style.png", "fast"):
        assert word in page


def test_a_fast_picture_is_quiet_and_named_by_default(image_folder, stylize):
    done = stylize("content.png", "style.png", "--fast", "--size", "48", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (image_folder / "content_style.png").exists()
    done = stylize("content.png", "style.png", "--fast", "--size", "48", "--verbose")
    assert done.returncode == 0
    assert "device: " in done.stderr
    assert "done in one pass" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--save-every", "2"], "--save-every and --checkpoint have nothing to do"),
        (["--checkpoint", "state"], "--save-every and --checkpoint have nothing to do"),
        (["--steps", "10"], "no steps, which belongs to the optimization"),
        (["--network", "tiny.h5"], "works with the embedded network only"),
    ],
)
def test_fast_with_options_of_the_optimization_is_refused(image_folder, stylize, options, message):
    assert_refused(stylize("content.png", "style.png", "--fast", *options, "-o", "made.png"), message)
    assert not (image_folder / "made.png").exists()
