// @ts-check
/** The choices of the form, as plain data: what will be painted next. Pure functions. */

import { regionsMisfit, withoutMask } from "./draft-masks.js";

/** @typedef {import("../types.js").Job} Job */
/** @typedef {import("../types.js").NewJob} NewJob */
/** @typedef {import("../types.js").Setting} Setting */
/** @typedef {import("../types.js").SettingValue} SettingValue */

/**
 * @typedef {object} Draft
 * @property {string|null} content
 * @property {import("../types.js").StyleChoice[]} styles
 * @property {string|null} mask the content mask
 * @property {number} [regions] regions of the content mask
 * @property {"both"|"fast"|"optimize"} method
 * @property {Record<string, SettingValue>} settings those that differ from their defaults
 */

/** @returns {Draft} */
export const emptyDraft = () => ({ content: null, styles: [], mask: null, method: "both", settings: {} });

/**
 * Return the jobs to queue, in this order.
 *
 * @param {Draft} draft
 * @param {Setting[]} options
 * @returns {NewJob[]} none while a picture is missing
 */
export function jobsOf(draft, options) {
  const { content, styles, mask, settings } = draft;
  if (!content || styles.length === 0) return [];
  const job = { content, styles, content_mask: mask };
  /** @type {NewJob[]} */
  const jobs = [];
  if (draft.method !== "optimize")
    jobs.push({ ...job, method: "fast", settings: forMethod(settings, "fast", options) });
  if (draft.method !== "fast")
    jobs.push({ ...job, method: "optimize", settings: forMethod(settings, "optimize", options) });
  return jobs;
}

/**
 * Return the settings that a method has; the others would be refused.
 *
 * @param {Record<string, SettingValue>} settings
 * @param {"fast"|"optimize"} method
 * @param {Setting[]} options
 */
export function forMethod(settings, method, options) {
  const known = new Set(options.filter((setting) => setting.methods.includes(method)).map((setting) => setting.name));
  return Object.fromEntries(Object.entries(settings).filter(([name]) => known.has(name)));
}

/**
 * Say what is missing before anything can be painted.
 *
 * @param {Draft} draft
 * @returns {string} empty if nothing is
 */
export function missing(draft) {
  if (!draft.content && draft.styles.length === 0) return "Choose a photograph and a painting first.";
  if (!draft.content) return "Choose a photograph first.";
  if (draft.styles.length === 0) return "Choose a painting first.";
  if (draft.styles.every((style) => style.weight <= 0)) return "Give at least one painting a share above zero.";
  const misfit = regionsMisfit(draft);
  if (misfit) return misfit;
  if (withoutMask(draft).length > 0)
    return "Some paintings have a mask and others none; give each one a mask, or remove those that there are.";
  return "";
}

/**
 * Return the choices that made a job.
 *
 * @param {Job} job
 * @param {Draft["method"]} [method]
 * @param {Setting[]} [options] with them, settings that have their default are left out
 * @returns {Draft}
 */
export function draftOf(job, method = job.method, options = []) {
  const defaults = new Map(options.map((setting) => [setting.name, setting.default]));
  const changed = Object.entries(job.settings).filter(
    ([name, value]) => !(defaults.has(name) && defaults.get(name) === value),
  );
  return {
    content: job.content,
    styles: job.styles.map((style) => ({ ...style })),
    mask: job.content_mask,
    regions: job.content_mask && !job.blend?.length ? job.styles.length : 1,
    method,
    settings: Object.fromEntries(changed),
  };
}

/**
 * Return a draft with a setting; at its default it is left out, so that the recipe's own value counts.
 *
 * @param {Draft} draft
 * @param {Setting} setting
 * @param {SettingValue} value
 * @returns {Draft}
 */
export function withSetting(draft, setting, value) {
  const settings = { ...draft.settings };
  if (value === setting.default || value === null) delete settings[setting.name];
  else settings[setting.name] = value;
  return { ...draft, settings };
}

/** @param {Draft} draft @param {string} picture @returns {Draft} */
export function withStyle(draft, picture) {
  if (draft.styles.some((style) => style.picture === picture)) return draft;
  return { ...draft, styles: [...draft.styles, { picture, weight: 1, mask: null }] };
}

/** @param {Draft} draft @param {string} picture @returns {Draft} */
export function withoutStyle(draft, picture) {
  return { ...draft, styles: draft.styles.filter((style) => style.picture !== picture) };
}

/** @param {Draft} draft @param {string} old @param {string} picture @returns {Draft} */
export function withStyleReplaced(draft, old, picture) {
  if (old === picture || draft.styles.some((style) => style.picture === picture)) return draft;
  const replace = (/** @type {import("../types.js").StyleChoice} */ style) =>
    style.picture === old ? { ...style, picture, mask: null } : style;
  return { ...draft, styles: draft.styles.map(replace) };
}

/** @param {Draft} draft @param {string} picture @param {number} weight @returns {Draft} */
export function withWeight(draft, picture, weight) {
  const styles = draft.styles.map((style) => (style.picture === picture ? { ...style, weight } : style));
  return { ...draft, styles };
}

/** A mask belongs to its photograph. @param {Draft} draft @param {string} content @returns {Draft} */
export function withContent(draft, content) {
  return { ...draft, content, mask: draft.content === content ? draft.mask : null };
}

/**
 * Return the shares of the styles in percent; they sum to 100 up to rounding.
 *
 * @param {Draft} draft
 * @returns {number[]}
 */
export function shares(draft) {
  const total = draft.styles.reduce((sum, style) => sum + Math.max(0, style.weight), 0);
  return draft.styles.map((style) => (total > 0 ? Math.round((100 * Math.max(0, style.weight)) / total) : 0));
}

/**
 * Return a draft without pictures that are not there any more.
 *
 * @param {Draft} draft
 * @param {(id: string) => boolean} exists
 * @returns {Draft} the same object if all are there
 */
export function withoutLost(draft, exists) {
  const content = draft.content && exists(draft.content) ? draft.content : null;
  const lost = (/** @type {string|null} */ mask) => Boolean(mask) && !exists(mask ?? "");
  const styles = draft.styles
    .filter((style) => exists(style.picture))
    .map((style) => (lost(style.mask) ? { ...style, mask: null } : style));
  const mask = content && !lost(draft.mask) ? draft.mask : null;
  const unchanged =
    styles.length === draft.styles.length && styles.every((style, each) => style === draft.styles[each]);
  return unchanged && content === draft.content && mask === draft.mask ? draft : { ...draft, content, styles, mask };
}

/**
 * Read a draft that was kept as text; whatever is not one gives an empty draft.
 *
 * @param {string|null} text
 * @returns {Draft}
 */
export function parseDraft(text) {
  try {
    const kept = JSON.parse(text ?? "null");
    const usable =
      Array.isArray(kept.styles) &&
      kept.styles.every(
        (/** @type {any} */ style) => typeof style.picture === "string" && typeof style.weight === "number",
      ) &&
      ["both", "fast", "optimize"].includes(kept.method) &&
      typeof kept.settings === "object" &&
      kept.settings !== null;
    return usable ? { ...emptyDraft(), ...kept } : emptyDraft();
  } catch {
    return emptyDraft();
  }
}
