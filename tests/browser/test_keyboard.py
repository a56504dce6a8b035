"""The studio without a mouse."""

from tests.browser.browsing import expect, is_in_state, open_page, order, until


def tab_to(page, selector, limit=60):
    """Press Tab until an element has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.locator(selector).evaluate("(node) => node === document.activeElement"):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


def test_the_first_tab_skips_the_header(page, studio):
    open_page(page, studio.url)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_picture_is_chosen_and_painted(page, studio):
    open_page(page, studio.url)
    tab_to(page, ".photo-button")
    page.keyboard.press("Enter")
    tab_to(page, "dialog .tile-button:has-text('rocket')")
    page.keyboard.press("Enter")
    expect(page.locator("#photo .photo-name")).to_have_text("rocket")
    expect(page.locator(".photo-button")).to_be_focused()
    tab_to(page, "#setting-style_strength")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-setting=style_strength] .value")).to_have_text("0.55")
    tab_to(page, "#paint")
    page.keyboard.press("Enter")
    is_in_state(page, "done")


def test_menus_open_and_close(page, studio):
    name = order(page, studio)["id"]
    until(page, studio, name, "done")
    open_page(page, f"{studio.url}#{name}")
    is_in_state(page, "done")
    menu = page.locator(".menu:has-text('Again with')")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(menu.locator(".menu-item").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_the_queue_opens_and_gives_the_focus_back(page, studio):
    open_page(page, studio.url)
    page.focus("#header-queue")
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.locator("#header-queue")).to_be_focused()


def test_the_tabs_of_the_stage_are_changed_by_arrows(page, studio):
    open_page(page, studio.url)
    page.focus("#tab-picture")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-mask")).to_be_focused()
    expect(page.locator("#panel-mask")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#panel-picture")).to_be_visible()


def test_the_gallery_is_leafed_through(page, studio):
    for name in [order(page, studio)["id"], order(page, studio, styles=[{"picture": "samplepoppyfield0000"}])["id"]]:
        until(page, studio, name, "done")
    open_page(page, f"{studio.url}gallery")
    expect(page.locator(".picture")).to_have_count(2)
    tab_to(page, ".picture-open >> nth=0")
    page.keyboard.press("Enter")
    expect(page.locator("#detail-title")).to_contain_text("poppy field")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#detail-title")).to_contain_text("night swirls")
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_be_hidden()
    expect(page.locator(".picture-open").first).to_be_focused()
