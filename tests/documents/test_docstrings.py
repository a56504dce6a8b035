"""The examples in docstrings, as doctests."""

import doctest
import importlib

import pytest

from tests.documents.markdown import ROOT

FILES = [path for path in sorted((ROOT / "nst_jax").rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
MODULES = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in FILES]


def test_there_are_examples():
    assert {"nst_jax.recipes.published", "nst_jax.losses.gram", "nst_jax.images.resizing"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_right(name):
    failed, tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried
    assert not failed
