"""A picture from the first click to the file, with the real painter."""

import hashlib
import re

from nst_jax.images.writing import read_provenance
from tests.browser.browsing import (
    LATE,
    SOON,
    choose_file,
    encoded,
    expect,
    is_in_state,
    open_page,
    set_size,
    shown_job,
)


def test_a_picture_of_ones_own_from_the_first_click_to_the_file(real_page, real_studio, tmp_path):
    previews = {}

    def keep(response):
        found = re.search(r"/preview\?n=(\d+)", response.url)
        if found and response.status == 200:
            previews[int(found[1])] = hashlib.sha256(response.body()).hexdigest()

    real_page.on("response", keep)
    open_page(real_page, real_studio.url)
    choose_file(real_page, ".photo-button", "my photo.png", encoded(96, 64))
    choose_file(real_page, ".painting-button", "my painting.png", encoded(80, 80))
    expect(real_page.locator("#photo .photo-name")).to_have_text("my photo")
    expect(real_page.locator("#paintings .photo-name")).to_have_text("my painting")
    set_size(real_page, 64, steps=600)
    real_page.click("#paint")
    is_in_state(real_page, "queued", "starting", "painting")

    expect(real_page.locator("#show-optimize")).to_have_attribute("aria-pressed", "true", timeout=LATE)
    is_in_state(real_page, "done", timeout=LATE)
    assert len(previews) >= 2
    assert len(set(previews.values())) >= 2
    assert [*previews] == sorted(previews)

    name = shown_job(real_page)
    real_page.click("summary:has-text('Download')")
    with real_page.expect_download() as waiting:
        real_page.click("a:has-text('PNG')")
    download = waiting.value
    assert download.suggested_filename == "my photo_my painting.png"
    path = tmp_path / "result.png"
    download.save_as(path)
    assert path.read_bytes() == (real_studio.folder / "results" / f"{name}.png").read_bytes()
    provenance = read_provenance(path)
    assert provenance["ending"] == "all steps done"
    assert provenance["recipe"]["steps"] == 600

    # The fast picture of the same click.
    real_page.click("#show-fast")
    is_in_state(real_page, "done", timeout=LATE)
    assert shown_job(real_page) != name


def test_a_reload_in_the_middle_goes_on_and_stop_keeps_the_picture(real_page, real_studio):
    open_page(real_page, real_studio.url)
    set_size(real_page, 64, steps=5000)
    real_page.click(".segment:has-text('Careful')")
    real_page.click("#paint")
    is_in_state(real_page, "painting", timeout=LATE)
    name = shown_job(real_page)
    step = steps_of(real_page)

    real_page.reload()
    is_in_state(real_page, "painting")
    assert shown_job(real_page) == name
    assert steps_of(real_page) >= step
    expect(real_page.locator("#frame .frame-picture")).to_have_attribute(
        "data-url", re.compile(f"{name}/preview"), timeout=SOON
    )
    expect(real_page.locator("#curve .curve-line")).to_have_attribute("d", re.compile("^M.*L"))

    real_page.click("text=Stop and keep")
    is_in_state(real_page, "done")
    expect(real_page.locator("#stage-status")).to_contain_text("stopped by the user")
    # The command does not stop there.
    expect(real_page.locator("#command-note")).to_contain_text("It was stopped at step")


def steps_of(page):
    text = page.locator("#stage-status").text_content()
    return int(re.search(r"Step (\d+)", text)[1])


def test_a_file_that_is_no_picture_is_named_where_it_can_be_read(browser, studio):
    # The answer 400 is an error in the console, which the watched pages forbid.
    page = browser.new_page()
    open_page(page, studio.url)
    page.click(".photo-button")
    page.set_input_files("#chooser-file", {"name": "letter.jpg", "mimeType": "image/jpeg", "buffer": b"Dear"})
    # A message behind the modal dialog would be dimmed, and a click on it would not arrive.
    expect(page.locator(".notice-error")).to_contain_text("letter.jpg: This is no picture")
    page.click(".notice-error .button-icon", timeout=SOON)
    expect(page.locator(".notice-error")).to_have_count(0)
    page.set_input_files("#chooser-file", {"name": "letter.jpg", "mimeType": "image/jpeg", "buffer": b"Dear"})
    expect(page.locator(".notice-error")).to_have_count(1)
    page.keyboard.press("Escape")
    # It outlives the dialog, but not the next file.
    expect(page.locator("body > .notices .notice-error")).to_be_visible()
    choose_file(page, ".photo-button", "good.png", encoded())
    expect(page.locator(".notice-error")).to_have_count(0)
    expect(page.locator("#photo-card .photo-name")).to_have_text("good")
    page.close()
