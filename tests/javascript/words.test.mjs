import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, jobTitle, listed, share, statusLine, title } from "../../nst_jax/studio/static/js/shared/words.js";
import { makeJob } from "./sample-jobs.mjs";

test("durations", () => {
  assert.deepEqual([0, 7.9, 65, 3661, -1].map(duration), ["0:00", "0:07", "1:05", "1:01:01", "0:00"]);
});

test("names lose the ending of their file, but nothing else", () => {
  const names = ["cat.png", "a.b.JPEG", "no ending", ".png", "<img src=x onerror=alert(1)>.jpg"];
  assert.deepEqual(names.map(title), ["cat", "a.b", "no ending", ".png", "<img src=x onerror=alert(1)>"]);
});

test("lists of words", () => {
  assert.deepEqual([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listed), ["", "a", "a and b", "a, b and c"]);
});

test("a job is named by its pictures, and by its own title when one is gone", () => {
  assert.equal(
    jobTitle(makeJob(), (id) => id),
    "Photo in the style of painting",
  );
  assert.equal(
    jobTitle(makeJob(), (id) => (id === "photo" ? "" : id)),
    "Photo in painting",
  );
});

test("every state has a line that says something", () => {
  for (const state of ["queued", "starting", "painting", "saving", "done", "cancelled", "failed"]) {
    const line = statusLine(makeJob({ state }));
    assert.ok(line.length > 5 && !/undefined|null|NaN/.test(line), `${state}: ${line}`);
  }
  assert.equal(statusLine(makeJob({ state: "failed", error: "The disk is full." })), "The disk is full.");
  assert.match(statusLine(makeJob({ position: 3 })), /number 3/);
});

test("only an ending that is not the usual one is said", () => {
  const line = (ending) => statusLine(makeJob({ state: "done", width: 8, height: 6, ending }));
  assert.equal(line("all steps done"), "8 × 6 pixels");
  assert.equal(line("done in one pass"), "8 × 6 pixels");
  assert.equal(line("stopped by the user"), "8 × 6 pixels · stopped by the user");
});

test("the share of the work", () => {
  assert.equal(share(makeJob()), null);
  assert.equal(share(makeJob({ state: "painting", step: 45 })), 0.5);
  assert.equal(share(makeJob({ state: "painting", step: 45, total_steps: 0 })), null);
  assert.equal(share(makeJob({ state: "done" })), 1);
});
