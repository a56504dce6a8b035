// @ts-check
/** "Again with ...": what may be changed in a picture that is painted once more. Pure functions. */

import { forMethod } from "./draft.js";

/** @typedef {import("../types.js").Job} Job */
/** @typedef {import("../types.js").NewJob} NewJob */
/** @typedef {import("../types.js").Setting} Setting */
/** @typedef {import("../types.js").SettingValue} SettingValue */
/** @typedef {{label: string, settings: Record<string, SettingValue>}} Variation */

/** The weight of the content in our recipe; other recipes have weights of other meanings. */
const CONTENT_WEIGHT = 2;
/** The factor of that weight that is as visible a step as 0.2 of the strength. */
const STEP = 6;

/**
 * Return the changes that are possible for a job.
 *
 * @param {Job} job
 * @param {Setting[]} settings
 * @returns {Variation[]}
 */
export function variationsOf(job, settings) {
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  /** @param {string} name @param {number} fallback */
  const number = (name, fallback) => {
    const value = job.settings[name] ?? byName.get(name)?.default ?? fallback;
    return typeof value === "number" ? value : fallback;
  };
  /** @type {Variation[]} */
  const found = [];
  /** @param {string} label @param {string} name @param {SettingValue} value */
  const offer = (label, name, value) => {
    const setting = byName.get(name);
    if (!setting || !setting.methods.includes(job.method) || value === job.settings[name]) return;
    const low = setting.minimum ?? -Infinity;
    const high = setting.maximum ?? Infinity;
    if (typeof value === "number" && (value < low || value > high)) return;
    found.push({ label, settings: { ...job.settings, [name]: value } });
  };

  if (job.method === "fast" || typeof job.settings.style_strength === "number") {
    // The fast method is all style unless a strength is given.
    const strength = number("style_strength", 1);
    if (strength < 1) offer("more style", "style_strength", hundredths(Math.min(1, strength + 0.2)));
    if (strength > 0) offer("less style", "style_strength", hundredths(Math.max(0, strength - 0.2)));
  } else if ((job.settings.recipe ?? "default") === "default") {
    // How strong the weights are depends on the pictures, so that no strength is surely more or less than they are.
    const weight = number("content_weight", CONTENT_WEIGHT);
    offer("more style", "content_weight", hundredths(weight / STEP));
    offer("less style", "content_weight", hundredths(weight * STEP));
  }
  const scale = number("style_scale", 1);
  offer("larger strokes", "style_scale", hundredths(scale * 1.5));
  offer("smaller strokes", "style_scale", hundredths(scale / 1.5));
  const size = number("size", 512);
  if (size > 0) offer(`twice the size (${2 * size} pixels)`, "size", 2 * size);
  const color = job.settings.color ?? byName.get("color")?.default ?? "style";
  if (color !== "luminance") offer("the colors of the photograph", "color", "luminance");
  if (color !== "style") offer("the colors of the painting", "color", "style");
  if (job.method === "optimize" && (job.settings.recipe ?? "default") === "default" && !("steps" in job.settings)) {
    if (job.settings.quality !== "best") offer("more care (best quality)", "quality", "best");
  }
  return found;
}

/** @param {number} value */
const hundredths = (value) => Math.round(100 * value) / 100;

/**
 * Return a job to queue: the same picture by the other method, with the settings that this one has.
 *
 * @param {Job} job
 * @param {Job["method"]} method
 * @param {Setting[]} settings
 * @returns {NewJob}
 */
export const byMethod = (job, method, settings) =>
  again(job, { method, settings: forMethod(job.settings, method, settings), start: null });

/**
 * Return a job to queue: an optimization that begins with a finished picture.
 *
 * @param {Job} job
 * @param {Setting[]} settings
 * @returns {NewJob}
 */
export function goOn(job, settings) {
  const kept = { ...forMethod(job.settings, "optimize", settings) };
  delete kept.init;
  return again(job, { method: "optimize", settings: kept, start: job.id });
}

/**
 * Return a job to queue: an earlier one with other settings, pictures or method.
 *
 * @param {Job} job
 * @param {Partial<NewJob>} [change]
 * @returns {NewJob}
 */
export function again(job, change = {}) {
  const { content, styles, content_mask, method, settings, start } = job;
  return { content, styles, content_mask, method, settings, start: start ?? null, ...change };
}
