"""The palette of an experiment, which comes from the painting while one may paint already."""

from typing import Any

import pytest

from tests.browser.browsing import Studio
from tests.browser.test_experiment import draw

SWATCHES = ".swatch:nth-of-type(14)"


@pytest.mark.parametrize("use", ["nothing", "a stroke", "a color"])
def test_a_color_that_is_in_use_before_the_palette_arrives_stays(page: Any, studio: Studio, use: str):
    held: list[Any] = []
    page.route("**/palette", lambda route: held.append(route))
    page.goto(f"{studio.url}experiment?seed=1")
    page.click("#begin:enabled")
    page.wait_for_selector("canvas.paper-canvas")
    before = page.input_value("#color")
    if use == "a stroke":
        draw(page)
    elif use == "a color":
        page.fill("#color", "#123456")
        before = "#123456"
    with page.expect_response("**/palette"):
        held[0].continue_()
    page.wait_for_selector(SWATCHES)
    assert (page.input_value("#color") == before) == (use != "nothing")
