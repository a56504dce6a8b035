"""Brushes in a real browser: what they paint, with mouse, pen, fingers and keys; undo; the kept painting; export."""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

TOOLS = ("acrylic", "watercolor", "pencil", "knife", "water", "eraser")
WIDTH, HEIGHT = 400, 300
# Puts a painting on the page as window.painting.
START = """
async ([width, height, seed]) => {
  const { Painting } = await import("/static/js/paint/painting.js");
  document.body.replaceChildren(document.createElement("canvas"));
  document.body.style.margin = "0";
  const canvas = document.querySelector("canvas");
  canvas.tabIndex = 0;
  canvas.style.display = "block";
  window.painting = new Painting(canvas, { width, height, seed });
}
"""
# Draws a straight stroke whose samples are the same each time.
STROKE = """
([tool, options, x0, y0, x1, y1, pressure]) => {
  painting.setTool(tool, options);
  const samples = Array.from({ length: 24 }, (_, i) => (
    { x: x0 + (x1 - x0) * i / 23, y: y0 + (y1 - y0) * i / 23, pressure, tilt: 0, time: i * 16 }
  ));
  painting.drawStroke(samples);
  painting.render();
}
"""
SHOWN = "() => { painting.render(); return painting.canvas.toDataURL('image/png'); }"
EXPORTED = """
async () => {
  const bytes = new Uint8Array(await (await painting.toBlob()).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return "data:image/png;base64," + btoa(text);
}
"""
# Exact: not what is shown, but all that the painting consists of.
BYTES = """
() => {
  const hash = (values) => values.reduce((sum, value) => (Math.imul(sum, 31) + value) >>> 0, 7);
  return painting.surface.planes.map(({ values }) => hash(values)).join();
}
"""


def pixels(url: str) -> np.ndarray:
    """A picture of the page, (height, width, 3) of 0 to 255."""
    file = io.BytesIO(base64.b64decode(url.split(",", 1)[1]))
    return np.asarray(Image.open(file).convert("RGB")).astype(int)


class Paper:
    """A page with a painting."""

    def __init__(self, page: Any, seed: int = 3):
        self.page = page
        page.evaluate(START, [WIDTH, HEIGHT, seed])

    def stroke(self, tool: str, *line: float, pressure: float = 0.6, **options: Any) -> None:
        self.page.evaluate(STROKE, [tool, {"radius": 20} | options, *line, pressure])

    def ground(self) -> None:
        """Give water and eraser something to work on."""
        self.stroke("acrylic", 20, 150, 380, 150, radius=60, color="#883322", pressure=0.9)

    @property
    def shown(self) -> np.ndarray:
        return pixels(self.page.evaluate(SHOWN))

    @property
    def state(self) -> str:
        return self.page.evaluate(BYTES)


@pytest.fixture
def paper(blank: Callable[..., Any]) -> Paper:
    return Paper(blank())


@pytest.mark.parametrize("tool", TOOLS)
def test_a_stroke_of_the_mouse_changes_pixels_only_near_its_path(paper: Paper, tool: str):
    paper.ground()
    before = paper.shown
    paper.page.evaluate("(tool) => painting.setTool(tool, { radius: 20, color: '#2040c0' })", tool)
    paper.page.mouse.move(100, 150)
    paper.page.mouse.down()
    paper.page.mouse.move(300, 170, steps=12)
    paper.page.mouse.up()
    changed = (paper.shown != before).any(2)
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 500
    assert rows.min() >= 150 - 45
    assert rows.max() <= 170 + 45
    assert columns.min() >= 100 - 45
    assert columns.max() <= 300 + 45


@pytest.mark.parametrize("tool", TOOLS)
def test_the_same_seed_gives_the_same_pixels_and_pressure_counts(blank: Callable[..., Any], tool: str):
    page = blank()
    states = []
    for pressure in (0.6, 0.6, 0.25):
        paper = Paper(page)
        paper.ground()
        paper.stroke(tool, 60, 150, 340, 140, pressure=pressure, color="#2040c0")
        states.append(paper.state)
    assert states[0] == states[1]
    assert states[0] != states[2]


