"""The built site: it builds without warnings, its links lead somewhere, and nothing comes from another host."""

import html.parser
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest

from nst_jax.cli.arguments import Command, parse
from nst_jax.cli.main import main
from tests.documents.markdown import ROOT

pytestmark = pytest.mark.slow
MOST_BYTES = 12_000_000
# What a browser loads by itself, without a click.
LOADED = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "image": "href",
}


class Page(NamedTuple):
    """What a test wants to know of a page: what it loads, where it leads, and its anchors."""

    loaded: list[str]
    links: list[str]
    anchors: set[str]


class Reader(html.parser.HTMLParser):
    """Collects the addresses and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page([], [], set())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses and the anchor of an element."""
        values = dict(attrs)
        if values.get("id"):
            self.page.anchors.add(values["id"])
        if tag in LOADED and values.get(LOADED[tag]):
            self.page.loaded.append(values[LOADED[tag]])
        if tag == "a" and values.get("href"):
            self.page.links.append(values["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as its command builds it, the notebook executed; or one that is built already, in NST_JAX_SITE."""
    if "NST_JAX_SITE" in os.environ:
        return Path(os.environ["NST_JAX_SITE"])
    pytest.importorskip("myst_nb")
    pytest.importorskip("pydata_sphinx_theme")
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-b",
        "html",
        "-d",
        str(folder / "trees"),
        "docs",
        str(folder / "html"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    """All pages of the site; the theme's own templates, which it copies to `_static`, are none."""
    found = {}
    for path in site.rglob("*.html"):
        if "_static" in path.relative_to(site).parts:
            continue
        reader = Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        found[path] = reader.page
    return found


def test_nothing_is_loaded_from_another_host(site, pages):
    foreign = re.compile(r"(https?:)?//")
    assert not {(path.name, each) for path, page in pages.items() for each in page.loaded if foreign.match(each)}
    sheets = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert not re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//[^)"']*""", sheets)
    for path in pages:
        inline = re.findall(r"<(?:script|style)[^>]*>(.*?)</", path.read_text(encoding="utf-8"), re.DOTALL)
        assert not [each for each in inline if re.search(r"https?://(?!www\.w3\.org)", each)], path


def test_it_works_without_a_server(pages):
    """All addresses are relative to the page."""
    for path, page in pages.items():
        assert not [each for each in [*page.loaded, *page.links] if each.startswith("/")], path


def test_links_lead_to_pages_and_anchors(site, pages):
    wrong = set()
    for path, page in pages.items():
        for address in {*page.links, *page.loaded}:
            if re.match(r"[a-z]+:", address):
                continue
            target, _, anchor = unquote(address).partition("#")
            full = Path(os.path.normpath(path.parent / target.partition("?")[0])) if target else path
            if not full.exists() or (anchor and full in pages and anchor not in pages[full].anchors):
                wrong.add((path.name, address))
    assert not wrong


def test_the_site_is_small(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < MOST_BYTES
    assert not [*site.rglob("*.map")]


def test_formulas_need_no_script(site, pages):
    """They are MathML; `mathjax_ignore`, a class that the parser writes, loads nothing."""
    page = site / "methods" / "objective.html"
    assert page.read_text(encoding="utf-8").count("<math") > 10
    assert not [address for address in pages[page].loaded if "mathjax" in address.lower()]


def test_the_notebook_has_run(site):
    page = (site / "guides" / "notebook.html").read_text(encoding="utf-8")
    assert re.search(r"\b(\d+) of \1 steps, all steps done", page)
    # The result, the curves, the live picture and the row of strengths.
    assert page.count("<img") >= 4
    assert page.count('class="output') or "cell_output" in page


def test_the_reference_has_all_options(site, capsys):
    with pytest.raises(SystemExit):
        parse(["--help"])
    options = set(re.findall(r"(?<!\S)--[a-z][a-z0-9-]+", capsys.readouterr().out))
    described = set(re.findall(r"cmdoption-nst-jax-([a-z0-9-]+)", page_of_options(site)))
    own = {option.removeprefix("--") for option in options}
    # Options that the texts mention without having them begin none of the lines of the help.
    assert {field for field in Command.__dataclass_fields__ if field in ("sheet", "quiet", "verbose")} <= described
    assert own - described <= {"help"}, own - described


@pytest.mark.parametrize("words", [["cluster", "run"], ["cluster", "status"], ["studio"]])
def test_the_reference_has_the_options_of_the_other_commands(site, capsys, words):
    assert main([*words, "--help"]) == 0
    options = set(re.findall(r"(?<!\S)--([a-z][a-z0-9-]+)", capsys.readouterr().out))
    program = "-".join(("nst-jax", *words))
    described = set(re.findall(rf"cmdoption-{program}-([a-z0-9-]+)", page_of_options(site)))
    assert described
    # The texts mention the option of the first step that names the output.
    assert options - described <= {"output"}, options - described


def page_of_options(site: Path) -> str:
    """Return the HTML of the reference of the command line."""
    return (site / "reference" / "command_line.html").read_text(encoding="utf-8")
