// @ts-check
/** Parts that describe a job: its settings, the links to its files. */

import { resultUrl } from "../api.js";
import { element } from "./elements.js";

/** @typedef {import("../types.js").Job} Job */

/** The ending of a job that was stopped and kept. */
const STOPPED = "stopped by the user";

/** What each format is good for. @type {Record<string, string>} */
const FORMAT_WORDS = {
  png: "PNG, exact",
  jpeg: "JPEG, small",
  tiff: "TIFF, 16 bits for print",
  webp: "WebP, smallest",
};

/** @param {Job} job @param {string} format */
export function downloadLink(job, format) {
  const word = FORMAT_WORDS[format] ?? format.toUpperCase();
  return element("a", { class: "menu-item", href: resultUrl(job.id, format), download: true }, word);
}

/**
 * Return a list of the settings of a job and their values, for people.
 *
 * @param {Job} job
 * @param {import("../types.js").Options} options
 * @returns {HTMLElement}
 */
export function settingsList(job, options) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of Object.entries(job.settings)) {
    if (value === null) continue;
    const setting = options.settings.find((each) => each.name === name);
    const word = setting?.choices?.find((choice) => choice.value === value)?.label ?? String(value);
    list.append(fact(setting?.label ?? name, word));
  }
  const blend = job.blend ?? [];
  const total = blend.reduce((sum, weight) => sum + weight, 0);
  if (blend.length > 1)
    list.append(fact("Mixture", blend.map((weight) => `${Math.round((100 * weight) / total)} %`).join(" + ")));
  else if (job.styles.length > 1) list.append(fact("Paintings", "one for each region"));
  return list;
}

/** @param {string} label @param {string} value */
const fact = (label, value) => element("div", {}, element("dt", {}, label), element("dd", {}, value));

/**
 * Return what is to be known about the command of a job.
 *
 * @param {Job} job
 */
export function commandNote(job) {
  const inside = "The downloaded file has these settings inside.";
  if (job.ending !== STOPPED) return inside;
  return `${inside} It was stopped at step ${job.step} of ${job.total_steps}; the command takes all steps.`;
}
