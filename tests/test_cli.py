"""The command line as a user meets it: in a process of its own."""

import dataclasses
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_jax.cli.arguments import parse
from nst_jax.errors import InputError
from nst_jax.images.writing import read_provenance
from nst_jax.networks.weights import hdf5
from nst_jax.recipes.published import RECIPES, get_recipe
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

SCRIPT = Path(__file__).parents[1] / "scripts" / "stylize.py"
CHEAP = ["--network", "tiny.h5", "--size", "32", "--content-layers", "relu2_2", "--style-layers", "relu1_1", "relu2_1"]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_network) -> Path:
    """A folder with a content, a style and a tiny network, in which the command runs."""
    for seed, name in enumerate(("content.png", "style.png")):
        Image.fromarray((picture(seed, 40, 60) * 255).astype(np.uint8)).save(tmp_path / name)
    hdf5.write(tmp_path / "tiny.h5", tiny_network)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stylize(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)


def assert_refused(done: subprocess.CompletedProcess[str], message: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("error: ")


def test_on_a_cpu_the_choice_of_the_network_is_explained_in_a_line(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    cheap = ["--size", "32", "--content-layers", "relu2_2", "--style-layers", "relu1_1", "--steps", "2"]
    done = stylize("content.png", "style.png", *cheap, "-o", "a.png")
    assert done.returncode == 0, done.stderr
    first, second, *_ = done.stderr.splitlines()
    assert re.search(r"embedded network paints; --network vgg19 .* about \d+ times slower", first)
    assert second.startswith("step 1/2")
    assert read_provenance(Path("a.png"))["network"]["name"] == "VGG-19 slim"
    for chosen in (["--quiet"], ["--network", "embedded"]):
        done = stylize("content.png", "style.png", *cheap, *chosen, "-o", "b.png")
        assert "vgg19" not in done.stderr


def test_two_files_to_a_stylized_one(files):
    done = stylize("content.png", "style.png", *CHEAP, "--steps", "6", "-o", "new/made.png", "--seed", "5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "The picture is in new/made.png\n"
    lines = done.stderr.strip().splitlines()
    assert re.match(r"step 1/6 content \S+ style \S+ tv \S+ total \S+ ", lines[0])
    assert re.match(r"step 6/6 content \S+ style \S+ tv \S+ total \S+ \S+ evaluations/s ETA 0 s", lines[-1])
    assert "\x1b" not in done.stderr
    with Image.open(files / "new/made.png") as image:
        assert image.size == (32, 21)
    facts = read_provenance(files / "new/made.png")
    assert facts["recipe"]["seed"] == 5
    assert facts["recipe"]["style_layers"] == ["relu1_1", "relu2_1"]
    assert facts["content"]["name"] == "content.png"


def test_progress_names_the_scale(files):
    done = stylize("content.png", "style.png", *CHEAP, "--size", "64", "--min-size", "16", "--steps", "3")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("scale 1/3 step 1/9 content ")
    assert lines[-1].startswith("scale 3/3 step 9/9 content ")


def test_snapshots_default_name_and_quiet(files):
    done = stylize("content.png", "style.png", *CHEAP, "--steps", "5", "--save-every", "2", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = {path.name for path in files.glob("content_*.png")}
    assert made == {"content_style-00002.png", "content_style-00004.png", "content_style.png"}
    assert read_provenance(files / "content_style-00002.png")["steps_done"] == 2


def test_no_picture_is_overwritten_unasked(files):
    (files / "content_style.png").write_bytes(b"mine")
    done = stylize("content.png", "style.png", *CHEAP, "--steps", "1")
    assert done.stdout == "The picture is in content_style_2.png\n"
    assert (files / "content_style.png").read_bytes() == b"mine"


def test_verbose_tells_the_network_and_the_device(files):
    done = stylize("content.png", "style.png", *CHEAP, "--steps", "2", "--verbose", "-o", "made.jpg")
    assert "random-filter VGG-19 (seed 1)" in done.stderr
    assert "device: " in done.stderr
    assert "all steps done" in done.stderr
    assert read_provenance(files / "made.jpg")["network"]["name"] == "random-filter VGG-19 (seed 1)"


def test_the_console_command_and_the_module_do_the_same(files):
    console = Path(sys.executable).with_name("nst-jax")
    outputs = []
    for command in ([sys.executable, str(SCRIPT)], [str(console)], [sys.executable, "-m", "nst_jax"]):
        arguments = [*command, "content.png", "style.png", *CHEAP, "--steps", "3", "-o", "made.png"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        assert done.stdout == "The picture is in made.png\n"
        outputs.append((files / "made.png").read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]


def test_help_is_complete():
    done = stylize("--help")
    assert done.returncode == 0
    for option in (
        "CONTENT", "STYLE", "-o", "--output", "--size", "--steps", "--scales", "--min-size", "--optimizer", "--init",
        "--content-weight", "--style-weight", "--tv-weight", "--content-layers", "--content-layer-weights",
        "--style-layers", "--style-layer-weights", "--pooling", "--seed", "--network", "--save-every", "--quiet",
        "--verbose", "--batch-size", "--format", "--recipe", "--list-recipes", "--report", "--style-crop",
        "--style-size", "--style-scale",
    ):  # fmt: skip
        assert option in done.stdout


def test_options_change_a_named_recipe(files):
    cheap = ["--network", "tiny.h5", "--size", "64", "--steps", "2"]
    done = stylize(
        "--recipe", "neural-style", "content.png", "style.png", *cheap, "--content-weight", "3", "-o", "a.png"
    )
    assert done.returncode == 0, done.stderr
    facts = read_provenance(files / "a.png")["recipe"]
    changed = {"network": "tiny.h5", "size": 64, "steps": 2, "content_weight": 3.0}
    expected = dataclasses.asdict(dataclasses.replace(get_recipe("neural-style"), **changed))
    assert facts == json.loads(json.dumps(expected))


def test_options_change_a_quality():
    assert parse(["--quality", "best"]).recipe == get_recipe("default", "best")
    draft = parse(["--steps", "7", "--quality=draft"]).recipe
    assert draft == dataclasses.replace(get_recipe("default", "draft"), steps=7)
    with pytest.raises(InputError, match="recipe gatys has a number of steps of its own"):
        parse(["--recipe", "gatys", "--quality", "best"])
    with pytest.raises(InputError, match="quality"):
        parse(["--quality", "good"])


def test_the_recipes_are_listed():
    done = stylize("--list-recipes")
    assert done.returncode == 0, done.stderr
    for name in RECIPES:
        assert name in done.stdout
    assert stylize("--recipe", "gatys", "--help").returncode == 0


@pytest.mark.parametrize("name", ["page.html", "new/page.png"])
def test_a_report(files, name):
    done = stylize("content.png", "style.png", *CHEAP, "--steps", "9", "-o", "made.png", "--report", name)
    assert done.returncode == 0, done.stderr
    if name.endswith("png"):
        with Image.open(files / name) as image:
            assert min(image.size) > 1000
        return
    page = (files / name).read_text()
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


def test_interrupt_saves_the_picture_as_it_stands(files):
    # Of a shell's background job, such as a whole test run may be, children inherit that interrupts are ignored. A
    # program that makes itself the command heeds them again: jax warns of anything that forks a test's own process.
    heed = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, str(SCRIPT), "content.png", "style.png", *CHEAP, "--steps", "1000000", "-o", "made.png"]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", heed, *command], **pipes, text=True) as process:
        assert process.stderr is not None
        try:
            assert process.stderr.readline().startswith("step ")
            process.send_signal(signal.SIGINT)
            # The machine may be busy with other things.
            stdout, stderr = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 130
    assert stdout == ""
    assert re.search(r"Stopped after \d+ steps; the picture as it stands is in made.png", stderr)
    assert "Traceback" not in stderr
    facts = read_provenance(files / "made.png")
    assert 1 <= facts["steps_done"] < 1_000_000
    assert facts["ending"] is None


def shown_on_a_terminal(*arguments: str) -> str:
    """What the command, once it has succeeded, has sent to a terminal."""
    master, slave = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "160"}
    command = [sys.executable, str(SCRIPT), *arguments, *CHEAP]
    process = subprocess.Popen(command, stderr=slave, stdout=subprocess.DEVNULL, env=environment)
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 100)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:  # the other end is closed
            break
    os.close(master)
    assert process.wait(100) == 0
    assert b"\x1b[" in shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_a_terminal_gets_a_live_line(files):
    text = shown_on_a_terminal("content.png", "style.png", "--steps", "8")
    assert re.search(r"step 8/8 .*content \S+ style \S+ tv \S+ total \S+ .*evaluations/s", text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["content.png"], "STYLE is missing"),
        (["nowhere.png", "style.png"], "There is no file nowhere.png"),
        (["content.png", "empty.jpg"], "empty.jpg is empty"),
        (["notes.txt", "style.png"], "notes.txt is not a picture"),
        (["cut.png", "style.png"], "cut.png is damaged"),
        (["bomb.png", "style.png"], "bomb.png has more than 180 million pixels"),
        (["content.png", "."], "is a folder"),
        (["content.png", "style.png", "--size", "7"], "size must be 0 or between"),
        (["content.png", "style.png", "--size", "many"], "many"),
        (["content.png", "style.png", "--size", "16384", "--network", "embedded"], r"needs more than \d+ GB"),
        (["content.png", "style.png", "--steps", "0"], "steps must be at least 1"),
        (["content.png", "style.png", "--optimizer", "sgd"], "invalid choice 'sgd'"),
        (["content.png", "style.png", "--recipe", "gattys"], "no recipe 'gattys'; there are default, gatys"),
        (["content.png", "style.png", "--recipe"], "recipe"),
        (["content.png", "style.png", "--recipe", "pytorch-tutorial"], "Torchvision's VGG-19 is not here; download"),
        (["content.png", "style.png", *CHEAP, "--style-crop", "30,0,40,10"], "reaches beyond style.png"),
        (["content.png", "style.png", "--report", "page.pdf"], "ends in .html or .png"),
        (["content.png", "style.png", "--report", "notes.txt/page.html"], "Nothing can be written"),
        (["content.png", "style.png", "--no-such-option"], "--no-such-option"),
        (["content.png", "style.png", "--style-layers", "relu7_1"], "no layer 'relu7_1'"),
        (["content.png", "style.png", "--style-weight", "-1"], "style weight must be zero or a positive"),
        (["content.png", "style.png", "--quiet", "--verbose"], "contradict"),
        (["content.png", "style.png", "--save-every", "-1"], "--save-every takes"),
        (["content.png", "style.png", "-o", "made.xyz"], "must end in"),
        (["content.png", "style.png", "-o", "content.png"], "one of the pictures to work from"),
        (["content.png", "style.png", "-o", "notes.txt/made.png"], "Nothing can be written"),
        (["content.png", "style.png", "--init", "nowhere.png", *CHEAP], "There is no file nowhere.png"),
        (["content.png", "style.png", "--network", "nowhere.h5"], "There is no weight file nowhere.h5"),
        (["content.png", "style.png", "--network", "style.png"], "is not an HDF5 weight file but a PNG"),
        (["content.png", "style.png", "--network", "cut.h5"], "cut.h5 is truncated"),
        (["content.png", "style.png", *CHEAP, "--content-mask", "narrow.png"], "has 100x4 pixels, but its picture"),
        (["content.png", "style.png", *CHEAP, "--content-mask", "content.png"], "more than 8 colors"),
        (["content.png", "style.png", *CHEAP, "--style-mask", "nowhere.png"], "There is no file nowhere.png"),
        (["content.png", "style.png", "--style-strength", "2"], "between 0, the photograph, and 1"),
        (
            ["content.png", "style.png", "--style-strength", "0.5", "--style-weight", "9"],
            "takes the place of --style-w",
        ),
        (["content.png", "style.png", "--bit-depth", "16", "-o", "made.jpg"], "cannot hold 16 bits"),
        (["content.png", "style.png", "--dpi", "-3"], "--dpi takes dots per inch"),
        (["content.png", "style.png", *CHEAP, "--checkpoint", "notes.txt"], "no checkpoint that can be read"),
        (["content.png", "style.png", "--checkpoint-every", "-1"], "--checkpoint-every takes"),
    ],
)
def test_bad_input_gets_one_sentence(files, arguments, message):
    (files / "empty.jpg").write_bytes(b"")
    (files / "notes.txt").write_text("these are notes")
    (files / "cut.png").write_bytes((files / "content.png").read_bytes()[:900])
    (files / "cut.h5").write_bytes((files / "tiny.h5").read_bytes()[:9000])
    Image.new("L", (100, 4)).save(files / "narrow.png")
    Image.new("1", (20_000, 20_000)).save(files / "bomb.png")
    before = (files / "content.png").read_bytes()
    assert_refused(stylize(*arguments), message)
    assert (files / "content.png").read_bytes() == before


