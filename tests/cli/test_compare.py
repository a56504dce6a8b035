"""The command that compares settings on a sheet."""

import sys

import pytest

from nst_jax import images
from nst_jax.cli.compare import _file_stem
from nst_jax.cli.main import compare
from nst_jax.images.contact_sheet import GAP
from tests.cli.conftest import warnings_as_in_a_program

CHEAP = ["--networks", "tiny.h5", "--size", "48", "--steps", "2", "--scales", "1", "--cell", "64"]
QUICK = ["--optimizer", "lbfgs", "--jitter", "0", "--start-colors", "content"]


@pytest.fixture
def compare_settings(image_folder, monkeypatch, capsys):
    """A function that runs the command with the content and the style of the folder, and returns its exit code."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["nst-jax-compare", "content.png", "style.png", *arguments])
        capsys.readouterr()
        with warnings_as_in_a_program():
            code = compare()
        return code, capsys.readouterr().err

    return run


def test_each_combination_of_two_options_has_a_cell(image_folder, compare_settings):
    layers = ["--content-layers", "relu2_2", "--style-layers", "relu1_1", "relu1_1,relu2_1"]
    weights = ["--style-weights", "1", "10", "100"]
    code, errors = compare_settings(*CHEAP, *QUICK, *layers, *weights, "-o", "a.png", "--pictures", "each")
    assert code == 0, errors
    # Two rows of three, and the inputs at the edge.
    assert images.read(image_folder / "a.png").rgb.shape[1] == 4 * (64 + GAP) + GAP
    made = {path.name for path in (image_folder / "each").iterdir()}
    assert len(made) == 6
    assert "style-layers-relu1_1,relu2_1_style-weight-10.0.png" in made


@pytest.mark.slow
def test_recipes_stand_in_a_row(image_folder, compare_settings):
    layers = ["--content-layers", "relu2_2", "--style-layers", "relu1_1,relu2_1", "--style-layer-weights", "1,1"]
    # The first two compute with the same programs.
    recipes = ["--recipes", "gatys", "gatys-high-resolution", "default"]
    code, errors = compare_settings(*CHEAP, *layers, *recipes, "-o", "b.png")
    assert code == 0, errors
    assert images.read(image_folder / "b.png").rgb.shape[1] == 5 * (64 + GAP) + GAP


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "2"], "nothing to compare"),
        (["--steps", "0", "2"], "steps must be at least 1"),
        (["--recipes", "default", "gattys"], "no recipe 'gattys'"),
        (["--style-layer-weights", "1,2", "1,b"], "1,b is not a list of numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused(compare_settings, arguments, message):
    code, errors = compare_settings(*arguments)
    assert code == 2
    assert errors.startswith("error: ")
    assert message in errors


def test_names_of_files_are_possible_on_every_system():
    label = r"network C:\weights\vgg.h5, init a/b?.png, style layers relu1_1,relu2_1"
    assert _file_stem(label) == "network-C--weights-vgg.h5_init-a-b-.png_style-layers-relu1_1,relu2_1"
