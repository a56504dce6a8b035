"""What the tests of the browser have in common: servers, pages that are watched, and orders by the API."""

import contextlib
import dataclasses
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

try:
    from playwright.sync_api import expect
except ImportError:
    # The fixture `browser` skips every test then.
    expect = None

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-sandbox",
]  # fmt: skip
CONTENT, STYLE, OTHER_STYLE = "samplechelsea0000000", "samplenightswirls000", "samplepoppyfield0000"
# Milliseconds; for what takes no computing, and for what compiles a program of the real painter.
SOON, LATE = 20_000, 300_000


@dataclasses.dataclass
class Studio:
    """A running server.

    Attributes:
        url: its address.
        folder: its data.
        process: its process.
    """

    url: str
    folder: Path
    process: subprocess.Popen[str]


@contextlib.contextmanager
def serving(words: list[str], folder: Path) -> Iterator[Studio]:
    """Run a server that prints its URL, and end it afterwards."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"The studio did not start: {line}"
        yield Studio(found[0], folder, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


class Watched:
    """What must not happen in a page: messages of errors, and requests to other origins."""

    def __init__(self, origin: str):
        self._origin = origin.rstrip("/")
        self.faults: list[str] = []

    def watch(self, page: Any) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        page.on("request", self._request)
        page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:", "blob:")):
            self.faults.append(f"request to {request.url}")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def encoded(width: int = 40, height: int = 30) -> bytes:
    """A small picture file, of colors that change from left to right and from top to bottom."""
    buffer = io.BytesIO()
    ramps = [Image.linear_gradient("L").resize((width, height)) for _ in range(2)]
    ramps[1] = ramps[1].transpose(Image.Transpose.ROTATE_90).resize((width, height))
    Image.merge("RGB", [ramps[0], ramps[1], Image.new("L", (width, height), 90)]).save(buffer, "PNG")
    return buffer.getvalue()


def open_page(page: Any, address: str) -> Any:
    """Open a page of the studio and wait until its scripts have begun."""
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached")
    return page


def order(page: Any, studio: Studio, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Order a picture by the API, as another program would."""
    body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "optimize", "settings": {"seed": seed}}
    answer = page.request.post(f"{studio.url}api/jobs", data=body | changes)
    assert answer.status == 201, answer.text()
    return answer.json()


def job(page: Any, studio: Studio, name: str) -> dict[str, Any]:
    return page.request.get(f"{studio.url}api/jobs/{name}").json()


def until(page: Any, studio: Studio, name: str, *states: str) -> dict[str, Any]:
    """Wait for a job to be in one of some states."""
    for _ in range(SOON // 50):
        found = job(page, studio, name)
        if found["state"] in states:
            return found
        page.wait_for_timeout(50)
    pytest.fail(f"The job is {found['state']} and not {' or '.join(states)}.")


def shown_job(page: Any) -> str:
    return page.get_attribute("#stage", "data-job")


def is_in_state(page: Any, *states: str, timeout: int = SOON) -> None:
    """Wait for the large picture's job to be in one of some states."""
    expect(page.locator("#stage")).to_have_attribute("data-state", re.compile("|".join(states)), timeout=timeout)


def choose_file(page: Any, opener: str, name: str, data: bytes) -> None:
    """Upload a picture in the dialog that a button opens."""
    page.click(opener)
    page.set_input_files("#chooser-file", {"name": name, "mimeType": "image/png", "buffer": data})
    expect(page.locator("dialog.dialog")).to_have_count(0)


def set_size(page: Any, size: int, **more: float) -> None:
    """Fill in the size, and further numbers of the form by the names of their settings."""
    page.fill("#setting-size", str(size))
    page.press("#setting-size", "Tab")
    page.click("details.more summary")
    for name, value in more.items():
        page.fill(f"#setting-{name}", str(value))
        page.press(f"#setting-{name}", "Tab")
