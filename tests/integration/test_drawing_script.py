"""The drawing of the studio's screenshots follows the photograph, in colors of the palette."""

import importlib.util
import sys

import numpy as np
import pytest

from tests.integration.programs import ROOT


@pytest.fixture(scope="module")
def plan_strokes():
    spec = importlib.util.spec_from_file_location("studio_drawing", ROOT / "scripts" / "studio_drawing.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module.plan_strokes
    del sys.modules[spec.name]


def test_a_bright_tower_in_a_dark_sky_is_washed_massed_and_outlined(plan_strokes):
    photo = np.full((80, 120, 3), 0.1, np.float32)
    photo[20:, 50:70] = 0.9
    palette = ["#101820", "#708090", "#f0e8d0"]
    strokes = plan_strokes(photo, palette)
    assert strokes == plan_strokes(photo, palette)
    tools = [stroke.tool for stroke in strokes]
    assert {*tools} == {"watercolor", "acrylic", "pencil"}
    assert tools == sorted(tools, key=["watercolor", "acrylic", "pencil"].index)
    assert {stroke.color for stroke in strokes} <= {*palette}
    lines = np.concatenate([stroke.points for stroke in strokes if stroke.tool == "pencil"])
    # The outline: at the sides of the tower, or at its top.
    beside, above = np.abs(np.abs(lines[:, 0] - 0.5) - 1 / 12), np.abs(lines[:, 1] - 0.25)
    assert np.median(np.minimum(beside, above)) < 0.03
    bright = [np.mean(stroke.points, axis=0) for stroke in strokes if stroke.color == "#f0e8d0"]
    assert bright
    assert all(abs(x - 0.5) < 0.2 for x, _ in bright)
