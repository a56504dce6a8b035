"""The words of the command line become settings, and nothing is lost on the way."""

import dataclasses
import io
import re
import sys

import pytest
from hypothesis import given

from nst_jax.cli.arguments import Command, parse
from nst_jax.cli.file_options import FileSettings, RegionSettings
from nst_jax.errors import InputError
from nst_jax.recipes.published import RECIPES, get_recipe
from nst_jax.recipes.recipe import Recipe
from tests.recipes.drawn_recipes import recipes


def option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def arguments_for(recipe: Recipe) -> list[str]:
    """Return the words of a command line that give every setting of a recipe."""
    words = []
    for name, value in dataclasses.asdict(recipe).items():
        if isinstance(value, bool):
            words.append(option(name) if value else option(f"no_{name}"))
        else:
            words += [option(name), *map(str, value if isinstance(value, tuple) else [value])]
    return words


@given(recipes())
def test_every_setting_given_as_an_option_arrives_in_the_recipe(recipe):
    if recipe.style_strength is not None:
        # The command line refuses weights besides the strength that takes their place.
        default = Recipe()
        weights = {name: getattr(default, name) for name in ("content_weight", "style_weight")}
        recipe = dataclasses.replace(recipe, **weights)
    assert parse(arguments_for(recipe)).recipe == recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_named_recipe_is_the_same_by_name_and_by_all_its_options(name):
    assert parse(["--recipe", name]).recipe == get_recipe(name)
    assert parse(arguments_for(get_recipe(name))).recipe == get_recipe(name)


@pytest.mark.parametrize("words", [["--recipe", "neural-style"], ["--recipe=neural-style"]])
def test_options_change_a_named_recipe(words):
    changed = parse([*words, "--network", "tiny.h5", "--size", "64", "--steps", "2", "--content-weight", "3"]).recipe
    expected = {"network": "tiny.h5", "size": 64, "steps": 2, "content_weight": 3.0}
    assert changed == dataclasses.replace(get_recipe("neural-style"), **expected)


def test_options_change_a_quality():
    assert parse(["--quality", "best"]).recipe == get_recipe("default", "best")
    draft = parse(["--steps", "7", "--quality=draft"]).recipe
    assert draft == dataclasses.replace(get_recipe("default", "draft"), steps=7)
    with pytest.raises(InputError, match="recipe gatys has a quality of its own"):
        parse(["--recipe", "gatys", "--quality", "best"])


@pytest.mark.parametrize(
    ("words", "recipe", "pictures"),
    [
        (["a", "b", "--", "--recipe", "gatys"], "default", ("a", "b", "--recipe", "gatys")),
        (["a", "b", "--recipe", "gatys", "--recipe", "default"], "default", ("a", "b")),
        (
            ["--style-layers", "relu1_1", "--style-layer-weights", "1", "--recipe=gatys", "--", "a", "b"],
            "gatys",
            ("a", "b"),
        ),
    ],
)
def test_the_recipe_is_what_the_parser_takes_for_it(words, recipe, pictures):
    command = parse(words)
    assert (command.recipe_name, command.pictures) == (recipe, pictures)
    assert command.recipe.steps == get_recipe(recipe).steps


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--optimizer", "sgd"], r"invalid choice 'sgd' for argument '--optimizer'"),
        (["--stepps", "2"], r"Unrecognized options: --stepps, 2.*Perhaps you meant:.*--steps.*INT"),
        (["--step", "2"], r"Unrecognized options: --step, 2"),
        (["--size", "many"], r"Error parsing --size: .*'many'"),
        (["--quality", "good"], r"invalid choice 'good' for argument '--quality'"),
        (["a", "b", "--recipe"], r"'--recipe'"),
        (["-o", "--recipe", "gatys"], r"--output"),
    ],
)
def test_what_cannot_be_parsed_is_said_as_tyro_says_it(monkeypatch, encoding, words, message):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(printed, encoding=encoding))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    with pytest.raises(SystemExit) as ending:
        parse(words)
    assert ending.value.code == 2
    sys.stderr.flush()
    text = printed.getvalue().decode(encoding)
    assert re.search(message, text, re.DOTALL), text
    assert "nst-jax --help" in text


def test_help_has_every_option_in_its_group(capsys):
    with pytest.raises(SystemExit) as ending:
        parse(["--help"])
    assert ending.value.code == 0
    text = capsys.readouterr().out
    groups = re.findall(r"^[╭─ ]+(\w+) options[ ─╮]*$", text, re.MULTILINE)
    names = "method strength size memory color mixture regions files machines steps network optimizer loss"
    assert " ".join(groups) == names
    single = {field.name for field in dataclasses.fields(Command)} - {
        *groups,
        "pictures",
        "styles",
        "recipe_name",
        "json_lines",
    }
    inside = {field.name for kind in (Recipe, RegionSettings, FileSettings) for field in dataclasses.fields(kind)}
    wanted = {option(name) for name in single | inside | {"recipe", "style", "json"}}
    assert set(re.findall(r"--[a-z0-9-]+", text)) >= wanted
    for word in ("CONTENT", "STYLE", "-o", "-s"):
        assert re.search(rf"(?<!\S){word}\b", text)


def test_help_is_there_for_a_named_recipe_too(capsys):
    with pytest.raises(SystemExit) as ending:
        parse(["--recipe", "gatys", "--help"])
    assert ending.value.code == 0
    assert "--style-weight" in capsys.readouterr().out


def test_fast_is_a_setting_with_the_settings_that_it_has():
    recipe = parse(["a", "b", "--fast", "--size", "300", "--style-strength", "0.5", "--style-blend", "1", "3"]).recipe
    assert recipe == Recipe(fast=True, size=300, style_strength=0.5, style_blend=(1.0, 3.0))
    assert not parse(["a", "b"]).recipe.fast


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--save-every", "2"], "--save-every and --checkpoint have nothing to do"),
        (["--checkpoint", "state"], "--save-every and --checkpoint have nothing to do"),
        (["--steps", "10"], "no steps, which belongs to the optimization; leave it or --fast out"),
        (["--optimizer", "lbfgs-fixed"], "no optimizer"),
        (["--style-weight", "3"], "no style weight"),
        (["--quality", "best"], "no .*, which belongs to the optimization"),
        (["--recipe", "gatys"], "no .*, which belongs to the optimization"),
    ],
)
def test_fast_refuses_what_belongs_to_the_optimization(words, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(["a", "b", "--fast", *words])
    assert "\n" not in str(caught.value)
