"""Any name that a file system allows works, for an input and for a result."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nst_jax
from nst_jax import images
from nst_jax.cli.arguments import Command
from nst_jax.cli.file_options import FileSettings
from nst_jax.cli.inputs import find_inputs, read_input
from nst_jax.cli.outputs import unused_name
from nst_jax.cli.saving import save_result
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, picture, save_image

# Characters that file systems and consoles disagree on; "/" and NUL cannot be part of a name.
CHARACTERS = st.characters(exclude_characters="/\0", codec="utf-8")
NAMES = st.text(CHARACTERS, min_size=1, max_size=60).filter(lambda name: name not in (".", ".."))


@pytest.fixture(scope="module")
def result(tiny_network):
    return nst_jax.stylize(picture(1), picture(2), Recipe(**QUICK | {"steps": 1}), network=tiny_network)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=NAMES, output=NAMES)
def test_any_name_of_a_file_works(tmp_path, result, content, output):
    folder = tmp_path / "names"
    folder.mkdir(exist_ok=True)
    save_image(tmp_path / "content.png", 1, CONTENT_SHAPE)
    (folder / content).write_bytes((tmp_path / "content.png").read_bytes())
    found = find_inputs(Command(pictures=(str(folder / content), "style.png")))
    assert read_input(found.contents[0]).rgb.shape == (*CONTENT_SHAPE, 3)
    target = unused_name(folder, [output, content], ".png")
    save_result(result, target, FileSettings())
    assert images.read(target).rgb.shape == result.picture.shape
    for path in folder.iterdir():
        path.unlink()