def test_undo_and_redo_restore_the_exact_bytes(paper: Paper):
    states = [paper.state]
    for row, tool in enumerate(TOOLS):
        paper.stroke(tool, 20, 40 + 40 * row, 380, 250 - 30 * row)
        states.append(paper.state)
    assert len(set(states)) == len(states)
    for state in states[-2::-1]:
        paper.page.evaluate("() => painting.undo()")
        assert paper.state == state
    for state in states[1:]:
        paper.page.evaluate("() => painting.redo()")
        assert paper.state == state
    paper.page.evaluate("() => painting.clear()")
    assert paper.state != states[-1]
    paper.page.evaluate("() => painting.undo()")
    assert paper.state == states[-1]


def test_acrylic_shows_relief_and_watercolor_a_dark_edge(paper: Paper):
    paper.stroke("acrylic", 40, 60, 360, 60, radius=30, color="#808080")
    paper.stroke("watercolor", 40, 200, 360, 200, radius=40, color="#3060b0", wetness=0)
    shown = paper.shown[..., 0]
    relief = np.abs(np.diff(shown[45:75, 60:120], axis=0)).mean()
    wash = np.abs(np.diff(shown[190:210, 60:340], axis=0)).mean()
    assert relief > 3 * wash
    edges, middles = [], []
    for column in range(80, 320, 4):
        inside = np.nonzero(shown[130:200, column] < 205)[0][0] + 130
        edges.append(shown[inside : inside + 6, column].min())
        middles.append(shown[192:208, column].mean())
    assert np.mean(edges) < np.mean(middles) - 8


def test_some_bristles_take_up_what_they_cross_and_others_stay_pure(paper: Paper):
    paper.stroke("acrylic", 120, 20, 120, 280, radius=40, pressure=0.9, color="#b02d18")
    paper.stroke("acrylic", 40, 150, 360, 150, radius=40, pressure=0.9, color="#e2c455")
    crossed = paper.shown[120:180, 200:280]
    green_of_red = (crossed[..., 1] / crossed[..., 0])[np.ptp(crossed, axis=-1) > 60]
    assert np.ptp(np.percentile(green_of_red, [10, 90])) > 0.2


def test_a_wash_is_smooth_in_places_and_grainy_in_others(paper: Paper):
    paper.stroke("watercolor", 40, 150, 360, 150, radius=60, color="#183e88", opacity=0.8, wetness=0.5)
    shown = paper.shown[110:190, 60:340].mean(-1)
    blocks = shown.reshape(4, 20, 14, 20).swapaxes(1, 2)
    grain = np.diff(blocks, axis=-1).std((-2, -1)) / blocks.mean((-2, -1))
    smooth, grainy = np.percentile(grain, [10, 90])
    assert grainy > 2.5 * smooth


@pytest.mark.parametrize("tool", ["acrylic", "watercolor"])
def test_blue_over_yellow_is_greener_than_either(paper: Paper, tool: str):
    def greenness(rows: slice, columns: slice) -> float:
        red, green, blue = paper.shown[rows, columns].reshape(-1, 3).mean(0)
        return float(green - max(red, blue))

    paper.stroke(tool, 200, 20, 200, 280, radius=50, color="#f0c814", pressure=0.9, wetness=0)
    yellow = greenness(slice(40, 70), slice(185, 215))
    paper.page.evaluate("() => painting.dry()")
    paper.stroke(tool, 30, 170, 385, 170, radius=26, color="#2f60c8", pressure=0.9, wetness=1)
    blue = greenness(slice(160, 180), slice(60, 110))
    # The brush takes yellow up on its way, a wash lets it shine through.
    over = greenness(slice(160, 180), slice(215, 240) if tool == "acrylic" else slice(180, 220))
    assert over > max(yellow, blue) + 5


