import assert from "node:assert/strict";
import { test } from "node:test";

import {
  applyEvent,
  companionOf,
  emptyState,
  fromSnapshot,
  unfinishedJobs,
} from "../../nst_jax/studio/static/js/shared/store.js";
import { makeJob } from "./sample-jobs.mjs";

const snapshot = (...jobs) => fromSnapshot({ ...emptyState(), sequence: 10, painter: "busy", jobs });

test("an event that a snapshot includes already changes nothing", () => {
  const state = snapshot(makeJob({ state: "painting" }));
  assert.equal(applyEvent(state, { name: "job", id: 10, data: makeJob({ state: "queued" }) }), state);
  assert.equal(applyEvent(state, { name: "job", id: 3, data: makeJob({ state: "queued" }) }), state);
});

test("an event without a number changes nothing", () => {
  const state = snapshot();
  assert.equal(applyEvent(state, { name: "job", id: NaN, data: makeJob() }), state);
});

test("a newer event replaces the job and keeps its place", () => {
  const [first, second] = [makeJob({ id: "1" }), makeJob({ id: "2" })];
  const next = applyEvent(snapshot(first, second), { name: "job", id: 11, data: { ...second, state: "done" } });
  assert.deepEqual([...next.jobs.keys()], ["1", "2"]);
  assert.equal(next.jobs.get("2").state, "done");
  assert.equal(next.sequence, 11);
});

test("a new job comes first", () => {
  const next = applyEvent(snapshot(makeJob({ id: "1" })), { name: "job", id: 11, data: makeJob({ id: "2" }) });
  assert.deepEqual([...next.jobs.keys()], ["2", "1"]);
});

test("progress changes a running job only", () => {
  const progress = {
    job: "1",
    step: 7,
    total_steps: 90,
    scale: 1,
    scales: 3,
    loss: null,
    seconds: 2,
    preview: 4,
    sequence: 11,
  };
  const painting = applyEvent(snapshot(makeJob({ id: "1", state: "painting" })), {
    name: "progress",
    id: 11,
    data: progress,
  });
  assert.equal(painting.jobs.get("1").step, 7);
  assert.equal(painting.jobs.get("1").preview, 4);
  for (const state of ["done", "cancelled", "failed"]) {
    const late = applyEvent(snapshot(makeJob({ id: "1", state })), { name: "progress", id: 11, data: progress });
    assert.equal(late.jobs.get("1").step, 0, state);
  }
});

test("progress of an unknown job adds none", () => {
  assert.equal(applyEvent(snapshot(), { name: "progress", id: 11, data: { job: "1", step: 1 } }).jobs.size, 0);
});

test("a deleted job is gone, and the painter's state is kept", () => {
  const gone = applyEvent(snapshot(makeJob({ id: "1" })), { name: "deleted", id: 11, data: { job: "1" } });
  assert.equal(gone.jobs.size, 0);
  assert.equal(applyEvent(gone, { name: "painter", id: 12, data: { painter: "idle" } }).painter, "idle");
});

test("what runs comes before what waits, by place in the queue", () => {
  const state = snapshot(
    makeJob({ id: "late", position: 2 }),
    makeJob({ id: "next", position: 1 }),
    makeJob({ id: "now", state: "painting" }),
    makeJob({ id: "old", state: "done" }),
  );
  assert.deepEqual(
    unfinishedJobs(state).map((job) => job.id),
    ["now", "next", "late"],
  );
});

test("a pair is the nearest job of the other method with the same pictures", () => {
  const careful = makeJob({ id: "careful", created: 100 });
  const near = makeJob({ id: "near", method: "fast", created: 99.9 });
  const far = makeJob({ id: "far", method: "fast", created: 95 });
  const otherPicture = makeJob({ id: "other", method: "fast", created: 100, content: "else" });
  const ofExperiment = makeJob({ id: "experiment", method: "fast", created: 100, experiment: "e" });
  const state = snapshot(far, otherPicture, ofExperiment, near, careful);
  assert.equal(companionOf(state, careful).id, "near");
  assert.equal(companionOf(state, near).id, "careful");
  assert.equal(companionOf(snapshot(makeJob({ id: "x", method: "fast", created: 300 }), careful), careful), null);
});
