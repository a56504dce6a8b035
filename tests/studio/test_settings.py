"""Settings: what the page offers makes the recipe that the command line makes, and the command says so."""

import json
import shlex

import pytest

from nst_jax.cli.arguments import parse
from nst_jax.errors import InputError
from nst_jax.recipes.published import recipe_names
from nst_jax.recipes.recipe import Recipe
from nst_jax.studio.settings import build_recipe, describe_options
from nst_jax.studio.shell_command import CommandInputs, job_command
from tests.studio.conftest import CONTENT, STYLE, encoded

INPUTS = CommandInputs("photo.png", ["style.png"])


def test_defaults_are_those_of_the_command_line():
    options = describe_options()
    defaults = {each["name"]: each["default"] for each in options["settings"]}
    assert build_recipe("optimize", defaults) == Recipe()
    assert build_recipe("fast", defaults) == Recipe(fast=True)
    assert [each["name"] for each in options["recipes"]] == [*recipe_names()]
    json.dumps(options, allow_nan=False)


def test_every_choice_and_bound_that_the_page_offers_is_valid():
    for setting in describe_options()["settings"]:
        values = [each["value"] for each in setting.get("choices", ())]
        values += [setting[bound] for bound in ("minimum", "maximum") if bound in setting]
        for value in values:
            if setting["name"] not in ("content_weight", "style_weight"):
                build_recipe("optimize", {setting["name"]: value})
            if "fast" in setting["methods"]:
                build_recipe("fast", {setting["name"]: value})
        # The page has the word "automatic" for what it leaves to the method.
        words = [each["label"] for each in setting.get("choices", ())] + ["automatic"]
        assert len({*words}) == len(words)
        if setting["name"] == "recipe":
            # Who chooses a method learns what it needs before its picture fails.
            helps = {each["value"]: each["help"] for each in setting["choices"]}
            assert "Embedded" in helps["gatys"]
            assert "converted" in helps["five-layer"]
            assert "Embedded" not in helps["default"]
        assert setting["label"]
        assert setting["help"]


@pytest.mark.parametrize(
    ("method", "settings", "blend"),
    [
        ("optimize", {}, ()),
        ("optimize", {"size": 256, "style_strength": 0.35, "color": "luminance"}, ()),
        ("optimize", {"recipe": "gatys", "style_scale": 0.1 + 0.2, "steps": 20}, ()),
        ("optimize", {"quality": "draft", "seed": 2**32 - 1, "init": "noise", "upscale_to_original": True}, ()),
        ("optimize", {"quality": "best", "network": "embedded", "tv_weight": 0}, (3.0, 1.5)),
        ("optimize", {"recipe": "crowsonkb", "content_weight": 1e-9}, ()),
        ("fast", {"style_strength": 0.5, "color": "match"}, (1.0, 2.0, 0.0)),
    ],
)
@pytest.mark.parametrize("content", ["photo.png", "my holiday's photo.png", "-x.png", "日本 $HOME `x`.png"])
def test_the_command_makes_the_same_recipe(method, settings, blend, content):
    recipe = build_recipe(method, settings, blend)
    styles = [f"style{index}.png" for index in range(max(1, len(blend)))]
    command = job_command({"settings": settings}, recipe, CommandInputs(content, styles, "mask.png", ["a b.png"]))
    words = shlex.split(command)
    assert words[0] == "nst-jax"
    parsed = parse(words[1:])
    assert parsed.recipe == recipe
    assert parsed.pictures == (f"./{content}" if content.startswith("-") else content, *styles)
    assert (parsed.regions.content_mask, parsed.regions.style_mask) == ("mask.png", ("a b.png",))


@pytest.mark.parametrize(
    "settings",
    [
        {"nothing": 1},
        {"size": "large"},
        {"size": 3},
        {"size": 10**400},
        {"size": float("nan")},
        {"size": True},
        {"style_scale": float("inf")},
        {"color": ["style"]},
        {"color": {}},
        {"recipe": "no such recipe"},
        {"recipe": []},
        {"quality": 3},
        {"quality": "draft", "recipe": "gatys"},
        {"network": "/etc/passwd"},
        {"network": "magenta:/etc/passwd"},
        {"init": "/etc/passwd"},
        {"style_strength": 0.5, "style_weight": 3},
        {"\ud800": 1},
        {"fast": True},
        {"style_crop": "0,0,1,1"},
    ],
)
def test_impossible_settings_are_refused_in_a_sentence(settings):
    with pytest.raises(InputError, match=r".*[.]$"):
        build_recipe("optimize", settings)


def test_the_fast_network_takes_no_settings_of_the_optimization():
    for settings in ({"steps": 10}, {"quality": "best"}, {"recipe": "gatys"}, {"init": "noise"}):
        with pytest.raises(InputError, match="fast network"):
            build_recipe("fast", settings)
    assert build_recipe("fast", {"quality": "normal", "recipe": "default", "steps": None}).fast