def test_the_export_is_what_is_shown_and_leaves_the_light_table_out(paper: Paper):
    paper.stroke("acrylic", 40, 60, 360, 200)
    shown = paper.shown
    paper.page.evaluate(
        """() => {
          const photo = new OffscreenCanvas(40, 30);
          const context = photo.getContext("2d");
          context.fillStyle = "black";
          context.fillRect(0, 0, 40, 30);
          painting.setLightTable(photo, 0.5);
        }"""
    )
    lit = paper.shown
    assert lit[5, 5].sum() < shown[5, 5].sum() * 0.6, "bare paper shows the photograph"
    assert (pixels(paper.page.evaluate(EXPORTED)) == shown).all()
    paper.page.evaluate("() => painting.setLightTable(null)")
    assert (paper.shown == shown).all()


def test_a_pen_presses_and_leans(paper: Paper):
    session = paper.page.context.new_cdp_session(paper.page)

    def draw(y: float, force: float, tilt: int = 0) -> int:
        before = paper.shown
        pen = {"pointerType": "pen", "button": "left", "buttons": 1, "force": force, "tiltX": tilt}
        session.send("Input.dispatchMouseEvent", {"type": "mousePressed", "x": 60, "y": y, "clickCount": 1} | pen)
        for x in range(70, 340, 10):
            session.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y} | pen)
        session.send("Input.dispatchMouseEvent", {"type": "mouseReleased", "x": 340, "y": y} | pen)
        return int((np.abs(paper.shown - before).sum(2) > 30).sum())

    paper.page.evaluate("() => painting.setTool('pencil', { radius: 3 })")
    light, firm, leaning = draw(60, 0.1), draw(150, 1.0), draw(240, 1.0, tilt=60)
    assert light < 0.7 * firm
    assert firm < leaning


def test_one_finger_paints_two_fingers_do_not(blank: Callable[..., Any]):
    paper = Paper(blank(has_touch=True, viewport={"width": 400, "height": 700}))
    session = paper.page.context.new_cdp_session(paper.page)
    empty = paper.state

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", (80, 100))
    for x in range(90, 300, 20):
        touch("touchMove", (x, 110))
    touch("touchEnd")
    painted = paper.state
    assert painted != empty
    touch("touchStart", (100, 200))
    touch("touchMove", (120, 200))
    touch("touchStart", (120, 200), (200, 220))
    touch("touchMove", (110, 200), (260, 220))
    touch("touchEnd")
    assert paper.state == painted, "a pinch takes its first finger's stroke back"


def test_arrow_keys_and_space_paint(paper: Paper):
    keyboard = paper.page.keyboard
    paper.page.focus("canvas")
    keyboard.press("ArrowLeft")
    before = paper.shown
    keyboard.press("Space")
    for _ in range(10):
        keyboard.press("ArrowRight")
    keyboard.press("Space")
    changed = (paper.shown != before).any(2)
    rows, columns = np.nonzero(changed)
    assert np.ptp(columns) > 60
    assert abs(rows.mean() - HEIGHT / 2) < 10
    after = paper.state
    keyboard.press("ArrowRight")
    assert paper.state == after, "the lifted brush only moves"


def test_a_closed_tab_loses_nothing(blank: Callable[..., Any]):
    page = blank()
    keep = """async (restore) => {
      const { Autosave } = await import("/static/js/paint/autosave.js");
      const autosave = new Autosave(painting, "an experiment");
      return restore ? autosave.restore() : autosave.save();
    }"""
    paper = Paper(page)
    paper.stroke("acrylic", 40, 60, 360, 200)
    paper.stroke("watercolor", 40, 260, 360, 200)
    page.evaluate(keep, False)
    state = paper.state
    page.reload()
    paper = Paper(page)
    assert paper.state != state
    assert page.evaluate(keep, True)
    assert paper.state == state


def test_a_color_is_picked_from_the_paper(paper: Paper):
    paper.stroke("acrylic", 40, 60, 360, 60, color="#b03060", radius=30, pressure=0.9)
    page = paper.page
    page.evaluate("() => { painting.on('color', (color) => { window.picked = color; }); }")
    before = paper.state
    page.keyboard.down("Alt")
    page.mouse.click(100, 60)
    page.keyboard.up("Alt")
    red, green, blue = (int(page.evaluate("picked")[at : at + 2], 16) for at in (1, 3, 5))
    assert red > blue > green
    assert paper.state == before
