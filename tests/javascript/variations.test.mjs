import assert from "node:assert/strict";
import { test } from "node:test";

import { again, byMethod, goOn, variationsOf } from "../../nst_jax/studio/static/js/studio/variations.js";
import { SETTINGS, makeJob } from "./sample-jobs.mjs";

const labels = (job) => variationsOf(job, SETTINGS).map((variation) => variation.label);
const find = (job, label) => variationsOf(job, SETTINGS).find((variation) => variation.label.startsWith(label));

test("a change starts from the job's value, and keeps its other settings", () => {
  const job = makeJob({ settings: { size: 256, style_scale: 2 } });
  assert.deepEqual(find(job, "larger strokes").settings, { size: 256, style_scale: 3 });
  assert.deepEqual(find(job, "twice the size").settings, { size: 512, style_scale: 2 });
});

test("a change starts from the default where the job has no value", () => {
  assert.equal(find(makeJob(), "less style").settings.content_weight, 12);
  assert.equal(find(makeJob({ method: "fast" }), "less style").settings.style_strength, 0.8);
  assert.equal(find(makeJob({ method: "fast" }), "more style"), undefined);
  assert.equal(find(makeJob({ settings: { recipe: "gatys" } }), "less style"), undefined);
  assert.equal(find(makeJob(), "twice the size").settings.size, 1024);
});

test("values outside the bounds are not offered", () => {
  const extreme = labels(makeJob({ settings: { size: 4096, style_scale: 4, style_strength: 1 } })).join();
  for (const word of ["twice", "larger", "more style"]) assert.ok(!extreme.includes(word), word);
});

test("strength stays between 0 and 1", () => {
  assert.equal(find(makeJob({ settings: { style_strength: 0.95 } }), "more style").settings.style_strength, 1);
  assert.equal(find(makeJob({ settings: { style_strength: 0.1 } }), "less style").settings.style_strength, 0);
});

test("more care is for the careful method with the default recipe", () => {
  assert.ok(find(makeJob(), "more care"));
  for (const job of [
    makeJob({ method: "fast" }),
    makeJob({ settings: { recipe: "gatys" } }),
    makeJob({ settings: { quality: "best" } }),
  ]) {
    assert.equal(find(job, "more care"), undefined);
  }
});

test("the same job is queued again, and by the other method with what that one has", () => {
  const job = makeJob({ settings: { size: 256, quality: "best" }, content_mask: "mask" });
  assert.deepEqual(again(job), {
    content: "photo",
    styles: job.styles,
    content_mask: "mask",
    method: "optimize",
    settings: job.settings,
    start: null,
  });
  assert.deepEqual(byMethod(job, "fast", SETTINGS).settings, { size: 256 });
});

test("an optimization goes on from a picture of either method, whatever its start was", () => {
  const job = makeJob({ method: "fast", settings: { size: 256 }, start: null });
  assert.deepEqual(goOn(job, SETTINGS), { ...again(job), method: "optimize", start: job.id });
  const optimized = makeJob({ settings: { size: 256, init: "noise" } });
  assert.deepEqual(goOn(optimized, SETTINGS).settings, { size: 256 });
});

test("what went on from a picture is made again from it, but not by the fast method", () => {
  const job = makeJob({ start: "b".repeat(20) });
  assert.equal(again(job).start, job.start);
  assert.equal(byMethod(job, "fast", SETTINGS).start, null);
});
