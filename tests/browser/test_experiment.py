"""The experiment page: a pair by chance, a drawing or an upload, three pictures, grades; keyboard, phone, reload."""

import io
import json
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.audit import AUDIT
from tests.browser.browsing import LATE, Studio, order

# After the next frame, when all that has changed is shown.
SHOWN = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(
  () => resolve(document.querySelector("canvas.paper-canvas").toDataURL())
)))"""
IDENTIFIER = re.compile(r"#[0-9a-z]{20}$")


def begin(page: Any, studio: Studio, query: str = "?seed=1") -> None:
    page.goto(f"{studio.url}experiment{query}")
    page.click("#begin:enabled")
    page.wait_for_selector("canvas.paper-canvas")
    # The palette comes last, from the painting.
    page.wait_for_selector(".swatch:nth-of-type(14)")


def draw(page: Any) -> None:
    box = page.locator("canvas.paper-canvas").bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.6 * box["height"], steps=10)
    page.mouse.up()


def finish(page: Any) -> None:
    page.click("#done")
    page.click("dialog button[value=done]")


def picture_file(color: str = "red") -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(buffer, "PNG")
    return {"name": "<i>mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def jobs_of(page: Any, studio: Studio) -> list[dict[str, Any]]:
    """The jobs of the experiment that the page shows."""
    name = page.url.split("#")[1]
    found = page.request.get(f"{studio.url}api/experiments/{name}").json()["jobs"]
    return [page.request.get(f"{studio.url}api/jobs/{job}").json() for job in found.values()]


def test_draw_compare_and_save(page: Any, studio: Studio):
    begin(page, studio)
    assert IDENTIFIER.search(page.url)
    # Both methods have started by themselves.
    assert {job["method"] for job in jobs_of(page, studio)} == {"fast", "optimize"}
    page.click("#done")
    assert "still blank" in page.inner_text(".notices")
    page.check("input[name=tool][value=watercolor]", force=True)
    page.click(".swatch >> nth=3")
    draw(page)
    page.wait_for_selector("[data-method=fast] p:text('Ready')")
    page.wait_for_selector("[data-method=optimize] p:text('Ready')")
    # No peeking: neither the page nor the server shows the results.
    shown = page.evaluate("[...document.images].filter((image) => image.checkVisibility()).map((image) => image.src)")
    assert not [source for source in shown if "/api/jobs/" in source]
    for job in jobs_of(page, studio):
        assert page.request.get(f"{studio.url}api/jobs/{job['id']}/view").status == 403
    finish(page)
    page.wait_for_selector(".grade-number")
    # A picture takes no room until it has been loaded.
    page.locator("#triptych img:visible").nth(2).wait_for()
    assert page.locator("#triptych img").count() == 3
    for image in page.locator("#triptych img").all():
        assert image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    assert [text.split()[0] for text in page.locator(".grade-number").all_inner_texts()] == ["3.1", "2.4", "6.2"]
    assert page.locator(".grade").first.locator("dt").count() == 4
    assert "The two machines agree to 6.2 of 10; you and the fast picture to 3.1." in page.inner_text("#results-status")
    rungs = [float(text.split()[0]) for text in page.locator(".rung").all_inner_texts()]
    assert rungs == sorted(rungs, reverse=True)
    assert len(rungs) == 5
    page.click("#meaning summary")
    assert "does not say which picture is better" in page.inner_text("#meaning")
    with page.expect_download() as download:
        page.click("#sheet-png")
    assert Image.open(io.BytesIO(download.value.path().read_bytes())).width > 100
    with page.expect_download() as download:
        page.click("#sheet-json")
    assert "grades" in download.value.path().read_text()
    assert "3.1" in page.inner_text(".past-row >> nth=0")


@pytest.mark.slow
def test_the_real_painter_gives_three_grades_and_ten_to_an_equal_picture(real_page: Any, real_studio: Studio):
    page, api = real_page, f"{real_studio.url}api"
    experiment = page.request.post(f"{api}/experiments", data={"seed": 1, "size": 64}).json()
    page.goto(f"{real_studio.url}experiment#{experiment['id']}")
    for method in experiment["jobs"]:
        page.wait_for_selector(f"[data-method={method}] p:text('Ready')", timeout=LATE)
    # What is handed in as a drawing is the picture of the fast network itself.
    fast = page.request.get(f"{api}/jobs/{experiment['jobs']['fast']}/result?format=png&peek=1").body()
    page.set_input_files("#upload-file", {"name": "mine.png", "mimeType": "image/png", "buffer": fast})
    page.wait_for_selector("#uploaded img")
    finish(page)
    page.wait_for_selector(".grade-number", timeout=LATE)
    equal, yours, machines = (float(text.split()[0]) for text in page.locator(".grade-number").all_inner_texts())
    assert equal == 10
    assert yours == machines < 10
    # What it shows, how it is painted, colors and layout, and the measure as published.
    parts = page.locator(".grade").first.locator("dd").all_inner_texts()
    assert [float(part) for part in parts] == [10.0] * 4
    assert "two unrelated pictures" in page.inner_text("#ladder")


def test_upload_instead_of_drawing(page: Any, studio: Studio):
    begin(page, studio)
    page.set_input_files("#upload-file", picture_file())
    page.wait_for_selector("#uploaded img")
    assert page.is_hidden("#paper")
    # There is nothing to use the brushes on.
    assert page.evaluate("document.querySelector('#tools').inert")
    page.click("#upload-instead")
    assert not page.evaluate("document.querySelector('#tools').inert")
    assert page.is_visible("#paper")
    page.set_input_files("#upload-file", picture_file("blue"))
    page.wait_for_selector("#uploaded img")
    finish(page)
    page.wait_for_selector(".grade-number")
    source = page.get_attribute("[data-which=drawing] img", "src")
    answer = page.request.get(f"{studio.url[:-1]}{source}")
    assert np.asarray(Image.open(io.BytesIO(answer.body())).convert("RGB"))[20, 30].argmax() == 2


def test_a_seed_repeats_the_pair_and_what_is_kept_stays(page: Any, studio: Studio):

    def pair() -> list[str]:
        page.wait_for_selector("#pair-style img")
        return [page.get_attribute(f"#pair-{role} img", "src") for role in ("content", "style")]

    pairs = []
    for seed in (0, 1, 0, 5):
        page.goto(f"{studio.url}experiment?seed={seed}")
        page.wait_for_selector(f"#seed-link:text-is('{seed}')")
        pairs.append(pair())
    assert pairs[0] == pairs[2]
    assert len({str(each) for each in pairs}) == 3
    page.click("#pair-content-actions button[aria-pressed]")
    for _ in range(4):
        before = pair()
        page.click("#another")
        after = pair()
        assert after[0] == before[0]
        assert after[1] != before[1]
    # The server draws the same pair from the same seed.
    created = page.request.post(f"{studio.url}api/experiments", data={"seed": 5}).json()
    assert [f"/api/pictures/{created[role]}/view" for role in ("content", "style")] == pairs[3]


def test_an_own_picture_takes_part(page: Any, studio: Studio):
    page.goto(f"{studio.url}experiment?seed=1")
    page.wait_for_selector("#pair-content img")
    page.click("#pair-content-actions button:last-child")
    page.set_input_files("#chooser-file", picture_file())
    page.wait_for_selector("dialog", state="detached")
    assert "<i>mine" in page.inner_text("#pair-content")
    own = page.get_attribute("#pair-content img", "src")
    page.click("#another")
    assert page.get_attribute("#pair-content img", "src") == own


def test_an_experiment_is_deleted_and_its_pictures_stay(page: Any, context: Any, studio: Studio):
    begin(page, studio)
    draw(page)
    page.wait_for_selector("#board-status:text('Kept')")
    page.wait_for_selector("[data-method=optimize] p:text('Ready')")
    name, other = page.url.split("#")[1], context.new_page()
    other.goto(f"{studio.url}experiment#{name}")
    other.wait_for_selector("canvas.paper-canvas")
    row = page.locator(f".past-row:has([href='#{name}'])")
    row.locator("button").click()
    assert "Finished pictures stay in the gallery." in page.inner_text("dialog")
    page.keyboard.press("Escape")
    assert row.count() == 1
    row.locator("button").click()
    page.click("dialog button[value=delete]")
    for each in (page, other):
        each.wait_for_selector(".notice:has-text('The experiment was deleted.')")
        assert each.is_visible("#choose")
        assert each.locator(f"[href='#{name}']").count() == 0
    assert page.request.get(f"{studio.url}api/experiments/{name}").status == 404
    page.goto(f"{studio.url}gallery")
    page.wait_for_selector(".picture >> nth=1")


def test_a_picture_that_was_deleted_does_not_come_back(page: Any, studio: Studio):
    page.goto(f"{studio.url}experiment?seed=1")
    page.wait_for_selector("#pair-content img")
    chance = page.get_attribute("#pair-content img", "src")
    page.click("#pair-content-actions button:last-child")
    page.set_input_files("#chooser-file", picture_file())
    page.wait_for_selector("dialog", state="detached")
    page.click("#pair-content-actions button:last-child")
    page.click(".tile-delete")
    page.click(".dialog-small button[value=delete]")
    page.wait_for_selector(".tile-delete", state="detached")
    page.wait_for_selector(f"#pair-content img[src='{chance}']", state="attached")
    # The event that tells of the deletion has come before that of this picture.
    order(page, studio)
    page.wait_for_selector(".queue-row", state="attached")
    assert page.locator(".tile-delete").count() == 0


def test_a_reload_goes_on_with_the_drawing(page: Any, studio: Studio):
    begin(page, studio)
    draw(page)
    page.wait_for_selector("#board-status:text('Kept')")
    shown = page.evaluate(SHOWN)
    page.reload()
    page.wait_for_selector("#board-status:text('as you left it')")
    page.wait_for_selector(".swatch:nth-of-type(14)")
    assert page.evaluate(SHOWN) == shown
    finish(page)
    page.wait_for_selector(".grade-number")
    page.reload()
    page.wait_for_selector(".grade-number")
    page.click("#once-more")
    page.wait_for_selector("#choose:not([hidden])")
    page.click(".past-name")
    page.wait_for_selector("#results:not([hidden]) .grade-number")


def test_with_the_keyboard_alone(page: Any, studio: Studio):
    page.goto(f"{studio.url}experiment?seed=1")
    page.wait_for_selector("#begin:enabled")

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"{selector} cannot be reached by the Tab key")

    tab_to("#begin")
    page.keyboard.press("Enter")
    page.wait_for_selector(".swatch:nth-of-type(14)")
    assert page.evaluate("document.activeElement.id") == "title"
    tab_to("input[name=tool]")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("input[value=watercolor]")
    tab_to("#tool-radius")
    before = page.inner_text(".tool-slider output >> nth=0")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".tool-slider output >> nth=0") != before
    tab_to("canvas.paper-canvas")
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert page.get_attribute("#board-tools button >> nth=0", "aria-disabled") == "false"
    page.keyboard.press("Control+z")
    assert page.get_attribute("#board-tools button >> nth=0", "aria-disabled") == "true"
    page.keyboard.press("Control+Shift+z")
    page.focus("#done")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".grade-number")
    assert page.evaluate("document.activeElement.id") == "title"


def test_on_a_phone(browser: Any, studio: Studio, watched: Any):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    context.on("page", watched.watch)
    page = context.new_page()
    page.goto(f"{studio.url}experiment?seed=1")
    page.tap("#begin:enabled")
    page.wait_for_selector(".swatch:nth-of-type(14)")
    page.locator("canvas.paper-canvas").scroll_into_view_if_needed()
    box = page.locator("canvas.paper-canvas").bounding_box()
    # The paper stays where it is while the methods above it go on.
    says = "text => document.querySelectorAll('.method .help').forEach((node) => (node.textContent = text))"
    for text in ("Waiting", "Step 150 of 150 · size 2 of 2 · 11:06", "Ready; it is shown when you are done."):
        page.evaluate(says, text)
        assert page.locator("canvas.paper-canvas").bounding_box() == box
    page.evaluate("document.querySelectorAll('.method progress').forEach((bar) => bar.classList.toggle('over'))")
    assert page.locator("canvas.paper-canvas").bounding_box() == box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#board-tools button[aria-disabled=false]")
    page.tap("#done")
    page.tap("dialog button[value=done]")
    page.wait_for_selector(".grade-number")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_all_stages_can_be_read_and_used(page: Any, studio: Studio, scheme: str, width: int):
    def audit() -> list[str]:
        return json.loads(page.evaluate(AUDIT))

    page.set_viewport_size({"width": width, "height": 760})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{studio.url}experiment?seed=1")
    page.wait_for_selector("#begin:enabled")
    assert audit() == []
    begin(page, studio)
    draw(page)
    assert audit() == []
    finish(page)
    page.wait_for_selector(".grade-number")
    page.click("#meaning summary")
    assert audit() == []
