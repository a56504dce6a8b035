import assert from "node:assert/strict";
import test from "node:test";
import { pairOf, seedOf } from "../../nst_jax/studio/static/js/experiment/chance.js";
import { isOlder, ladder, pairWords, verdict } from "../../nst_jax/studio/static/js/experiment/grades.js";

const sample = (id, role) => ({ id, role, kind: "sample" });
const pictures = [
  sample("b", "content"),
  sample("a", "content"),
  sample("c", "content"),
  sample("y", "style"),
  sample("x", "style"),
];

test("consecutive seeds go through all pairs, and the order of the pictures does not matter", () => {
  const pairs = new Set(Array.from({ length: 6 }, (_, seed) => JSON.stringify(pairOf(seed, pictures))));
  assert.equal(pairs.size, 6);
  assert.deepEqual(pairOf(5, pictures), pairOf(5, [...pictures].reverse()));
  assert.deepEqual(pairOf(0, pictures), { content: "a", style: "x" });
});

test("only samples are drawn, and without any there is no pair", () => {
  const upload = { id: "0", role: "content", kind: "upload" };
  assert.deepEqual(pairOf(0, [upload, ...pictures]), { content: "a", style: "x" });
  assert.deepEqual(pairOf(7, [upload]), { content: null, style: null });
});

test("seeds of an address are whole numbers below 2 to the 31", () => {
  assert.equal(seedOf("?seed=17"), 17);
  assert.equal(seedOf("?a=1&seed=0"), 0);
  for (const bad of ["", "?seed=", "?seed=-1", "?seed=1.5", "?seed=2147483648", "?seed=x", "?seed=99999999999"])
    assert.equal(seedOf(bad), null);
});

const grade = (first, second, value) => ({
  first,
  second,
  grade: value,
  content: value,
  style: value,
  layout: value,
  encoder: value,
});
const grades = [grade("drawing", "fast", 3.1), grade("drawing", "optimize", 4.26), grade("fast", "optimize", 6.14)];

test("the verdict names the better of the user's two grades", () => {
  assert.equal(pairWords(grades[0]), "Your picture and the fast picture");
  assert.equal(verdict(grades), "The two machines agree to 6.1 of 10; you and the careful picture to 4.3.");
});

test("the ladder goes down, with the grades among its rungs", () => {
  const rungs = ladder(
    [
      { label: "unrelated", grade: 0.5 },
      { label: "identical", grade: 10 },
      { label: "other method", grade: 6 },
    ],
    grades,
  );
  const values = rungs.map((rung) => rung.grade);
  assert.deepEqual(
    values,
    [...values].sort((one, other) => other - one),
  );
  assert.equal(rungs.filter((rung) => rung.mine).length, 3);
});

test("a late answer does not bring an older state back, but a failed experiment can be graded again", () => {
  const state = (name) => ({ state: name });
  assert.ok(isOlder(state("grading"), state("graded")));
  assert.ok(isOlder(state("drawing"), state("grading")));
  assert.ok(!isOlder(state("graded"), state("grading")));
  assert.ok(!isOlder(state("grading"), state("failed")));
});
