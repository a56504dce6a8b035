import assert from "node:assert/strict";
import test from "node:test";
import { History } from "../../nst_jax/studio/static/js/paint/history.js";
import { MaskField } from "../../nst_jax/studio/static/js/paint/mask-field.js";
import { Surface } from "../../nst_jax/studio/static/js/paint/surface.js";
import { draw, line } from "./strokes.mjs";

const copy = (surface) => surface.planes.map(({ values }) => values.slice());
const tools = ["acrylic", "watercolor", "pencil", "knife", "water", "eraser"];

test("undo and redo restore the exact bytes, for every tool", () => {
  // Larger than a tile, and no multiple of one.
  const surface = new Surface(300, 200, 5);
  const history = new History(surface);
  const states = [copy(surface)];
  tools.forEach((tool, i) => {
    history.begin();
    draw(surface, tool, line(10, 20 + 25 * i, 290, 180 - 20 * i), { radius: 14 }, i);
    assert.ok(history.commit());
    states.push(copy(surface));
  });
  for (let i = tools.length - 1; i >= 0; i--) {
    assert.ok(history.undo());
    assert.deepEqual(copy(surface), states[i]);
  }
  assert.ok(!history.undo());
  for (let i = 1; i <= tools.length; i++) {
    assert.ok(history.redo());
    assert.deepEqual(copy(surface), states[i]);
  }
  assert.ok(!history.redo());
});

test("a new stroke after undo ends what could be done again", () => {
  const surface = new Surface(64, 64, 5);
  const history = new History(surface);
  for (const y of [10, 30]) {
    history.begin();
    draw(surface, "acrylic", line(5, y, 60, y), { radius: 6 });
    history.commit();
  }
  history.undo();
  history.begin();
  draw(surface, "pencil", line(5, 50, 60, 50), { radius: 2 });
  history.commit();
  assert.ok(!history.redo());
  assert.equal(history.past.length, 2);
});

test("the oldest steps are forgotten when the budget is used up, but never the last", () => {
  const surface = new Surface(128, 128, 5);
  const history = new History(surface, 3.5 * 128 * 128 * 10);
  for (let i = 0; i < 8; i++) {
    history.begin();
    draw(surface, "pencil", line(10, 10 + i, 100, 90), { radius: 2 }, i);
    history.commit();
  }
  assert.equal(history.past.length, 3);
  const small = new History(surface, 1);
  small.begin();
  draw(surface, "pencil", line(10, 10, 100, 90), { radius: 2 });
  small.commit();
  assert.equal(small.past.length, 1);
});

test("masks have the same history", () => {
  const field = new MaskField(150, 150);
  const history = new History(field);
  const before = copy(field);
  history.begin();
  field.brush({ x: 20, y: 20 }, { x: 140, y: 130 }, 9, true, 1);
  assert.ok(history.commit());
  const after = copy(field);
  history.undo();
  assert.deepEqual(copy(field), before);
  history.redo();
  assert.deepEqual(copy(field), after);
});

test("a step without any change is none", () => {
  const history = new History(new Surface(64, 64, 5));
  history.begin();
  assert.ok(!history.commit());
  assert.ok(!history.undo());
});
