"""The links of the documents, offline: files and headings that they lead to are there."""

import os
from pathlib import Path

import pytest

from tests.documents.markdown import DOCUMENTS, ROOT, anchors, links


def problem(name: str, target: str) -> str | None:
    """Say what is wrong with a link of a document; None for one that is right."""
    path, _, anchor = target.partition("#")
    full = Path(os.path.normpath((ROOT / name).parent / path)) if path else ROOT / name
    if not full.exists():
        return f"{target}: no such file"
    document = full.relative_to(ROOT).as_posix()
    if anchor and anchor not in anchors(DOCUMENTS[document]):
        return f"{target}: no such heading"
    return None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files_and_headings(name):
    assert not [wrong for target in links(DOCUMENTS[name]) if (wrong := problem(name, target))]


def test_wrong_links_are_found():
    assert links("[a](b.md#c)\n\n```\n[x](y)\n```\n![d](e.jpg) [f](https://g)\n\n[h]: i.md\n") == [
        "b.md#c",
        "e.jpg",
        "i.md",
    ]
    assert problem("README.md", "nothing.md") == "nothing.md: no such file"
    assert problem("README.md", "CONTRIBUTING.md#nothing") == "CONTRIBUTING.md#nothing: no such heading"
    assert problem("README.md", "CONTRIBUTING.md#set-up") is None


def test_the_readme_is_short():
    lines = DOCUMENTS["README.md"].splitlines()
    assert len(lines) <= 130
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", DOCUMENTS)
def test_lines_are_short(name):
    """Rows of tables cannot be broken, nor can addresses."""
    free = ("|", "- `http")
    assert not [line for line in DOCUMENTS[name].splitlines() if len(line) > 120 and not line.startswith(free)]


def test_every_picture_of_the_documents_is_used():
    pictures = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.jpg")}
    used = {
        os.path.normpath((ROOT / name).parent / target).removeprefix(f"{ROOT}/")
        for name, text in DOCUMENTS.items()
        for target in [*links(text), *(word.split('"')[0] for word in text.split('src="')[1:])]
    }
    assert not pictures - used
