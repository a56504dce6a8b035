"""Masks brushed in a real browser are what `--content-mask` takes."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax.images import masks, reading
from nst_jax.networks.weights import NetworkWeights
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, save_image

HEIGHT, WIDTH = CONTENT_SHAPE
SCALE = 6
START = """
async ([width, height, scale]) => {
  const { MaskPainting } = await import("/static/js/paint/mask.js");
  document.body.replaceChildren(document.createElement("canvas"));
  document.body.style.margin = "0";
  const canvas = document.querySelector("canvas");
  canvas.style.display = "block";
  const photo = new OffscreenCanvas(width, height);
  const context = photo.getContext("2d");
  context.fillStyle = "rgb(200, 150, 100)";
  context.fillRect(0, 0, width, height);
  window.mask = new MaskPainting(canvas, { width, height, background: photo });
  canvas.style.width = `${width * scale}px`;
}
"""
EXPORT = """
async () => {
  const bytes = new Uint8Array(await (await mask.toBlob()).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
"""


class Mask:
    """A page with a mask, shown enlarged."""

    def __init__(self, page: Any):
        self.page = page
        page.evaluate(START, [WIDTH, HEIGHT, SCALE])

    def brush(self, region: int, *line: float, radius: float = 6, soft: bool = False) -> None:
        """Move the mouse from (x0, y0) to (x1, y1), in pixels of the mask."""
        brush = [region, {"radius": radius, "soft": soft}]
        self.page.evaluate("([region, brush]) => { mask.setRegion(region); mask.setBrush(brush); }", brush)
        x0, y0, x1, y1 = (SCALE * value for value in line)
        self.page.mouse.move(x0, y0)
        self.page.mouse.down()
        self.page.mouse.move(x1, y1, steps=6)
        self.page.mouse.up()

    def do(self, action: str) -> None:
        self.page.evaluate("(action) => mask[action]()", action)

    @property
    def file(self) -> bytes:
        return base64.b64decode(self.page.evaluate(EXPORT))

    @property
    def pixels(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.file)).convert("RGB"))


@pytest.fixture
def mask(blank: Callable[..., Any]) -> Mask:
    return Mask(blank())


def read_regions(mask: Mask, folder: Path) -> dict[tuple[int, int, int], np.ndarray]:
    path = folder / "mask.png"
    path.write_bytes(mask.file)
    return masks.extract_regions(reading.read(path))


def test_outside_of_the_mask_the_result_is_the_photograph(mask: Mask, tmp_path: Path, tiny_network: NetworkWeights):
    mask.brush(1, 15, 20, 30, 20)
    coverage = mask.pixels[..., 0] > 0
    assert 100 < coverage.sum() < coverage.size / 2
    (tmp_path / "mask.png").write_bytes(mask.file)
    save_image(tmp_path / "content.png", 1, CONTENT_SHAPE)
    save_image(tmp_path / "style.png", 2, STYLE_SHAPE)
    # A single layer compiles quickly, and noise is far from the photograph even after few steps.
    changes = {"content_layers": ("relu1_1",), "style_layers": ("relu1_1",), "steps": 4, "init": "noise"}
    recipe = nst_jax.Recipe(**QUICK | changes | {"size": max(CONTENT_SHAPE)})
    result = nst_jax.stylize(
        tmp_path / "content.png",
        tmp_path / "style.png",
        recipe,
        content_mask=tmp_path / "mask.png",
        network=tiny_network,
    )
    photograph = np.asarray(Image.open(tmp_path / "content.png").convert("RGB")).astype(int)
    result.save(tmp_path / "result.png")
    painted = np.asarray(Image.open(tmp_path / "result.png").convert("RGB")).astype(int)
    assert painted.shape == photograph.shape
    assert (painted[~coverage] == photograph[~coverage]).all()
    assert (np.abs(painted[coverage] - photograph[coverage]) > 2).any(1).mean() > 0.5


def test_a_soft_brush_makes_one_region_with_soft_edges(mask: Mask, tmp_path: Path):
    mask.brush(1, 15, 20, 45, 20, radius=14, soft=True)
    (plane,) = read_regions(mask, tmp_path).values()
    assert plane.max() == 1
    assert ((plane > 0.1) & (plane < 0.9)).sum() > 50


def test_regions_are_flat_colors_in_the_order_of_the_styles(mask: Mask, tmp_path: Path):
    mask.brush(2, 40, 10, 50, 30)
    mask.brush(1, 10, 10, 10, 30, soft=True)
    first, second = read_regions(mask, tmp_path).values()
    assert first[:, :20].sum() > 50
    assert first[:, 30:].sum() == 0
    assert second[:, 30:].sum() > 50
    assert second[:, :20].sum() == 0


def test_region_0_undo_redo_invert_and_clear(mask: Mask):
    empty = mask.pixels
    assert not empty.any()
    mask.brush(1, 15, 20, 45, 20)
    brushed = mask.pixels
    mask.brush(0, 30, 10, 30, 30)
    cut = mask.pixels
    assert brushed[20, 30].all()
    assert not cut[20, 30].any()
    for action, expected in (("undo", brushed), ("undo", empty), ("redo", brushed), ("redo", cut), ("clear", empty)):
        mask.do(action)
        assert (mask.pixels == expected).all(), action
    mask.do("undo")
    mask.do("invert")
    assert (mask.pixels == 255 - cut).all()


def test_the_photograph_shows_through_and_the_brushed_part_is_brighter(mask: Mask):
    mask.brush(1, 15, 20, 45, 20)
    shown = mask.page.evaluate(
        """() => {
          mask.render();
          const column = mask.context.getImageData(30, 0, 1, 40).data;
          return [20, 2].map((y) => Array.from(column.subarray(4 * y, 4 * y + 4)));
        }"""
    )
    assert sum(shown[0]) > sum(shown[1]) + 100
    assert shown[1][0] > shown[1][1] > shown[1][2], "the dimmed photograph keeps its colors"
