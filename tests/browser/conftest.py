"""A real browser, the pages without a server, and a studio whose painter is quick.

Chromium is the one of the system; the tests are skipped where it or Playwright is missing.
"""

import contextlib
import functools
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STATIC = Path(__file__).parents[2] / "nst_jax" / "studio" / "static"
# Where the pages without a server seem to be.
ORIGIN = "http://studio.test"
POLICY = "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; frame-ancestors 'none'"
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
PATIENCE = 30.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser of all tests; each test gets a profile of its own from `visitor`."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install playwright"
    )
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open pages, each with a profile of its own; errors in a page's console fail the test.

    The function takes the options of Playwright's contexts, such as viewport and has_touch, and returns a page.
    """
    with contextlib.ExitStack() as stack:
        complaints: list[str] = []

        def visit(**options: Any) -> Any:
            context = chromium.new_context(**{"viewport": {"width": 1280, "height": 860}} | options)
            stack.callback(context.close)
            context.set_default_timeout(1000 * PATIENCE)
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.complaints = complaints
            return page

        yield visit
        assert not complaints, complaints


@pytest.fixture
def blank(visitor: Callable[..., Any]) -> Callable[..., Any]:
    """Open an empty page with the modules of the studio under /static, without a server."""

    def answer(route: Any) -> None:
        path = STATIC / route.request.url.removeprefix(f"{ORIGIN}/static/")
        headers = {"Content-Security-Policy": POLICY}
        if route.request.url == f"{ORIGIN}/":
            route.fulfill(body="<!doctype html><title>blank</title>", content_type="text/html", headers=headers)
        elif path.suffix in KINDS and path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=KINDS[path.suffix], headers=headers)
        else:
            route.fulfill(status=404)

    def visit(**options: Any) -> Any:
        page = visitor(**options)
        page.route("**/*", answer)
        page.goto(f"{ORIGIN}/")
        return page

    return visit


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[str]:
    """The URL of a running studio whose painter is quick and knows no jax."""
    uvicorn = pytest.importorskip("uvicorn")
    from nst_jax.studio.app import make_app
    from tests.browser import quick_painter

    listener = socket.create_server(("127.0.0.1", 0))
    app = make_app(tmp_path / "data", painter=quick_painter.main)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=functools.partial(server.run, sockets=[listener]), daemon=True)
    thread.start()
    # The socket listens already, so a page that is opened now is answered as soon as the server has started.
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(PATIENCE)
    listener.close()
