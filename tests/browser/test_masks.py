"""Masks in the page: of the photograph, of each painting, and what they do to the picture."""

import io

import numpy as np
from PIL import Image

from tests.browser.browsing import (
    LATE,
    choose_file,
    encoded,
    expect,
    is_in_state,
    job,
    open_page,
    set_size,
    shown_job,
)


def brush(page, *line):
    """Move the mouse over the mask from (x0, y0) to (x1, y1), in parts of its width and height."""
    expect(page.locator(".mask-canvas")).to_be_visible()
    page.locator(".mask-canvas").scroll_into_view_if_needed()
    box = page.locator(".mask-canvas").bounding_box()
    x0, y0, x1, y1 = (box[side] + value * box[extent] for value, side, extent in zip(line, "xyxy", SIDES, strict=True))
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=8)
    page.mouse.up()


SIDES = ("width", "height", "width", "height")


def rgb(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def target(page, name):
    return page.locator("#mask-targets .segment").filter(has_text=name)


def test_outside_of_a_mask_that_was_painted_in_the_page_the_result_is_the_photograph(real_page, real_studio):
    photograph = encoded(96, 64)
    open_page(real_page, real_studio.url)
    choose_file(real_page, ".photo-button", "photo.png", photograph)
    choose_file(real_page, ".painting-button", "painting.png", encoded(80, 80))
    real_page.click("#photo-card .edit-mask")
    real_page.fill("#mask-radius", "10")
    brush(real_page, 0.25, 0.3, 0.5, 0.3)
    real_page.click("#use-mask")
    expect(real_page.locator("#photo-card .mask-thumbnail")).to_be_visible()
    set_size(real_page, 96, steps=6)
    real_page.click(".segment:has-text('Careful')")
    real_page.click("#paint")
    is_in_state(real_page, "done", timeout=LATE)
    made = job(real_page, real_studio, shown_job(real_page))
    assert (made["width"], made["height"]) == (96, 64)
    api = f"{real_studio.url}api"
    mask = rgb(real_page.request.get(f"{api}/pictures/{made['content_mask']}/file").body())[..., 0]
    result = rgb(real_page.request.get(f"{api}/jobs/{made['id']}/result?format=png").body())
    assert set(np.unique(mask)) == {0, 255}
    assert 300 < (mask > 0).sum() < mask.size / 3
    assert mask[19, 36] == 255
    assert (result[mask == 0] == rgb(photograph)[mask == 0]).all()
    assert (np.abs(result - rgb(photograph))[mask > 0] > 2).any(1).mean() > 0.5


def test_either_each_painting_has_a_mask_or_none(page, studio):
    open_page(page, studio.url)
    page.click("#add-painting")
    page.click("dialog .tile-button:has-text('poppy field')")
    page.click("#tab-mask")
    target(page, "night swirls").click()
    expect(page.locator("#mask-rule")).to_have_text("Either each painting has a mask, or none.")
    expect(page.locator("#mask-regions")).to_contain_text("Take the style from here")
    brush(page, 0.2, 0.2, 0.4, 0.4)
    page.click("#use-mask")
    # The tab goes on to the painting that lacks one.
    expect(target(page, "poppy field").locator("input")).to_be_checked()
    expect(page.locator("#mask-rule")).to_have_text(
        "Either each painting has a mask, or none. Still without: poppy field."
    )
    page.click("#paint")
    expect(page.locator("#paint-message")).to_contain_text("Some paintings have a mask and others none")
    # A blank mask is none.
    page.click("#use-mask")
    expect(page.locator(".notice-error")).to_contain_text("There is too little on this mask")
    brush(page, 0.5, 0.5, 0.7, 0.5)
    page.click("#use-mask")
    expect(page.locator("#paint")).to_be_focused()
    expect(page.locator("#paintings .mask-thumbnail >> visible=true")).to_have_count(2)
    expect(page.locator("#photo-card .mask-thumbnail")).to_be_hidden()
    page.click("#paint")
    is_in_state(page, "done")
    made = job(page, studio, shown_job(page))
    assert made["content_mask"] is None
    masks = [style["mask"] for style in made["styles"]]
    assert len(set(masks)) == 2
    assert made["command"].count("--style-mask") == 1
    pixels = [rgb(page.request.get(f"{studio.url}api/pictures/{mask}/file").body()) for mask in masks]
    assert [plane[len(plane) * 3 // 10, int(plane.shape[1] * 0.3), 0] for plane in pixels] == [255, 0]
    page.click("#paintings .remove-mask >> nth=0")
    page.click("#paintings .remove-mask >> visible=true")
    page.click("#tab-mask")
    expect(page.locator("#mask-rule")).not_to_contain_text("Still without")


def test_a_mask_in_use_is_there_again_after_a_reload_and_strokes_stay_while_one_changes(page, studio):
    open_page(page, studio.url)
    page.click("#tab-mask")
    brush(page, 0.3, 0.5, 0.6, 0.5)
    page.click("#use-mask")
    expect(page.locator("#photo-card .mask-thumbnail")).to_be_visible()
    shown = "() => document.querySelector('.mask-canvas').toDataURL()"
    page.click("#tab-mask")
    brushed = page.evaluate(shown)
    open_page(page, studio.url)
    page.click("#photo-card .edit-mask:has-text('Change the mask')")
    expect(page.locator(".mask-canvas")).to_be_visible()
    page.wait_for_function(f"(brushed) => ({shown})() === brushed", arg=brushed)
    page.click("#mask-clear")
    page.wait_for_function(f"(brushed) => ({shown})() !== brushed", arg=brushed)
    cleared = page.evaluate(shown)
    target(page, "night swirls").click()
    expect(page.locator(".mask-canvas")).to_have_attribute(
        "aria-label", "Mask of night swirls: paint over the parts whose style is taken"
    )
    target(page, "Photograph").click()
    expect(page.locator(".mask-canvas")).to_have_attribute(
        "aria-label", "Mask of chelsea: paint over the parts that are to be painted"
    )
    assert page.evaluate(shown) == cleared


def brush_regions(page, *names):
    """Brush a stripe in the style of each painting, from the top down."""
    for number, name in enumerate(names):
        page.locator("#mask-regions .segment").filter(has_text=name).click()
        brush(page, 0.1, 0.2 + 0.3 * number, 0.9, 0.2 + 0.3 * number)


def test_regions_take_one_painting_each_whatever_the_shares_were(page, studio):
    open_page(page, studio.url)
    page.click("#add-painting")
    page.click("dialog .tile-button:has-text('poppy field')")
    page.fill("#paintings .mix input >> nth=1", "3")
    expect(page.locator("#paintings .share >> nth=1")).to_have_text("75 %")
    page.click("#tab-mask")
    brush_regions(page, "poppy field")
    page.click("#use-mask")
    expect(page.locator(".notice")).to_contain_text("inside of it the paintings are mixed")
    expect(page.locator("#paintings .mix >> visible=true")).to_have_count(2)
    page.click("#tab-mask")
    brush_regions(page, "night swirls", "poppy field")
    page.click("#use-mask")
    expect(page.locator("#paintings .mix >> visible=true")).to_have_count(0)
    expect(page.locator("#paintings-hint")).to_have_text("Each has a region of the mask of its own.")
    page.click(".segment:has-text('Careful')")
    page.click("#paint")
    is_in_state(page, "done")
    made = job(page, studio, shown_job(page))
    assert made["blend"] == []
    assert "--style-blend" not in made["command"]


def test_regions_for_some_of_the_paintings_only_are_refused(page, studio):
    open_page(page, studio.url)
    for name in ("poppy field", "harbor print"):
        page.click("#add-painting")
        page.click(f"dialog .tile-button:has-text('{name}')")
    page.click("#tab-mask")
    brush_regions(page, "night swirls", "poppy field")
    page.click("#use-mask")
    expect(page.locator(".notice-error")).to_contain_text("regions for 2 paintings, and there are 3")
    expect(page.locator("#photo-card .mask-thumbnail")).to_be_hidden()
