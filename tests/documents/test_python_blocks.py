"""The Python examples in the documents: they compile, what they import is there, and they run."""

import ast

import pytest

from tests.documents.markdown import runnable

DOCUMENTS = runnable("python")
BLOCKS = {f"{name}-{index}": code for name, codes in DOCUMENTS.items() for index, code in enumerate(codes)}


def test_there_are_examples():
    assert DOCUMENTS["README.md"]
    assert DOCUMENTS["docs/guides/python.md"]


@pytest.mark.parametrize("code", BLOCKS.values(), ids=BLOCKS)
def test_an_example_compiles_and_its_imports_are_there(code):
    tree = ast.parse(code)
    compile(tree, "example", "exec")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), "imports", "exec"), {})


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_examples_of_a_document_run_one_after_the_other(name, document_folder, small_runs):
    names = {}
    if name != "README.md":
        # Other documents go on from a result such as that of the first example.
        exec(DOCUMENTS["README.md"][0], names)
    for code in DOCUMENTS[name]:
        exec(code, names)
