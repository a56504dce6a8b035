"""The gallery: stars, deletion, downloads, and names that look like markup."""

import io
import zipfile

import pytest

from tests.browser.browsing import encoded, expect, is_in_state, open_page, order, until

MARKUP = "<img src=x onerror=alert(1)><b>bold"


@pytest.fixture
def two(page, studio):
    names = [order(page, studio)["id"] for _ in range(2)]
    for name in names:
        until(page, studio, name, "done")
    open_page(page, f"{studio.url}gallery")
    expect(page.locator("#grid .picture")).to_have_count(2)
    return names


def test_stars_choose(page, studio, two):
    page.locator(f"[data-job='{two[0]}'] .button-icon").click()
    expect(page.locator(f"[data-job='{two[0]}'] .button-icon")).to_have_attribute("aria-pressed", "true")
    page.click(".segment:has-text('Starred')")
    expect(page.locator("#grid .picture")).to_have_count(1)
    page.reload()
    expect(page.locator(f"[data-job='{two[0]}'] .button-icon")).to_have_attribute("aria-pressed", "true")


def test_deletion_is_asked_about(page, studio, two):
    page.locator(f"[data-job='{two[0]}'] .picture-open").click()
    page.locator(".detail").get_by_role("button", name="Delete").click()
    page.locator(".dialog-small").get_by_role("button", name="Cancel").click()
    expect(page.locator("#grid .picture")).to_have_count(2)
    page.locator(".detail").get_by_role("button", name="Delete").click()
    page.locator(".dialog-small").get_by_role("button", name="Delete").click()
    expect(page.locator("#grid .picture")).to_have_count(1)
    expect(page.locator(".detail")).to_be_hidden()
    assert page.request.get(f"{studio.url}api/jobs/{two[0]}").status == 404


def test_selected_pictures_come_as_one_zip_file(page, studio, two):
    for name in two:
        page.locator(f"[data-job='{name}'] input").check()
    expect(page.locator("#selection-count")).to_have_text("2 pictures")
    with page.expect_download() as waiting:
        page.click("#selection-zip")
    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    assert len(archive.namelist()) == 2
    assert all(archive.read(name).startswith(b"\x89PNG") for name in archive.namelist())
    # One picture is not "they".
    page.locator(f"[data-job='{two[0]}'] input").uncheck()
    page.locator("#selection").get_by_role("button", name="Delete").click()
    expect(page.locator(".dialog-small")).to_contain_text("Delete this picture?It is removed")


@pytest.mark.parametrize(("word", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("TIFF", ".tif")])
def test_every_format_can_be_downloaded(page, studio, two, word, suffix):
    page.locator(f"[data-job='{two[0]}'] .picture-open").click()
    page.click(".detail summary:has-text('Download')")
    with page.expect_download() as waiting:
        page.click(f".detail a:has-text('{word}')")
    assert waiting.value.suggested_filename.endswith(suffix)
    assert waiting.value.failure() is None


def test_make_again_gives_the_same_picture(page, studio, two):
    page.locator(f"[data-job='{two[0]}'] .picture-open").click()
    page.get_by_role("button", name="Make again").click()
    expect(page.locator("#grid .picture")).to_have_count(3)
    made = page.request.get(f"{studio.url}api/gallery").json()["jobs"]
    files = {page.request.get(f"{studio.url}api/jobs/{job['id']}/result").body() for job in made}
    assert len(files) == 1


def test_the_slider_shows_more_or_less_of_the_photograph(page, studio, two):
    page.locator(f"[data-job='{two[0]}'] .picture-open").click()
    page.locator(".detail").get_by_role("button", name="Compare").click()
    slider = page.locator(".detail .frame-slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".detail .frame-before")).to_have_css("clip-path", "inset(0px 100% 0px 0px)")
    page.keyboard.press("End")
    expect(page.locator(".detail .frame-before")).to_have_css("clip-path", "inset(0px 0% 0px 0px)")


def test_a_file_name_that_looks_like_markup_is_text_everywhere(page, studio):
    open_page(page, studio.url)
    page.click(".photo-button")
    files = {"name": f"{MARKUP}.png", "mimeType": "image/png", "buffer": encoded()}
    page.set_input_files("#chooser-file", files)
    expect(page.locator("#photo .photo-name")).to_have_text(MARKUP)
    page.click("#paint")
    is_in_state(page, "done")
    expect(page.locator("#stage-title")).to_contain_text(MARKUP)
    page.click("#header-queue")
    expect(page.locator("#queue .queue-name").first).to_contain_text(MARKUP)
    page.keyboard.press("Escape")
    open_page(page, f"{studio.url}gallery")
    page.locator(".picture-open").first.click()
    expect(page.locator("#detail-title")).to_contain_text(MARKUP)
    assert page.locator("b").count() == 0
    assert page.locator("img[src='x']").count() == 0