@pytest.mark.parametrize("network", ["vgg19", "random", "/weights/mine.h5"])
def test_the_usual_network_of_optimizations_does_not_keep_the_fast_one_from_working(network):
    assert build_recipe("fast", {}, network=network).network == "auto"
    assert build_recipe("fast", {}, network="magenta:/weights/mine.npz").network == "magenta:/weights/mine.npz"
    (described,) = [each for each in describe_options(network)["settings"] if each["name"] == "network"]
    assert described["methods"] == ["optimize"]


def test_another_network_may_be_the_usual_one():
    options = {each["name"]: each for each in describe_options("/weights/mine.h5")["settings"]}
    assert options["network"]["default"] == "/weights/mine.h5"
    assert "/weights/mine.h5" in [each["value"] for each in options["network"]["choices"]]
    assert build_recipe("optimize", {}, network="/weights/mine.h5").network == "/weights/mine.h5"
    assert build_recipe("optimize", {"network": "embedded"}, network="/weights/mine.h5").network == "embedded"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "order",
    [
        {},
        [],
        {"content": CONTENT},
        {"content": CONTENT, "styles": []},
        {"content": CONTENT, "styles": [CONTENT], "method": "fast"},
        {"content": CONTENT, "styles": [{"picture": STYLE, "weight": -1}], "method": "fast"},
        {"content": CONTENT, "styles": [{"picture": STYLE, "weight": "x"}], "method": "fast"},
        {"content": CONTENT, "styles": [{"picture": STYLE}] * 9, "method": "fast"},
        {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "magic"},
        {"content": CONTENT, "styles": [{"picture": STYLE}], "method": ["fast"]},
        {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "fast", "settings": [1]},
        {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "fast", "settings": {"\ud800": 1}},
        {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "fast", "surprise": 1},
        {"content": CONTENT, "styles": [{"picture": STYLE, "mask": CONTENT}, {"picture": STYLE}], "method": "fast"},
        {"content": "../../etc/passwd", "styles": [{"picture": STYLE}], "method": "fast"},
        {"content": {"a": 1}, "styles": [{"picture": STYLE}], "method": "fast"},
        {"content": CONTENT, "styles": [{"picture": "0" * 20}], "method": "fast"},
        {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "fast", "experiment": "0" * 20},
        {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "fast", "content_mask": "0" * 20},
    ],
)
async def test_impossible_orders_are_refused_in_a_sentence(studio, order):
    answer = await studio.post("/api/jobs", content=json.dumps(order))
    assert answer.status_code in (400, 404)
    assert answer.json()["error"].endswith(".")
    assert not (await studio.get("/api/state")).json()["jobs"]


@pytest.mark.anyio
async def test_several_styles_are_mixed_or_used_for_one_region_each(studio):
    import io

    import numpy as np
    from PIL import Image

    def mask(*grays: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(np.repeat(np.array([grays], np.uint8), 8, 0)).resize((40, 30), 0).save(buffer, "PNG")
        return buffer.getvalue()

    one, two = [(await studio.upload(mask(*grays), kind="mask")).json()["id"] for grays in ((0, 255), (128, 255))]
    second = (await studio.upload(encoded(), "mine.png")).json()["id"]
    styles = [{"picture": STYLE}, {"picture": second}]
    unequal = [{"picture": STYLE, "weight": 3}, {"picture": second, "weight": 1}]
    mixed, by_region, one_region, weighted = [
        (await studio.order(styles=each, content_mask=each_mask))["command"]
        for each, each_mask in ((styles, None), (styles, two), (styles, one), (unequal, two))
    ]
    assert "--style-blend 1 1" in mixed
    assert "--content-mask" not in mixed
    assert "--style-blend" not in by_region
    assert "--content-mask" in by_region
    assert "--style-blend 1 1" in one_region
    # Who painted a region for each painting chose one for each, whatever the shares are.
    assert "--style-blend" not in weighted
    assert "mine.png" in shlex.split(mixed)
    # A painting's mask of one region cannot serve several regions, unless each has a painting of its own.
    masked = [each | {"mask": one} for each in styles]
    both = (await studio.order(styles=masked, content_mask=two))["command"]
    assert "--style-blend" not in both
    assert both.count(f"{one}.png") == 2
    assert "--style-blend 1 1" in (await studio.order(styles=masked, content_mask=one))["command"]
    single = {"content": CONTENT, "styles": masked[:1], "method": "optimize", "content_mask": two}
    answer = await studio.post("/api/jobs", json=single)
    assert answer.status_code == 400
    assert "has 2 regions, and that of a painting only one" in answer.json()["error"]
    await studio.order(styles=[styles[0] | {"mask": two}], content_mask=two)
