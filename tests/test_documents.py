"""The Python examples in the documents: they compile, what they import is there, and they run."""

import ast
import re
from pathlib import Path

import pytest

from nst_jax import api
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, save_image

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): BLOCK.findall(path.read_text(encoding="utf-8"))
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "weights").glob("*.md"))
}
BLOCKS = {f"{name}-{index}": code for name, codes in DOCUMENTS.items() for index, code in enumerate(codes)}


def test_there_are_examples():
    assert DOCUMENTS["README.md"]
    assert DOCUMENTS["docs/guides.md"]


@pytest.mark.parametrize("code", BLOCKS.values(), ids=BLOCKS)
def test_an_example_compiles_and_its_imports_are_there(code):
    tree = ast.parse(code)
    compile(tree, "example", "exec")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), "imports", "exec"), {})


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, codes in DOCUMENTS.items() if codes])
def test_the_examples_of_a_document_run_one_after_the_other(name, tmp_path, monkeypatch, tiny_network):
    """With a small network, and small images where an example does not name a size."""
    monkeypatch.chdir(tmp_path)
    real = Recipe.__init__

    def quick(self: Recipe, **settings: object) -> None:
        """Set what QUICK says and the example does not; the fast network is quick and has no such settings."""
        own = {key: value for key, value in settings.items() if key not in QUICK}
        real(self, **own if settings.get("fast") else QUICK | settings)

    monkeypatch.setattr(Recipe, "__init__", quick)
    load = api.load_weights
    monkeypatch.setattr(api, "load_weights", lambda recipe, *rest: load(recipe, *rest) if recipe.fast else tiny_network)
    for seed, file in enumerate(("photo.jpg", "one.jpg", "two.jpg")):
        save_image(Path(file), seed, CONTENT_SHAPE)
    save_image(Path("painting.jpg"), 9, STYLE_SHAPE)
    names = {}
    if name != "README.md":
        # Other documents go on from a result such as that of the first example.
        exec(DOCUMENTS["README.md"][0], names)
    for code in DOCUMENTS[name]:
        exec(code, names)