def test_a_full_disk_keeps_what_was_there(files):
    """Files may grow to 400 bytes only, which is as good as a full disk."""
    (files / "made.png").write_bytes(b"made before")

    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400)); sys.argv = sys.argv[1:];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    arguments = ["content.png", "style.png", *CHEAP, "--steps", "1", "--quiet", "-o", "made.png"]
    command = [sys.executable, "-c", code, str(SCRIPT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert_refused(done, "made.png cannot be written: File too large; choose another place")
    assert (files / "made.png").read_bytes() == b"made before"
    assert not list(files.glob(".made*"))


def test_a_picture_that_cannot_be_written_is_kept_elsewhere(files, monkeypatch, capsys):
    from nst_jax.cli import main
    from nst_jax.images import writing

    real = writing.save

    def full_here(path, *arguments, **options):
        if path.parent == Path():
            raise writing.InputError(f"{path} cannot be written: No space left on device; choose another place.")
        real(path, *arguments, **options)

    monkeypatch.setattr("nst_jax.engine.result.save", full_here)
    assert main.main(["content.png", "style.png", *CHEAP, "--steps", "1", "--quiet", "-o", "made.png"]) == 2
    message = capsys.readouterr().err
    kept = re.search(r"The picture is kept in (\S+)\.$", message.strip())
    assert kept, message
    with Image.open(kept[1]) as image:
        assert image.size == (32, 21)


def test_a_warning_is_one_line(files):
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(files / "moving.gif", save_all=True, append_images=frames[1:])
    done = stylize("moving.gif", "style.png", *CHEAP, "--steps", "1", "--quiet")
    assert done.returncode == 0
    assert done.stderr == "warning: moving.gif holds 2 pictures; only the first is used.\n"


def test_a_run_that_diverges_says_so_even_when_quiet(files, tiny_network):
    convolutions = dict(tiny_network.convolutions)
    for name in ("conv1_2", "conv2_1"):
        kernel, bias = convolutions[name]
        convolutions[name] = (kernel * np.float32(1e20), bias)
    hdf5.write(files / "tiny.h5", dataclasses.replace(tiny_network, convolutions=convolutions))
    done = stylize("content.png", "style.png", *CHEAP, "--no-relative", "--quiet", "-o", "made.png")
    assert done.returncode == 0
    assert re.match(
        r"warning: The loss was not finite after \d+ steps; made.png holds the last good picture", done.stderr
    )
    assert (files / "made.png").exists()


def test_converting_weights(files, tiny_network):
    def convert(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "nst_jax.cli.convert_weights", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    names = {}
    for name, (kernel, bias) in tiny_network.convolutions.items():
        names[f"{name}.weight"], names[f"{name}.bias"] = kernel.transpose(3, 2, 0, 1), bias
    np.savez(files / "other.npz", **names)
    done = convert("other.npz", "made.h5")
    assert done.returncode == 0, done.stderr
    assert "16 convolutions" in done.stdout
    assert hdf5.read(files / "made.h5").sha256 == tiny_network.sha256
    assert_refused(convert("nowhere.npz", "x.h5"), "There is no weight file nowhere.npz")
    assert_refused(convert("other.npz", "x.npz"), "must end in .h5")
    assert_refused(convert("other.npz", "content.png/x.h5"), "x.h5 cannot be written: ")
    assert_refused(convert("content.png", "x.h5"), "unknown kind")


def test_strength_depth_density_and_original_size(files):
    arguments = ["--style-strength", "0.4", "--bit-depth", "16", "--dpi", "300", "--upscale-to-original"]
    done = stylize("content.png", "style.png", *CHEAP, *arguments, "--steps", "2", "-o", "made.png")
    assert done.returncode == 0, done.stderr
    with Image.open(files / "made.png") as image:
        assert image.size == (60, 40)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert (files / "made.png").read_bytes()[24] == 16  # the bit depth, in the header
    recipe = read_provenance(files / "made.png")["recipe"]
    assert (recipe["style_strength"], recipe["upscale_to_original"]) == (0.4, True)


def test_masks_and_a_style_for_each_region(files):
    mask = np.zeros((40, 60, 3), np.uint8)
    mask[:20], mask[20:] = (0, 0, 255), (255, 0, 0)
    Image.fromarray(mask).save("mask.png")
    Image.fromarray((picture(5) * 255).astype(np.uint8)).save("other.png")
    words = ["content.png", "style.png", "other.png", *CHEAP, "--content-mask", "mask.png", "--steps", "2"]
    done = stylize(*words, "-o", "made.png")
    assert done.returncode == 0, done.stderr
    facts = read_provenance(files / "made.png")
    assert [mask["name"] for mask in facts["masks"]] == ["mask.png"]
    assert [style["name"] for style in facts["style"]] == ["style.png", "other.png"]


def test_help_is_in_groups(files):
    text = stylize("--help").stdout
    groups = re.findall(r"─ (\S+) options ─", text)
    assert groups == ["strength", "size", "mixture", "regions", "files", "steps", "network", "optimizer", "loss"]
    assert set(re.findall(r"--([a-z0-9-]+)", text)) >= {f.name.replace("_", "-") for f in dataclasses.fields(Recipe)}


def test_a_run_that_explodes_is_told(files):
    arguments = ["content.png", "style.png", *CHEAP, "--steps", "8", "--quiet", "-o", "made.png"]
    done = stylize(*arguments, "--optimizer", "adam", "--learning-rate", "0.9", "--style-weight", "0")
    assert done.returncode == 0
    assert re.search(r"^warning: The loss ended higher than it began, so made.png is hardly", done.stderr)
    assert stylize(*arguments).stderr == ""
