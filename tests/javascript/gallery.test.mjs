import assert from "node:assert/strict";
import { test } from "node:test";

import {
  emptyPictures,
  mergePage,
  neighbor,
  takeEvent,
  visible,
} from "../../nst_jax/studio/static/js/gallery/pictures.js";
import { makeJob } from "./sample-jobs.mjs";

const done = (id, finished, fields = {}) => makeJob({ id, state: "done", finished, sequence: finished, ...fields });
const two = mergePage(emptyPictures(), { jobs: [done("b", 2), done("a", 1)], more: true });

test("pages are joined, and the last one says how to go on", () => {
  assert.deepEqual([two.oldest, two.more], [1, true]);
  const all = mergePage(two, { jobs: [done("z", 0.5)], more: false });
  assert.deepEqual(
    visible(all, false).map((job) => job.id),
    ["b", "a", "z"],
  );
  assert.deepEqual([all.oldest, all.more], [0.5, false]);
  assert.equal(mergePage(two, { jobs: [], more: false }).oldest, 1);
});

test("a picture that is done comes first; others are not for the gallery", () => {
  const next = takeEvent(two, { name: "job", id: 9, data: done("c", 3) });
  assert.deepEqual(
    visible(next, false).map((job) => job.id),
    ["c", "b", "a"],
  );
  assert.equal(takeEvent(two, { name: "job", id: 9, data: makeJob({ id: "d", state: "painting" }) }), two);
  assert.equal(takeEvent(two, { name: "progress", id: 9, data: { job: "a" } }), two);
});

test("a deleted picture leaves", () => {
  const next = takeEvent(two, { name: "deleted", id: 9, data: { job: "a" } });
  assert.deepEqual(
    visible(next, false).map((job) => job.id),
    ["b"],
  );
  assert.equal(takeEvent(next, { name: "deleted", id: 10, data: { job: "a" } }), next);
});

test("stars choose", () => {
  const next = takeEvent(two, { name: "job", id: 9, data: done("a", 1, { starred: true }) });
  assert.deepEqual(
    visible(next, true).map((job) => job.id),
    ["a"],
  );
});

test("neighbors end at the ends", () => {
  const jobs = visible(two, false);
  assert.equal(neighbor(jobs, "b", 1).id, "a");
  assert.equal(neighbor(jobs, "b", -1), null);
  assert.equal(neighbor(jobs, "a", 1), null);
  assert.equal(neighbor(jobs, "none", 1), null);
});
