"""Labels, contrast and layout of the studio's pages, in light and dark, on a desk and on a phone."""

import json

import pytest

from tests.browser.audit import AUDIT
from tests.browser.browsing import expect, is_in_state, open_page, order, until
from tests.browser.painter import HOLD_PAINTING, QUICK

PAGES = ("", "gallery", "about")


def audit(page):
    # Transitions would be measured half-way.
    page.emulate_media(reduced_motion="reduce")
    return json.loads(page.evaluate(AUDIT))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_all_pages_can_be_read_and_used(context, studio, scheme, width):
    page = context.new_page()
    for seed in (QUICK, HOLD_PAINTING):
        name = order(page, studio, seed)["id"]
        until(page, studio, name, "done", "painting")
    page.set_viewport_size({"width": width, "height": 760})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for address in PAGES:
        open_page(page, f"{studio.url}{address}") if address != "about" else page.goto(f"{studio.url}about")
        expect(page.locator("#header-queue")).to_be_visible()
        for details in page.locator("details:visible").all():
            details.evaluate("(node) => { node.open = true; }")
        assert audit(page) == [], f"{address or 'studio'} in {scheme} at {width}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_and_the_queue_can_be_read_and_used(context, studio, scheme):
    page = context.new_page()
    name = order(page, studio)["id"]
    until(page, studio, name, "done")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    open_page(page, f"{studio.url}#{name}")
    is_in_state(page, "done")
    page.click("#header-queue")
    assert audit(page) == []
    page.keyboard.press("Escape")
    page.click("#add-painting")
    assert audit(page) == []
    page.keyboard.press("Escape")
    open_page(page, f"{studio.url}gallery#{name}")
    expect(page.locator(".detail")).to_be_visible()
    assert audit(page) == []


def test_the_chosen_colors_stay(page, studio):
    page.emulate_media(color_scheme="light")
    open_page(page, studio.url)
    page.get_by_role("button", name="Use dark colors").click()
    page.reload()
    expect(page.get_by_role("button", name="Use light colors")).to_be_visible()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")


def test_what_happens_is_said(page, studio):
    open_page(page, studio.url)
    page.click("#paint")
    expect(page.locator("#announcer")).to_contain_text("Done")
