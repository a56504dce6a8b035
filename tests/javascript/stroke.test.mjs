import assert from "node:assert/strict";
import test from "node:test";
import { Resampler, SpeedPressure } from "../../nst_jax/studio/static/js/paint/stroke.js";

const sample = (x, y, pressure = 0.5, time = 0) => ({ x, y, pressure, tilt: 0, time });
const run = (samples, spacing) => {
  const resampler = new Resampler(spacing);
  return [...samples.flatMap((each) => resampler.push(each)), ...resampler.finish()];
};

test("points lie at the spacing, whatever the distances of the samples", () => {
  for (const steps of [
    [0, 3, 4, 40, 41, 90],
    [0, 90],
    [0, 1, 2, 3, 90],
  ]) {
    const points = run(
      steps.map((x) => sample(x, 7)),
      3,
    );
    for (let i = 1; i < points.length; i++) {
      assert.ok(Math.abs(points[i].x - points[i - 1].x - 3) < 0.05, `${points[i - 1].x} to ${points[i].x}`);
    }
    assert.ok(Math.abs(points.at(-1).x - 90) <= 3);
  }
});

test("the curve is smooth and goes through the samples", () => {
  const corners = [sample(0, 0), sample(50, 0), sample(50, 50), sample(0, 50)];
  const points = run(corners, 1);
  for (const corner of corners) {
    assert.ok(points.some((point) => Math.hypot(point.x - corner.x, point.y - corner.y) < 1.5));
  }
  for (let i = 2; i < points.length; i++) {
    const before = Math.atan2(points[i - 1].y - points[i - 2].y, points[i - 1].x - points[i - 2].x);
    const after = Math.atan2(points[i].y - points[i - 1].y, points[i].x - points[i - 1].x);
    const turn = Math.abs(after - before);
    assert.ok(Math.min(turn, 2 * Math.PI - turn) < 0.6);
  }
});

test("pressure changes evenly along the way", () => {
  const points = run([sample(0, 0, 0.2), sample(50, 0, 0.2), sample(100, 0, 1)], 2);
  const pressures = points.map((point) => point.pressure);
  assert.deepEqual(
    pressures,
    [...pressures].sort((one, other) => one - other),
  );
  assert.ok(Math.abs(pressures[0] - 0.2) < 1e-9 && pressures.at(-1) > 0.9);
});

test("a tap gives no points, and equal samples do no harm", () => {
  assert.deepEqual(run([sample(5, 5)], 2), []);
  assert.deepEqual(run([sample(5, 5), sample(5, 5), sample(5.1, 5)], 2), []);
});

test("a mouse that moves fast presses less", () => {
  const slow = new SpeedPressure();
  const fast = new SpeedPressure();
  let slowly = sample(0, 0);
  let quickly = sample(0, 0);
  for (let i = 0; i < 20; i++) {
    slowly = slow.apply(sample(i * 2, 0, 0.5, i * 16));
    quickly = fast.apply(sample(i * 80, 0, 0.5, i * 16));
  }
  assert.ok(slowly.pressure > quickly.pressure + 0.1);
});
