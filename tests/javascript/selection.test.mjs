import assert from "node:assert/strict";
import { test } from "node:test";

import { emptyState, fromSnapshot } from "../../nst_jax/studio/static/js/shared/store.js";
import { defaultJob, pairOf, shownOf } from "../../nst_jax/studio/static/js/studio/selection.js";
import { makeJob } from "./sample-jobs.mjs";

const fast = (fields) => makeJob({ id: "fast", method: "fast", ...fields });
const careful = (fields) => makeJob({ id: "careful", ...fields });
const stateOf = (...jobs) => fromSnapshot({ ...emptyState(), jobs });
const shown = (one, other, ...more) => shownOf({ fast: one, optimize: other }, ...more).id;

test("without a choice, the running job is shown, or the one that waits longest", () => {
  const waiting = makeJob({ id: "waiting", created: 1 });
  assert.equal(defaultJob(stateOf(makeJob({ id: "later", created: 2 }), waiting)).id, "waiting");
  assert.equal(defaultJob(stateOf(makeJob({ id: "running", state: "painting", created: 3 }), waiting)).id, "running");
  assert.equal(defaultJob(stateOf(makeJob({ state: "done" }), makeJob({ id: "e", experiment: "e" }))), null);
});

test("both of a pair are found from either", () => {
  const state = stateOf(careful(), fast());
  for (const id of ["fast", "careful"]) {
    const pair = pairOf(state, state.jobs.get(id));
    assert.deepEqual([pair.fast.id, pair.optimize.id], ["fast", "careful"]);
  }
});

test("the careful picture takes over with its first preview", () => {
  assert.equal(shown(fast({ state: "painting" }), careful()), "fast");
  assert.equal(shown(fast({ state: "done" }), careful({ state: "starting" })), "fast");
  assert.equal(shown(fast({ state: "done" }), careful({ state: "painting", preview: 1 })), "careful");
  assert.equal(shown(fast({ state: "done" }), careful({ state: "done" })), "careful");
});

test("a fast picture that has just come is held", () => {
  assert.equal(shown(fast({ state: "done" }), careful({ state: "painting", preview: 1 }), null, true), "fast");
  assert.equal(shown(fast({ state: "done" }), careful({ state: "done" }), null, true), "careful");
});

test("what failed or was cancelled gives way to what is there", () => {
  assert.equal(shown(fast({ state: "done" }), careful({ state: "failed", preview: 3 })), "fast");
  assert.equal(shown(fast({ state: "failed" }), careful()), "careful");
  assert.equal(shown(fast({ state: "cancelled" }), careful({ state: "cancelled" })), "careful");
});

test("the user's choice counts", () => {
  assert.equal(shown(fast({ state: "done" }), careful({ state: "done" }), "fast"), "fast");
  assert.equal(shownOf({ fast: null, optimize: careful() }, "fast").id, "careful");
  assert.equal(shownOf({ fast: null, optimize: null }, null), null);
});
