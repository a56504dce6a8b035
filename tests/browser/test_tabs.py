"""Several tabs see the same, however many there are."""

from tests.browser.browsing import encoded, expect, is_in_state, open_page, order, shown_job, until
from tests.browser.painter import HOLD_PAINTING


def test_a_second_tab_follows_the_first(context, studio):
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        open_page(page, studio.url)
    first.click("details.more summary")
    first.fill("#setting-seed", str(HOLD_PAINTING))
    first.press("#setting-seed", "Tab")
    first.click(".segment:has-text('Careful')")
    first.click("#paint")
    for page in (first, second):
        is_in_state(page, "painting")
    assert shown_job(first) == shown_job(second)
    second.click("text=Stop and keep")
    is_in_state(first, "done")


def test_seven_tabs_stay_in_step_and_leave_connections_for_uploads(context, studio):
    pages = [open_page(context.new_page(), studio.url) for _ in range(7)]
    name = order(pages[0], studio, HOLD_PAINTING)["id"]
    for page in pages:
        is_in_state(page, "painting")
    # Browsers allow six connections to one origin: with a stream for each tab, this would wait for ever.
    last = pages[-1]
    last.click(".photo-button")
    last.set_input_files("#chooser-file", {"name": "seventh.png", "mimeType": "image/png", "buffer": encoded()})
    expect(last.locator("#photo .photo-name")).to_have_text("seventh")
    # All tabs learn of the new picture.
    pages[0].click(".photo-button")
    expect(pages[0].locator("dialog .tile-button:has-text('seventh')")).to_have_count(1)
    pages[0].keyboard.press("Escape")
    last.request.post(f"{studio.url}api/jobs/{name}/stop")
    until(last, studio, name, "done")
    for page in pages:
        expect(page.locator("#queue .queue-row[data-state=done]")).to_have_count(1)


def test_a_page_that_comes_back_knows_what_it_has_missed(context, studio):
    page = open_page(context.new_page(), studio.url)
    name = order(page, studio, HOLD_PAINTING)["id"]
    is_in_state(page, "painting")
    page.goto(f"{studio.url}about")
    page.request.post(f"{studio.url}api/jobs/{name}/stop")
    until(page, studio, name, "done")
    page.go_back()
    expect(page.locator("#queue .queue-row[data-state=done]")).to_have_count(1)
