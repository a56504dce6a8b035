"""The tests of the pages' scripts, which node runs, and rules that hold for all files of the pages."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "nst_jax" / "studio" / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
PAGES = sorted(STATIC.glob("*.html"))
MAX_LINES = 250


def test_scripts_pass_their_tests():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; it runs the tests of the scripts")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.findall(r"\d+", version)[0]) < 18:
        pytest.skip(f"node {version.strip()} is too old; the tests of the scripts need 18")
    tests = sorted((ROOT / "tests" / "javascript").glob("*.test.mjs"))
    assert tests
    ended = subprocess.run([node, "--test", *map(str, tests)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]


@pytest.mark.parametrize("path", [*SCRIPTS, *PAGES, *sorted(STATIC.rglob("*.css"))], ids=lambda path: path.name)
def test_files_of_the_pages_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_have_their_types_checked_and_read_no_markup(path):
    text = path.read_text(encoding="utf-8")
    if "vendor" not in path.parts:
        assert text.startswith("// @ts-check")
    # A file name or a message that is read as markup could run a script.
    assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|document\.write|eval|new Function)\b", text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_have_no_inline_scripts_and_load_nothing_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    for attributes in re.findall(r"<script([^>]*)>", text):
        assert "src=" in attributes
    for address in re.findall(r"""(?:src|href)=["']([^"']+)""", text):
        assert address.startswith(("/", "#")), address
        if address.startswith("/static/"):
            assert (STATIC / address.removeprefix("/static/")).is_file(), address


def test_styles_load_nothing_from_elsewhere():
    for path in STATIC.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "@import" not in text
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", text), path


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_control_of_a_page_has_a_label(path):
    text = path.read_text(encoding="utf-8")
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
    for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", text):
        name = re.search(r' id="([^"]+)"', tag)
        inside = re.search(rf"<label[^>]*>[^<]*{re.escape(tag)}", text)
        assert (
            inside
            or "aria-label" in tag
            or 'type="hidden"' in tag
            or 'aria-hidden="true"' in tag
            or (name and name[1] in labelled)
        ), tag
