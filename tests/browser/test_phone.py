"""The studio on a phone: 360 pixels, touched with a finger."""

import pytest

from tests.browser.browsing import expect, is_in_state, open_page, order, until


@pytest.fixture
def phone(browser, studio, watched, context):
    """A page on a phone. It is closed before `context` empties the studio; otherwise it asks for what is gone."""
    profile = browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, has_touch=True, is_mobile=True
    )
    profile.on("page", watched.watch)
    yield profile.new_page()
    profile.close()


@pytest.fixture
def finished(phone, studio):
    """A finished picture."""
    name = order(phone, studio)["id"]
    until(phone, studio, name, "done")
    return name


def test_a_picture_is_painted_by_touch(phone, studio):
    open_page(phone, studio.url)
    phone.tap("#paint")
    is_in_state(phone, "done")
    # The picture is seen without scrolling back to it.
    expect(phone.locator("#frame")).to_be_in_viewport(ratio=0.3)


def test_no_page_is_wider_than_the_phone(phone, studio, finished):
    for address in ("", "gallery", "about", f"gallery#{finished}", f"#{finished}"):
        phone.goto(f"{studio.url}{address}")
        expect(phone.locator("#header-queue")).to_be_visible()
        assert phone.evaluate("() => document.documentElement.scrollWidth") == 360, address


def test_before_and_after_by_touch(phone, studio, finished):
    open_page(phone, f"{studio.url}#{finished}")
    is_in_state(phone, "done")
    phone.tap("button:has-text('Compare')")
    slider = phone.locator("#frame .frame-slider")
    box = slider.bounding_box()
    phone.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"])
    assert 70 <= int(slider.input_value()) <= 90


def test_a_mask_is_painted_with_a_finger(phone, studio):
    open_page(phone, studio.url)
    phone.tap("#tab-mask")
    canvas = phone.locator(".mask-canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    phone.tap("#use-mask")
    expect(phone.locator("#photo-card .mask-thumbnail")).to_be_visible()
