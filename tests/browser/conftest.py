"""A browser, and studios to open in it; without chromium or Playwright, the tests are skipped."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.browsing import ARGUMENTS, CHROMIUM, SOON, Studio, Watched, serving

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "nst_jax" / "studio" / "static"
# Where pages without a server seem to be, and their Content-Security-Policy.
ORIGIN = "http://studio.test"
POLICY = "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; frame-ancestors 'none'"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Slow ones are left to the run of slow tests, so that this one ends within minutes.
        if HERE in item.path.parents and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed; pip install '.[browser]'")
    pytest.importorskip("starlette", reason="The studio's packages are not installed; pip install '.[studio]'")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed, in which the pages are tested; apt install chromium")
    api.expect.set_options(timeout=SOON)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def studio(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio whose painter takes no time, or waits where it is told to."""
    folder = tmp_path_factory.mktemp("studio")
    with serving(["-m", "tests.browser.serve", str(folder)], folder) as found:
        yield found


@pytest.fixture(scope="session")
def real_studio(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with the real painter and a random network."""
    folder = tmp_path_factory.mktemp("real")
    words = ["-m", "nst_jax", "studio", "--port", "0", "--data", str(folder), "--network", "random", "--device", "cpu"]
    with serving(words, folder) as found:
        yield found


@pytest.fixture
def watched(studio: Studio) -> Iterator[Watched]:
    """The faults of all pages of a test; there must be none at its end."""
    watched = Watched(studio.url)
    yield watched
    assert not watched.faults


@pytest.fixture
def context(browser: Any, studio: Studio, watched: Watched) -> Iterator[Any]:
    """A new browser's profile with an empty studio: nothing waits, nothing is in the gallery."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.on("page", watched.watch)
    yield context
    context.close()
    cleaner = browser.new_context()
    empty(cleaner, studio)
    cleaner.close()


@pytest.fixture
def page(context: Any) -> Any:
    return context.new_page()


@pytest.fixture
def blank(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open an empty page with the modules of the studio under /static, without a server.

    The function takes the options of a browser's context, such as has_touch.
    """
    watched = Watched(ORIGIN)
    contexts = []

    def answer(route: Any) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/static/")
        headers = {"Content-Security-Policy": POLICY}
        if route.request.url == f"{ORIGIN}/":
            route.fulfill(body="<!doctype html><title>blank</title>", content_type="text/html", headers=headers)
        elif name.endswith(".js") and (STATIC / name).is_file():
            route.fulfill(body=(STATIC / name).read_bytes(), content_type="text/javascript", headers=headers)
        else:
            route.fulfill(status=404)

    def visit(**options: Any) -> Any:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options))
        contexts[-1].on("page", watched.watch)
        page = contexts[-1].new_page()
        page.route("**/*", answer)
        page.goto(f"{ORIGIN}/")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not watched.faults


@pytest.fixture
def real_page(browser: Any, real_studio: Studio) -> Iterator[Any]:
    """A page for the real studio."""
    watched = Watched(real_studio.url)
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.on("page", watched.watch)
    yield context.new_page()
    context.close()
    assert not watched.faults


def empty(context: Any, studio: Studio) -> None:
    """Cancel and delete all jobs, and delete all uploads."""
    for job in context.request.get(f"{studio.url}api/state").json()["jobs"]:
        context.request.post(f"{studio.url}api/jobs/{job['id']}/cancel")
        context.request.delete(f"{studio.url}api/jobs/{job['id']}")
    for picture in context.request.get(f"{studio.url}api/pictures").json()["pictures"]:
        if picture["kind"] != "sample":
            context.request.delete(f"{studio.url}api/pictures/{picture['id']}")
