import assert from "node:assert/strict";
import { test } from "node:test";

import { curvePath, rounded } from "../../nst_jax/studio/static/js/studio/curve-path.js";
import {
  fromPosition,
  hasSlider,
  isLogarithmic,
  middle,
  sliderRange,
  toPosition,
} from "../../nst_jax/studio/static/js/studio/scale.js";
import { SETTINGS } from "./sample-jobs.mjs";

const strength = SETTINGS.find((setting) => setting.name === "style_strength");
const strokes = SETTINGS.find((setting) => setting.name === "style_scale");

test("positions and values of a slider are inverse to each other", () => {
  for (const value of [0.25, 0.5, 1, 2, 4]) assert.equal(fromPosition(strokes, toPosition(strokes, value)), value);
  for (const value of [0, 0.35, 1]) assert.equal(fromPosition(strength, toPosition(strength, value)), value);
});

test("a range of several doublings has even factors, with 1 in the middle", () => {
  assert.ok(isLogarithmic(strokes) && !isLogarithmic(strength));
  assert.equal(fromPosition(strokes, middle(strokes)), 1);
  assert.deepEqual(sliderRange(strength), { min: 0, max: 1, step: 0.05 });
});

test("every position gives a value within the bounds that never falls", () => {
  const { min, max } = sliderRange(strokes);
  let before = 0;
  for (let position = min; position <= max; position++) {
    const value = fromPosition(strokes, position);
    assert.ok(value >= before && value >= 0.25 && value <= 4, `${position}: ${value}`);
    before = value;
  }
});

test("a range of many orders of magnitude has no slider", () => {
  assert.ok(hasSlider(strength));
  assert.ok(!hasSlider({ minimum: 0, maximum: 1e6, step: 0.5 }));
  assert.ok(!hasSlider({ minimum: 0 }));
});

test("a curve fills its box, and a lower loss is drawn lower", () => {
  const { line, area } = curvePath([1, 2, 3], [100, 10, 1], 300, 60);
  assert.equal(line, "M0.0,3.0L150.0,30.0L300.0,57.0");
  assert.ok(area.startsWith(line) && area.endsWith("Z"));
});

test("a curve leaves out what has no logarithm, and needs two points", () => {
  assert.equal(curvePath([1, 2, 3], [10, NaN, 1], 300, 60).line, "M0.0,3.0L300.0,57.0");
  assert.equal(curvePath([1, 2], [10, 0], 300, 60).line, "");
  assert.equal(curvePath([], [], 300, 60).line, "");
  assert.ok(!curvePath([5, 5], [7, 7], 300, 60).line.includes("NaN"));
});

test("numbers are short", () => {
  assert.deepEqual([1234.5, 12.345, 0.00123456].map(rounded), ["1235", "12.3", "0.00123"]);
});
