import assert from "node:assert/strict";
import test from "node:test";
import { MaskField, REGION_COLORS } from "../../nst_jax/studio/static/js/paint/mask-field.js";

const at = (x, y) => ({ x, y });
const colors = (field) => {
  const pixels = field.pixels();
  const found = new Set();
  for (let i = 0; i < pixels.length; i += 4) found.add(`${pixels[i]},${pixels[i + 1]},${pixels[i + 2]}`);
  return found;
};

test("an empty mask is black, a hard brush makes black and white only", () => {
  const field = new MaskField(60, 40);
  assert.deepEqual([...colors(field)], ["0,0,0"]);
  field.brush(at(10, 20), at(50, 20), 8, false, 1);
  assert.deepEqual(colors(field), new Set(["0,0,0", "255,255,255"]));
});

test("one region, whichever it is, is white", () => {
  const field = new MaskField(60, 40);
  field.brush(at(10, 20), at(50, 20), 8, false, 3);
  assert.deepEqual(colors(field), new Set(["0,0,0", "255,255,255"]));
});

test("a soft brush makes enough gray levels to be read as soft edges", () => {
  const field = new MaskField(60, 40);
  field.brush(at(10, 20), at(50, 20), 12, true, 1);
  const found = [...colors(field)].map((color) => color.split(",").map(Number));
  assert.ok(found.length > 9);
  assert.ok(found.every(([red, green, blue]) => red === green && green === blue));
});

test("a soft dab of few levels is made hard, since few levels would be regions", () => {
  const field = new MaskField(60, 40);
  field.brush(at(20, 20), at(20, 20), 1.5, true, 1);
  assert.ok(colors(field).size <= 2);
});

test("several regions are flat colors, soft brush or not, and later ones take their pixels from earlier ones", () => {
  const field = new MaskField(60, 40);
  field.brush(at(10, 20), at(50, 20), 10, true, 1);
  field.brush(at(30, 5), at(30, 35), 8, true, 2);
  const names = REGION_COLORS.slice(0, 2).map(String);
  assert.deepEqual(colors(field), new Set(["0,0,0", ...names]));
  assert.equal(field.region[20 * 60 + 30], 2);
  assert.equal(field.region[20 * 60 + 12], 1);
});

test("regions go from the darkest color to the brightest, as the styles do", () => {
  const light = REGION_COLORS.map(([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue);
  assert.deepEqual(
    light,
    [...light].sort((one, other) => one - other),
  );
  assert.ok(REGION_COLORS.every((color) => color.reduce((sum, value) => sum + value) >= 24));
});

test("region 0 takes away, invert and clear do what they say", () => {
  const field = new MaskField(60, 40);
  field.brush(at(10, 20), at(50, 20), 8, false, 1);
  field.brush(at(30, 20), at(30, 20), 5, false, 0);
  assert.equal(field.region[20 * 60 + 30], 0);
  const before = field.parts().get(1);
  field.invert(1);
  assert.ok(Math.abs(field.parts().get(1) - (1 - before)) < 1e-9);
  field.invert(1);
  assert.ok(Math.abs(field.parts().get(1) - before) < 1e-9);
  field.clear();
  assert.deepEqual([...colors(field)], ["0,0,0"]);
});

test("inverting twice restores every byte of a soft mask of several regions", () => {
  const field = new MaskField(60, 40);
  field.brush(at(10, 20), at(50, 20), 10, true, 1);
  field.brush(at(30, 5), at(30, 35), 8, true, 2);
  const cover = field.cover.slice();
  field.invert(1);
  field.invert(1);
  assert.deepEqual(field.cover, cover);
});

test("what was written is read again: one region, hard or soft, or several", () => {
  const masks = {
    hard: (field) => field.brush(at(10, 20), at(50, 20), 8, false, 3),
    soft: (field) => field.brush(at(10, 20), at(50, 20), 12, true, 1),
    several: (field) => {
      field.brush(at(10, 20), at(20, 20), 8, false, 4);
      field.brush(at(40, 20), at(50, 20), 8, false, 8);
    },
    empty: () => {},
  };
  for (const [name, paint] of Object.entries(masks)) {
    const field = new MaskField(60, 40);
    paint(field);
    const again = new MaskField(60, 40);
    again.load(field.pixels());
    assert.deepEqual(again.pixels(), field.pixels(), name);
    assert.deepEqual(new Set(again.region), new Set(name === "several" ? [0, 4, 8] : name === "empty" ? [0] : [0, 1]));
  }
});
