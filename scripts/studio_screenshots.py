"""Make a picture of each page of the studio, light, dark and on a phone, for the documents.

It starts a studio of its own, paints a sample pair in it, and opens the pages in chromium by Playwright (extra
`browser`). The pictures are docs/studio/PAGE-light.jpg, -dark.jpg and -phone.jpg, and grades-light.jpg, the end of the
experiment; look at them before they are kept.
"""

import argparse
import contextlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio_drawing import draw

from nst_jax.errors import InputError
from nst_jax.images.reading import read

ROOT = Path(__file__).resolve().parents[1]
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
DESK = {"viewport": {"width": 1360, "height": 900}}
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": DESK | {"color_scheme": "light"},
    "dark": DESK | {"color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
}
# The samples in pairs, for a gallery with more than one picture.
PAIRS = (
    ("samplechelsea0000000", "samplenightswirls000"),
    ("samplerocket00000000", "samplepoppyfield0000"),
    ("sampleastronaut00000", "samplenightswirls000"),
    ("samplechelsea0000000", "sampleharborprint000"),
)
# The seed of an experiment with large shapes: the rocket in the style of night swirls.
SEED = 5
# Milliseconds until a picture is painted, and until the last image of a page is there.
PATIENCE, SETTLING = 900_000, 1500
# Waits for the images that are seen.
DECODE = """() => Promise.all([...document.images]
  .filter((image) => image.checkVisibility() && image.getBoundingClientRect().top < innerHeight)
  .map((image) => image.decode().catch(() => null)))"""


@contextlib.contextmanager
def running_studio(folder: Path) -> Iterator[str]:
    """Run a studio and yield its URL.

    Raises:
        InputError: when it does not start.
    """
    words = [sys.executable, "-u", "-m", "nst_jax", "studio", "--port", "0", "--data", str(folder)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r"http://\S+", line)
        if not found:
            raise InputError("The studio did not start; run nst-jax studio to see why.")
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def paint_samples(page: Any, url: str, size: int) -> str:
    """Paint all pairs; return the identifier of the careful picture of the first one."""
    names: list[str] = []
    for number, (content, style) in enumerate(PAIRS):
        # The first pair by both methods, so that the page shows them together.
        for method in ("fast", "optimize") if number == 0 else ("optimize",):
            order = {"content": content, "styles": [{"picture": style}], "method": method, "settings": {"size": size}}
            names.append(page.request.post(f"{url}api/jobs", data=order).json()["id"])
    page.goto(url)
    for name in names:
        # The queue's drawer has a row for each picture, also while it is closed.
        row = page.locator(".queue-row").filter(has=page.locator(f"[href='/#{name}']"))
        row.and_(page.locator("[data-state=done], [data-state=failed]")).wait_for(state="attached", timeout=PATIENCE)
    for name in names[:3]:
        page.request.patch(f"{url}api/jobs/{name}", data={"starred": True})
    return names[1]


def take(page: Any, folder: Path, name: str) -> None:
    """Take the picture of a page once it has settled."""
    page.wait_for_timeout(SETTLING)
    page.evaluate(DECODE)
    page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=82)
    print(folder / f"{name}.jpg")


def draw_photograph(page: Any, url: str) -> None:
    """Begin an experiment and draw its photograph with several brushes."""
    page.click("#begin")
    # The colors come last, from the painting; strokes before that have another one.
    page.wait_for_selector(".swatch:nth-of-type(14)")
    source = page.locator("#references img").first.get_attribute("src")
    draw(page, read(page.request.get(url.rstrip("/") + source).body()).rgb)


def finish(page: Any) -> None:
    """Hand the drawing in, and wait for the grades."""
    page.click("#done")
    page.click("dialog button[value=done]")
    page.wait_for_selector(".grade-number")
    page.locator("#triptych").scroll_into_view_if_needed()


def main() -> None:
    """Parse the command line and make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "studio", metavar="FOLDER")
    parser.add_argument("--size", type=int, default=384, help="of the painted samples in pixels")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--url", help="of a running studio with pictures, to use it instead of a new one")
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    if not arguments.chromium:
        raise InputError("There is no chromium; install it, or give its path by --chromium.")
    arguments.output.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if arguments.url:
            url = arguments.url
        else:
            url = stack.enter_context(running_studio(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        first = paint_samples(page, url, arguments.size)
        for look, options in LOOKS.items():
            context = browser.new_context(**options)
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            for name, address in (("studio", f"#{first}"), ("gallery", "gallery"), ("about", "about")):
                page.goto("about:blank")
                page.goto(f"{url}{address}")
                take(page, arguments.output, f"{name}-{look}")
            page.goto(f"{url}experiment?seed={SEED}")
            page.wait_for_timeout(SETTLING)
            draw_photograph(page, url)
            take(page, arguments.output, f"experiment-{look}")
            if look == "light":
                finish(page)
                take(page, arguments.output, f"grades-{look}")
            context.close()
        browser.close()


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
