"""The names that `nst_jax` offers: their parameters, their docstrings and how they are imported."""

import importlib
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nst_jax
from nst_jax import Recipe
from tests.conftest import CONTENT_SHAPE, STYLE_SHAPE, picture

CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)

FACE = {
    "Progress": "*, step, total_steps, scale, scales, fraction, losses, seconds, ending, make_result",
    "VGG19": None,
    "get_recipe": "name, quality",
    "read_image": "source",
    "read_provenance": "path",
    "recipe_names": "",
    "save_image": "path, rgb, alpha, provenance, *, bit_depth, dpi",
    "Checkpoint": "path, seconds",
    "InputError": None,
    "Losses": "*, content, style, total_variation",
    "NetworkWeights": None,
    "Recipe": None,
    "Result": "*, picture, alpha, dpi, losses, seconds, steps, total_steps, recipe, ending, inputs",
    "load_network": None,
    "stylize": "content, style, recipe, **options",
    "stylize_batch": "contents, style, recipe, **options",
    "stylize_batch_steps": "contents, style, recipe, *, content_mask, style_masks, checkpoint, network, every, "
    "download_bar, watch, **changes",
    "stylize_fast": "content, style, *, strength, **options",
    "stylize_steps": "content, style, recipe, **options",
}


def parameters(function) -> str:
    """Describe the parameters of a function without their types and defaults."""
    words = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(f"**{name}" if parameter.kind is parameter.VAR_KEYWORD else name)
    return ", ".join(words)


def test_the_public_face_is_unchanged():
    assert sorted(nst_jax.__all__) == sorted([*FACE, "__version__"])
    assert set(FACE) <= set(dir(nst_jax))
    for name, expected in FACE.items():
        assert expected is None or parameters(getattr(nst_jax, name)) == expected, name


@pytest.mark.parametrize("name", FACE)
def test_every_public_name_has_a_docstring_of_its_own(name):
    thing = getattr(nst_jax, name)
    assert thing.__module__.startswith("nst_jax")
    doc = inspect.cleandoc(thing.__doc__ or "")
    # Dataclasses without one get their signature.
    assert len(doc.split()) > 3
    assert not doc.startswith(f"{name}(")
    members = vars(thing) if isinstance(thing, type) else {}
    for key, value in members.items():
        if not key.startswith("_") and (callable(value) or isinstance(value, property)):
            assert value.__doc__, f"{name}.{key}"


def test_all_options_of_a_recipe_are_given_by_name():
    assert all(each.kind is each.KEYWORD_ONLY for each in inspect.signature(Recipe).parameters.values())
    with pytest.raises(TypeError, match="positional"):
        Recipe(256)


def test_names_that_are_not_there_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nst_jax.nothing  # noqa: B018
    for wrong, closest in (("sise", "size"), ("contentmask", "content_mask"), ("checkpoints", "checkpoint")):
        with pytest.raises(nst_jax.InputError, match=f"no setting '{wrong}'; did you mean '{closest}'"):
            next(nst_jax.stylize_steps(CONTENT, STYLE, **{wrong: 1}))


def test_importing_the_package_does_not_import_jax():
    code = "import sys, nst_jax; nst_jax.Recipe(); assert not {'jax', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in FACE:
        module = importlib.import_module(getattr(nst_jax, name).__module__)
        assert getattr(module, name) is getattr(nst_jax, name)


def test_images_and_losses_need_no_import_of_their_own():
    code = "import nst_jax; print(nst_jax.losses.gram_matrix.__name__, nst_jax.images.resize.__name__)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "gram_matrix resize\n"


def test_the_version_is_the_same_everywhere():
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert nst_jax.__version__ == project["version"]
    assert f"\nversion: {nst_jax.__version__}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")
