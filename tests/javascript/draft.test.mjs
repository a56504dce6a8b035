import assert from "node:assert/strict";
import { test } from "node:test";

import {
  draftOf,
  emptyDraft,
  jobsOf,
  missing,
  parseDraft,
  shares,
  withContent,
  withSetting,
  withStyle,
  withStyleReplaced,
  withWeight,
  withoutLost,
  withoutStyle,
} from "../../nst_jax/studio/static/js/studio/draft.js";
import {
  byRegion,
  maskOf,
  maskTargets,
  regionsMisfit,
  withMask,
  withoutMask,
} from "../../nst_jax/studio/static/js/studio/draft-masks.js";
import { SETTINGS, makeJob } from "./sample-jobs.mjs";

const draft = {
  ...withStyle(withContent(emptyDraft(), "photo"), "painting"),
  settings: { size: 256, quality: "best" },
};

test("both methods are queued, the fast one first and with the settings that it has", () => {
  const [fast, careful, ...others] = jobsOf(draft, SETTINGS);
  assert.equal(others.length, 0);
  assert.deepEqual([fast.method, fast.settings], ["fast", { size: 256 }]);
  assert.deepEqual([careful.method, careful.settings], ["optimize", { size: 256, quality: "best" }]);
});

test("one method is queued alone", () => {
  assert.deepEqual(
    jobsOf({ ...draft, method: "fast" }, SETTINGS).map((job) => job.method),
    ["fast"],
  );
  assert.deepEqual(
    jobsOf({ ...draft, method: "optimize" }, SETTINGS).map((job) => job.method),
    ["optimize"],
  );
});

test("what is missing is said, and nothing is queued", () => {
  assert.match(missing(emptyDraft()), /photograph and a painting/);
  assert.match(missing(withContent(emptyDraft(), "photo")), /painting/);
  assert.match(missing(withStyle(emptyDraft(), "painting")), /photograph/);
  assert.match(missing(withWeight(draft, "painting", 0)), /above zero/);
  assert.equal(missing(draft), "");
  assert.deepEqual(jobsOf(emptyDraft(), SETTINGS), []);
});

test("a setting at its default is left out, so that the recipe decides", () => {
  const changed = withSetting(draft, SETTINGS[0], 1024);
  assert.equal(changed.settings.size, 1024);
  assert.ok(!("size" in withSetting(changed, SETTINGS[0], 512).settings));
  assert.ok(!("size" in withSetting(changed, SETTINGS[0], null).settings));
  assert.equal(draft.settings.size, 256, "the draft before is unchanged");
});

test("styles are added once, exchanged in place, weighted and left out", () => {
  const two = withStyle(withStyle(draft, "wave"), "wave");
  assert.deepEqual(
    two.styles.map((style) => style.picture),
    ["painting", "wave"],
  );
  assert.deepEqual(shares(withWeight(two, "wave", 3)), [25, 75]);
  assert.deepEqual(shares(withWeight(withWeight(two, "wave", 0), "painting", 0)), [0, 0]);
  assert.deepEqual(
    withStyleReplaced(two, "painting", "field").styles.map((style) => style.picture),
    ["field", "wave"],
  );
  assert.equal(withStyleReplaced(two, "painting", "wave"), two, "a painting cannot be there twice");
  assert.deepEqual(
    withoutStyle(two, "painting").styles.map((style) => style.picture),
    ["wave"],
  );
});

test("a mask leaves with its photograph", () => {
  const masked = { ...draft, mask: "mask" };
  assert.equal(withContent(masked, "photo").mask, "mask");
  assert.equal(withContent(masked, "other").mask, null);
});

test("pictures that are gone are dropped", () => {
  const masked = { ...withStyle(draft, "wave"), mask: "mask" };
  assert.equal(
    withoutLost(masked, () => true),
    masked,
  );
  const left = withoutLost(masked, (id) => id === "wave");
  assert.deepEqual([left.content, left.styles.length, left.mask], [null, 1, null]);
});

test("each picture has a mask of its own, which leaves with it", () => {
  const two = withStyle(draft, "wave");
  assert.deepEqual(
    maskTargets(two).map(({ target, picture }) => [target, picture]),
    [
      ["content", "photo"],
      ["painting", "painting"],
      ["wave", "wave"],
    ],
  );
  const masked = withMask(withMask(two, "content", "one"), "wave", "two");
  assert.deepEqual(
    ["content", "painting", "wave", "gone"].map((target) => maskOf(masked, target)),
    ["one", null, "two", null],
  );
  assert.equal(maskOf(withStyleReplaced(masked, "wave", "field"), "field"), null);
  const left = withoutLost(masked, (id) => id !== "two");
  assert.deepEqual([maskOf(left, "content"), maskOf(left, "wave")], ["one", null]);
  assert.equal(jobsOf(masked, SETTINGS)[0].styles[1].mask, "two");
});

test("either each painting has a mask, or none", () => {
  const two = withStyle(draft, "wave");
  assert.deepEqual(withoutMask(two), []);
  const half = withMask(two, "wave", "mask");
  assert.deepEqual(withoutMask(half), ["painting"]);
  assert.match(missing(half), /give each one a mask, or remove/);
  const whole = withMask(half, "painting", "mask");
  assert.deepEqual([withoutMask(whole), missing(whole)], [[], ""]);
  assert.equal(missing(withoutStyle(half, "painting")), "");
});

test("a job gives back the choices that made it", () => {
  const job = makeJob({ settings: { size: 512, quality: "best" }, content_mask: "mask" });
  const found = draftOf(job, "both", SETTINGS);
  assert.deepEqual(found.settings, { quality: "best" });
  assert.deepEqual([found.content, found.mask, found.method], ["photo", "mask", "both"]);
});

test("what is kept as text is read again, and anything else is an empty draft", () => {
  assert.deepEqual(parseDraft(JSON.stringify(draft)), draft);
  for (const text of [
    null,
    "",
    "nonsense",
    "{}",
    "[]",
    "7",
    '{"styles":[{}],"method":"both","settings":{}}',
    '{"styles":[],"method":"x","settings":{}}',
  ]) {
    assert.deepEqual(parseDraft(text), emptyDraft(), String(text));
  }
});

test("regions of the photograph take one painting each, or all of them take a mixture", () => {
  const two = withStyle(withStyle(withContent(emptyDraft(), "photo"), "first"), "second");
  assert.equal(byRegion(two), false);
  assert.equal(byRegion(withMask(two, "content", "mask", 1)), false);
  assert.equal(byRegion(withMask(two, "content", "mask", 2)), true);
  const three = withStyle(withMask(two, "content", "mask", 2), "third");
  assert.match(regionsMisfit(three), /regions for 2 paintings, and there are 3/);
  assert.equal(missing(three), regionsMisfit(three));
  assert.equal(regionsMisfit(withMask(three, "content", null)), "");
  // A mask of a painting says nothing about the photograph.
  assert.equal(withMask(two, "first", "mask", 2).regions, undefined);
});
