"""Jobs that wait, run, are cancelled, fail, and are painted with no page open."""

import pytest

from tests.browser.browsing import SOON, expect, is_in_state, job, open_page, order, shown_job, until
from tests.browser.painter import FAIL, HOLD_PAINTING, HOLD_SAVING, HOLD_STARTING, QUICK


@pytest.mark.parametrize(
    ("state", "seed"), [("starting", HOLD_STARTING), ("painting", HOLD_PAINTING), ("saving", HOLD_SAVING)]
)
def test_a_running_job_is_cancelled_and_the_next_one_starts(page, studio, state, seed):
    first, second = order(page, studio, seed)["id"], order(page, studio, QUICK)["id"]
    until(page, studio, first, state)
    open_page(page, f"{studio.url}#{first}")
    is_in_state(page, state)
    page.get_by_role("button", name="Cancel", exact=True).click()
    is_in_state(page, "cancelled")
    until(page, studio, second, "done")
    assert job(page, studio, first)["state"] == "cancelled"
    # Neither a bar nor a preview of what was cancelled is left.
    expect(page.locator("#stage-progress")).to_be_hidden()
    expect(page.locator("#frame .frame-picture")).not_to_have_attribute("data-url", f"/api/jobs/{first}/preview")


def test_a_waiting_job_is_cancelled_from_the_queue(page, studio):
    first, second = order(page, studio, HOLD_PAINTING)["id"], order(page, studio)["id"]
    until(page, studio, first, "painting")
    open_page(page, studio.url)
    page.get_by_role("button", name="Queue, 2 pictures").click()
    waiting = page.locator("#queue .queue-row[data-state=queued]")
    waiting.get_by_role("button", name="Cancel").click()
    expect(waiting).to_have_count(0)
    expect(page.locator("#queue .queue-row[data-state=cancelled]")).to_have_count(1)
    assert job(page, studio, second)["state"] == "cancelled"
    assert job(page, studio, first)["state"] == "painting"


def test_three_jobs_are_painted_with_the_browser_closed(context, studio):
    page = context.new_page()
    names = [order(page, studio, HOLD_PAINTING)["id"], order(page, studio)["id"], order(page, studio)["id"]]
    open_page(page, studio.url)
    is_in_state(page, "painting")
    page.close()
    # No page is open, so that only the server's own work goes on.
    context.request.post(f"{studio.url}api/jobs/{names[0]}/stop")
    page = context.new_page()
    for name in names:
        until(page, studio, name, "done")
    open_page(page, f"{studio.url}gallery")
    expect(page.locator("#grid .picture")).to_have_count(3)


def test_a_failure_is_a_sentence_and_can_be_tried_again(page, studio):
    name = order(page, studio, FAIL)["id"]
    until(page, studio, name, "failed")
    open_page(page, f"{studio.url}#{name}")
    expect(page.locator("#stage-status")).to_contain_text("This cannot be painted; choose another size.")
    page.get_by_role("button", name="Try again").click()
    until(page, studio, name, "failed")
    is_in_state(page, "failed")


def test_what_the_server_refuses_is_said_beside_the_button(page, studio, watched):
    open_page(page, studio.url)
    page.fill("#setting-size", "3")
    page.press("#setting-size", "Tab")
    page.click("#paint")
    expect(page.locator("#paint-message")).to_contain_text("size")
    # The browser itself notes the refusal.
    watched.faults = [fault for fault in watched.faults if "400" not in fault]


def test_again_with_a_change_queues_the_same_picture(page, studio):
    name = order(page, studio)["id"]
    until(page, studio, name, "done")
    open_page(page, f"{studio.url}#{name}")
    page.click("summary:has-text('Again with')")
    page.get_by_role("button", name="larger strokes").click()
    expect(page.locator("#stage")).not_to_have_attribute("data-job", name)
    is_in_state(page, "done")
    made = job(page, studio, shown_job(page))
    assert made["settings"] == {"seed": 0, "style_scale": 1.5}
    page.click("summary:has-text('Settings, and the command')")
    expect(page.locator("#command-text")).to_contain_text("--style-scale 1.5", timeout=SOON)


def test_several_paintings_are_mixed(page, studio):
    open_page(page, studio.url)
    page.click("#add-painting")
    page.click("dialog .tile-button:has-text('poppy')")
    expect(page.locator(".painting")).to_have_count(2)
    page.locator(".painting input[type=range]").nth(1).fill("3")
    expect(page.locator(".share").nth(1)).to_have_text("75 %")
    page.click("#paint")
    is_in_state(page, "done")
    page.click("#show-optimize")
    made = job(page, studio, shown_job(page))
    assert [style["weight"] for style in made["styles"]] == [1, 3]
    assert "--style-blend 1 3" in made["command"]
