import assert from "node:assert/strict";
import test from "node:test";
import {
  FULL,
  Glaze,
  Pigment,
  mixColors,
  mixPixel,
  toHex,
  toLinear,
} from "../../nst_jax/studio/static/js/paint/pigment.js";
import { BANDS, reflect, see } from "../../nst_jax/studio/static/js/paint/spectrum.js";

const parts = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

test("a color goes to its spectrum and back unchanged, and no band leaves (0, 1]", () => {
  const bands = new Float64Array(BANDS);
  const rgb = new Float64Array(3);
  for (const red of [0, 0.2, 0.5, 1]) {
    for (const green of [0, 0.3, 1]) {
      for (const blue of [0, 0.7, 1]) {
        reflect(red, green, blue, bands);
        assert.ok(bands.every((value) => value > 0 && value <= 1 + 1e-12));
        see(bands, rgb);
        [red, green, blue].forEach((value, channel) => assert.ok(Math.abs(rgb[channel] - value) < 1e-6));
      }
    }
  }
});

test("blue and yellow make green, in every proportion between", () => {
  for (const [blue, yellow] of [
    ["#0000ff", "#ffff00"],
    ["#1e3c96", "#f5d214"],
    ["#2a4d9b", "#e8b91a"],
  ]) {
    for (const part of [0.3, 0.5, 0.7]) {
      const [r, g, b] = parts(mixColors(blue, yellow, part));
      assert.ok(g > r && g > b, `${blue} and ${yellow} at ${part}: ${[r, g, b]}`);
    }
  }
});

test("a glaze of blue over yellow is greener than either", () => {
  const data = new Uint16Array(4);
  toLinear("#f5d214").forEach((value, channel) => (data[channel] = Math.sqrt(value) * FULL));
  new Glaze(toLinear("#3c6ec8")).cover(data, data, 0, 1);
  assert.ok(data[1] > data[0] && data[1] > data[2], `${data}`);
});

test("mixing is between both ends, and nothing with itself changes", () => {
  assert.equal(mixColors("#123456", "#fedcba", 0), "#123456");
  assert.equal(mixColors("#123456", "#fedcba", 1), "#fedcba");
  for (const part of [0.1, 0.5, 0.9]) assert.equal(mixColors("#123456", "#123456", part), "#123456");
  const grays = [0, 0.25, 0.5, 0.75, 1].map((part) => parts(mixColors("#000000", "#ffffff", part))[0]);
  assert.deepEqual(
    grays,
    [...grays].sort((one, other) => one - other),
  );
  assert.ok(grays[2] > 90 && grays[2] < 150, `the middle of black and white is ${grays[2]}`);
});

test("repeated mixing arrives at the paint, and stays", () => {
  const data = Uint16Array.from([65535, 65535, 65535, 0]);
  const paint = new Pigment(toLinear("#2a4d9b"));
  for (let i = 0; i < 60; i++) mixPixel(data, 0, paint, 0.3);
  const hex = toHex([0, 1, 2].map((channel) => (data[channel] / FULL) ** 2));
  assert.equal(hex, "#2a4d9b");
  const before = data.slice();
  for (let i = 0; i < 200; i++) mixPixel(data, 0, paint, 0.3);
  assert.deepEqual(data, before);
});
